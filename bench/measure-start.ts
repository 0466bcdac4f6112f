import {existsSync, mkdtempSync} from 'node:fs';
import {join} from 'node:path';
import {runBenchConsole} from './bench-console.ts';
import {type Figure, median, spread} from './figure.ts';
import {bytesBetween, meter} from './meter.ts';
import type {Part} from './part.ts';
import type {Programs} from './programs.ts';

const screen = {columns: 200, rows: 50} as const;

/** First text over a bare Node, the first red row, and the silence of a deck on which nothing happens. */
export const startParts: readonly Part[] = [
	{name: 'start', form: 'long', place: 'alone', measure: firstText},
	{name: 'red', form: 'long', place: 'alone', measure: firstRed},
	{name: 'idle', form: 'everywhere', place: 'beside', measure: idle},
];

async function firstRed(programs: Programs): Promise<readonly Figure[]> {
	const red: number[] = [];
	for (let run = 0; run < 5; run += 1) {
		const {metered} = await runBenchConsole(
			programs,
			{estate: 'pods', rows: 10_000, changes: 0, intervalMs: 2000, roundTripMs: 100, draw: 'compositor'},
			{...screen, seconds: 20, wanted: ['OOM'], untilWanted: true},
		);
		// Between two tries the status of such a pod is another; the reason why it ended is there all the time. Nothing else of the demo ended so.
		red.push(metered.wanted['OOM'] ?? Number.POSITIVE_INFINITY);
	}
	return [
		{
			id: 'first-red-row',
			title: 'first true red row, 10k pods, 100 ms round trip',
			value: median(red) / 1000,
			unit: 's',
			must: 2,
			note: `${spread(red, 'ms')}; pods in memory that take 100 ms to connect and 100 ms to list`,
			everywhere: false,
		},
	];
}

async function idle({folder, product}: Programs, short: boolean): Promise<readonly Figure[]> {
	const [from, to] = short ? [5000, 9000] : [5000, 17_000];
	const still = await meter(
		{...screen, command: [process.execPath, product, '--demo', 'still'], seconds: to / 1000},
		folder,
	);
	return [
		{
			id: 'idle-bytes',
			title: 'bytes per second idle, demo still, 200x50',
			value: bytesBetween(still, from, to) / ((to - from) / 1000),
			unit: 'B/s',
			must: 40,
			note: `over ${(to - from) / 1000} s`,
			everywhere: true,
		},
	];
}

/**
 * A start with Node's code cache of an earlier start, which is the usual start of a user. The first start without a cache is measured too, without
 * a limit.
 */
async function firstText({folder, product}: Programs): Promise<readonly Figure[]> {
	const command = [process.execPath, product, '--demo'];
	const timed = async (home: string) => {
		const shown = await meter({...screen, command, seconds: 20, wanted: ['midwatch'], untilWanted: true}, home);
		return shown.wanted['midwatch'] ?? Number.POSITIVE_INFINITY;
	};
	// It keeps what was compiled some seconds after its first frame.
	await meter({...screen, command, seconds: 8}, folder);
	const cacheFolder = join(folder, '.cache', 'midwatch');
	if (!existsSync(cacheFolder))
		throw new Error(`a console that ran for 8 s has written no code cache to ${cacheFolder}`);
	const [bare, warm, cold]: [number[], number[], number[]] = [[], [], []];
	for (let run = 0; run < 11; run += 1) {
		bare.push((await meter({...screen, command: [process.execPath, '-e', '0'], seconds: 10}, folder)).ended);
		warm.push(await timed(folder));
		if (run % 2 === 0) cold.push(await timed(mkdtempSync(join(folder, 'cold-'))));
	}
	const figure = (id: string, title: string, values: readonly number[], must: number | undefined): Figure => ({
		id,
		title,
		value: median(values) / median(bare),
		unit: 'x',
		must,
		note: `deck ${median(values).toFixed(0)} ms (${spread(values, 'ms')}), bare ${median(bare).toFixed(0)} ms (${spread(bare, 'ms')})`,
		everywhere: false,
	});
	return [
		figure('first-text', 'first text on a pty, over node -e 0, any start but the first', warm, 4),
		figure('first-text-cold', 'the same, the very first start: no code cache yet', cold, undefined),
	];
}
