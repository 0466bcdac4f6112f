import {spawn} from 'node:child_process';
import {type Figure, median, spread} from './figure.ts';
import type {Part} from './part.ts';
import type {Programs} from './programs.ts';
import type {BytesPlan, BytesReport, MemoryPlan, MemoryReport} from './updates.ts';

/** Bytes of updates, equal screens, and memory over a day of updates, each in one process on a clock that the benchmark advances. */
export const updatesParts: readonly Part[] = [
	{name: 'updates', form: 'everywhere', place: 'beside', measure: bytesAndScreens},
	{name: 'day', form: 'everywhere', place: 'beside', measure: memoryOfADay},
];

function run(program: string, plan: BytesPlan): Promise<BytesReport>;
function run(program: string, plan: MemoryPlan): Promise<MemoryReport>;
function run(program: string, plan: BytesPlan | MemoryPlan): Promise<BytesReport | MemoryReport> {
	return new Promise((resolve, reject) => {
		const child = spawn(process.execPath, ['--expose-gc', program, JSON.stringify(plan)], {
			stdio: ['ignore', 'pipe', 'inherit'],
		});
		let out = '';
		child.stdout.on('data', data => (out += String(data)));
		child.on('error', reject);
		child.on('close', code => {
			if (code === 0) resolve(JSON.parse(out) as BytesReport | MemoryReport);
			else reject(new Error(`the updates ended with ${code}`));
		});
	});
}

/** How far the highest of the last third is over the highest of the third before: what is remembered for a while goes up and down. */
function growth(points: readonly number[]): number {
	const third = Math.floor(points.length / 3);
	return Math.max(...points.slice(-third)) - Math.max(...points.slice(-2 * third, -third));
}

async function bytesAndScreens(programs: Programs, short: boolean): Promise<readonly Figure[]> {
	const plan = {stateDir: programs.folder, updates: 30, compared: short ? 40 : 120};
	const report = await run(programs.updates, plan);
	const {bytes, smallest, plainBytes, changedCells} = report;
	const ratios = bytes.map((count, index) => count / (smallest[index] ?? Number.NaN));
	return [
		{
			id: 'update-bytes',
			title: 'bytes per update, a tenth of the table cells',
			value: median(bytes),
			unit: 'B',
			must: 1200,
			note: `${spread(bytes, 'B')}; 200x50, six tables, ${median(changedCells)} glyphs change`,
			plain: median(plainBytes),
			everywhere: true,
		},
		{
			id: 'update-ratio',
			title: 'the same over the smallest difference',
			value: median(ratios),
			unit: 'x',
			must: 1.5,
			note: 'computed from two buffers of xterm headless',
			plain: median(plainBytes) / median(smallest),
			everywhere: true,
		},
		{
			id: 'nothing-bytes',
			title: 'bytes of a full update without a change',
			value: report.bytesOfNothing,
			unit: 'B',
			must: 0,
			note: '',
			everywhere: true,
		},
		{
			id: 'unequal-cells',
			title: 'cells that differ from plain Ink',
			value: report.unequalCells,
			unit: 'cells',
			must: 0,
			note: `${30 + plan.compared} screens of 200x50, with texts, lists, the palette and a zoomed pane`,
			everywhere: true,
		},
	];
}

async function memoryOfADay(programs: Programs, short: boolean): Promise<readonly Figure[]> {
	const day = short ? 5000 : 100_000;
	const report = await run(programs.updates, {stateDir: programs.folder, day});
	return [
		{
			id: 'heap-slope',
			title: `growth of memory, ${day.toLocaleString('en')} updates`,
			value: growth(report.heap) / 2 ** 20,
			unit: 'MB',
			must: 1,
			note: 'heap after a collection, the last third of them over the third before',
			everywhere: true,
		},
		...(short
			? []
			: [
					{
						id: 'rss-slope',
						title: 'growth of resident memory over that day',
						value: growth(report.rss) / 2 ** 20,
						unit: 'MB',
						must: 1,
						note: `${((report.rss.at(-1) ?? 0) / 2 ** 20).toFixed(0)} MB at its end`,
						everywhere: false,
					},
				]),
	];
}
