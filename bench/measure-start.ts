import {runBenchConsole} from './bench-console.ts';
import {type Figure, median, spread} from './figure.ts';
import {bytesBetween, meter} from './meter.ts';
import type {Extent, Programs} from './programs.ts';

const screen = {columns: 200, rows: 50} as const;

/** First text over a bare Node, the first red row, and the silence of a deck on which nothing happens. */
export async function measureStart(programs: Programs, {short, wants}: Extent): Promise<readonly Figure[]> {
	const {folder, product} = programs;
	const figures: Figure[] = [];
	if (!short && wants('start')) {
		const [bare, deck]: [number[], number[]] = [[], []];
		for (let run = 0; run < 11; run += 1) {
			const none = {...screen, command: [process.execPath, '-e', '0'], seconds: 10};
			bare.push((await meter(none, folder)).ended);
			const shown = await meter(
				{
					...screen,
					command: [process.execPath, product, '--demo'],
					seconds: 20,
					wanted: ['midwatch'],
					untilWanted: true,
				},
				folder,
			);
			deck.push(shown.wanted['midwatch'] ?? Number.POSITIVE_INFINITY);
		}
		figures.push({
			id: 'first-text',
			title: 'first text on a pty, over node -e 0',
			value: median(deck) / median(bare),
			unit: 'x',
			must: 4,
			note: `deck ${median(deck).toFixed(0)} ms (${spread(deck, 'ms')}), bare ${median(bare).toFixed(0)} ms (${spread(bare, 'ms')})`,
			everywhere: false,
		});
	}
	if (!short && wants('red')) {
		const red: number[] = [];
		for (let run = 0; run < 5; run += 1) {
			const {metered} = await runBenchConsole(
				programs,
				{estate: 'pods', rows: 10_000, changes: 0, intervalMs: 2000, roundTripMs: 100, draw: 'compositor'},
				{...screen, seconds: 20, wanted: ['CrashLoop'], untilWanted: true},
			);
			red.push(metered.wanted['CrashLoop'] ?? Number.POSITIVE_INFINITY);
		}
		figures.push({
			id: 'first-red-row',
			title: 'first true red row, 10k pods, 100 ms round trip',
			value: median(red) / 1000,
			unit: 's',
			must: 2,
			note: `${spread(red, 'ms')}; pods in memory that take 100 ms to connect and 100 ms to list`,
			everywhere: false,
		});
	}
	if (wants('idle')) {
		const [from, to] = short ? [5000, 9000] : [5000, 17_000];
		const still = await meter(
			{...screen, command: [process.execPath, product, '--demo', 'still'], seconds: to / 1000},
			folder,
		);
		figures.push({
			id: 'idle-bytes',
			title: 'bytes per second idle, demo still, 200x50',
			value: bytesBetween(still, from, to) / ((to - from) / 1000),
			unit: 'B/s',
			must: 40,
			note: `over ${(to - from) / 1000} s`,
			everywhere: true,
		});
	}
	return figures;
}
