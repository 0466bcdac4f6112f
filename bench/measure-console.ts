import {setTimeout as wait} from 'node:timers/promises';
import {during, longestGap, processorOf, runBenchConsole, workedIn} from './bench-console.ts';
import type {Sample} from './console.ts';
import {type Figure, median, quantile, spread} from './figure.ts';
import type {Part} from './part.ts';
import type {Programs} from './programs.ts';

const screen = {columns: 200, rows: 50} as const;
const pods = {estate: 'pods', rows: 10_000, changes: 10, intervalMs: 100, roundTripMs: 0} as const;
const wide = {estate: 'wide', rows: 10_000, changes: 100, intervalMs: 2000, roundTripMs: 0} as const;
const tables = {estate: 'tables', rows: 60, changes: 1, intervalMs: 1000, roundTripMs: 0} as const;
const cursor = '▸';
/** So short after a key nothing else may be due: what is slower is counted as slow. */
const keyEvery = 0.09;

/** Down and up by turns, so that the cursor always shows in another place. */
const keysBetween = (from: number, to: number): readonly (readonly [number, string])[] =>
	Array.from({length: Math.floor((to - from) / keyEvery)}, (_, index) => [
		from + index * keyEvery,
		index % 2 === 0 ? 'j' : 'k',
	]);

async function keys(programs: Programs): Promise<Figure[]> {
	const run = async (draw: 'compositor' | 'plain', changes: number, count: number) => {
		const {metered} = await runBenchConsole(
			programs,
			{...pods, changes, intervalMs: changes === 0 ? 60_000 : pods.intervalMs, draw},
			{...screen, seconds: 4 + count * keyEvery + 1, keys: keysBetween(4, 4 + count * keyEvery), marker: cursor},
		);
		return metered.answers.map(answer => answer ?? keyEvery * 1000);
	};
	const answers = await run('compositor', pods.changes, 200);
	const plain = await run('plain', 0, 40);
	const note = `${answers.length} keys, ${quantile(answers, 0.05).toFixed(1)} to ${quantile(answers, 0.95).toFixed(1)} ms for 90 % of them`;
	const about = {unit: 'ms', everywhere: false} as const;
	return [
		{
			id: 'key-median',
			title: 'key to its first byte, median',
			value: median(answers),
			must: 5,
			note,
			plain: median(plain),
			...about,
		},
		{
			id: 'key-p99',
			title: 'key to its first byte, 99 of 100',
			value: quantile(answers, 0.99),
			must: 16,
			note: '200x50, six panes, 10k pods, 100 changes/s (plain Ink: no changes)',
			plain: quantile(plain, 0.99),
			...about,
		},
	];
}

async function processor(programs: Programs): Promise<Figure[]> {
	const measure = async (draw: 'compositor' | 'plain' | 'none') => {
		const {samples} = await runBenchConsole(programs, {...tables, draw}, {...screen, seconds: 13});
		return processorOf(during(samples, 4, 12));
	};
	// Side by side, a third of a second apart: they share what else the machine does, and no two draw at once.
	const [drawn, plain, none] = await Promise.all([
		measure('compositor'),
		wait(333).then(() => measure('plain')),
		wait(667).then(() => measure('none')),
	]);
	return [
		{
			id: 'cpu',
			title: 'processor at 1 Hz updates, above the pollers',
			value: drawn - none,
			unit: '%',
			must: 2,
			note: `200x50, a tenth of six tables changes: ${drawn.toFixed(1)} % drawn, ${none.toFixed(1)} % with nothing drawn`,
			plain: plain - none,
			everywhere: false,
		},
	];
}

async function stalled(programs: Programs, short: boolean): Promise<Figure[]> {
	const [from, to] = short ? [3, 5] : [4, 14];
	const measure = async (draw: 'compositor' | 'plain', end: number) => {
		const {samples} = await runBenchConsole(
			programs,
			{...tables, intervalMs: 100, draw},
			{...screen, seconds: end + 2, stall: [from, end]},
		);
		return during(samples, from - 0.5, end + 1.5);
	};
	// The neighbouring pane does not change either.
	const [ours, plain] = await Promise.all([measure('compositor', to), short ? undefined : measure('plain', from + 4)]);
	const queued = Math.max(...ours.map(sample => sample.queued));
	const frame = Math.max(...ours.map(sample => sample.frame));
	return [
		...(short
			? []
			: [
					{
						id: 'stalled-gap',
						title: 'longest loop gap, reader stopped 10 s',
						value: longestGap(ours),
						unit: 'ms',
						must: 200,
						note: `${workedIn(ours)}; 10 updates a second to a terminal that reads nothing (plain Ink: for 4 s)`,
						...(plain === undefined ? {} : {plain: longestGap(plain)}),
						everywhere: false,
					},
				]),
		{
			id: 'stalled-queue',
			title: 'bytes queued meanwhile, in frames',
			value: queued / frame,
			unit: 'frames',
			must: 2,
			note: `${queued} B; the largest frame has ${frame} B`,
			everywhere: true,
		},
	];
}

async function loading(programs: Programs): Promise<Figure[]> {
	const gaps: number[] = [];
	const seen: Sample[] = [];
	for (let run = 0; run < 3; run += 1) {
		const {samples} = await runBenchConsole(
			programs,
			{...pods, changes: 0, intervalMs: 2000, roundTripMs: 1500, draw: 'compositor'},
			{...screen, seconds: 5},
		);
		// From the first frame on: before it is the start.
		const loadedAt = samples.findIndex(sample => sample.rows >= 10_000);
		const load = samples.slice(Math.max(0, loadedAt - 8), loadedAt + 10);
		gaps.push(longestGap(load));
		seen.push(...load);
	}
	return [
		{
			id: 'load-gap',
			title: 'longest loop gap while 10k pods load',
			value: median(gaps),
			unit: 'ms',
			must: 50,
			note: `${spread(gaps, 'ms')}, ${workedIn(seen)}`,
			everywhere: false,
		},
	];
}

/** Filters and orders of the four wide panes, by keys, while everything is read again every two seconds. */
async function scale(programs: Programs): Promise<Figure[]> {
	const gaps: number[] = [];
	const seen: Sample[] = [];
	for (let run = 0; run < 2; run += 1) {
		const script: (readonly [number, string])[] = [];
		let at = 5;
		for (const pane of ['1', '3', '5', '6']) {
			for (const key of [pane, 'o', 'o', '/', 'a', '1', '\r', 'o', '\u001b', 'G', 'g', 'o', 'o']) {
				script.push([at, key]);
				at += 0.15;
			}
		}
		const {samples} = await runBenchConsole(
			programs,
			{...wide, draw: 'compositor'},
			{...screen, seconds: at + 2, keys: script},
		);
		const afterKey = during(samples, 4, at + 2);
		gaps.push(longestGap(afterKey));
		seen.push(...afterKey);
	}
	return [
		{
			id: 'scale-gap',
			title: 'longest loop gap, 35k rows, filters and orders',
			value: median(gaps),
			unit: 'ms',
			must: 50,
			note: `${spread(gaps, 'ms')}, ${workedIn(seen)}; 10k pods, 10k targets, 10k lags, 5k sessions, all new every 2 s`,
			everywhere: false,
		},
	];
}

async function resident(programs: Programs): Promise<Figure[]> {
	const seconds = 25;
	const {samples} = await runBenchConsole(
		programs,
		{...pods, intervalMs: 1000, changes: 100, draw: 'compositor'},
		{...screen, seconds},
	);
	const rss = samples.at(-1)?.rss ?? Number.NaN;
	return [
		{
			id: 'rss',
			title: `resident memory, 10k pods, after ${seconds} s`,
			value: rss / 2 ** 20,
			unit: 'MB',
			must: 260,
			note: `the demo's other five systems beside them; a minute is shortened to ${seconds} s`,
			everywhere: false,
		},
	];
}

/** What is measured on consoles of the bench in a pseudo-terminal. */
export const consoleParts: readonly Part[] = [
	{name: 'keys', form: 'long', place: 'alone', measure: keys},
	{name: 'cpu', form: 'long', place: 'alone', measure: processor},
	{name: 'stalled', form: 'everywhere', place: 'alone', measure: stalled},
	{name: 'load', form: 'long', place: 'alone', measure: loading},
	{name: 'scale', form: 'long', place: 'alone', measure: scale},
	{name: 'rss', form: 'long', place: 'beside', measure: resident},
];
