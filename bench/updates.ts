/*
 * What does not depend on the speed of the machine, in one process, on a clock that the benchmark advances: bytes, equal screens, memory.
 * Its one argument is a JSON plan; it prints one JSON object.
 */
import {createElement} from 'react';
import {limitYoungGeneration} from '../bin/small-heap.ts';
import {dispatchKey} from '../src/input/dispatch-key.ts';
import {createFakeClock} from '../test/fake-clock.ts';
import {mountTestTerminal} from '../test/views/test-terminal.tsx';
import {App} from '../views/app.tsx';
import {mountOnScreen} from '../views/mount.tsx';
import type {Screen} from '../views/terminal/screen.ts';
import {createTheme} from '../views/theme.ts';
import {openBenchDeck} from './bench-deck.ts';
import {type EstateOptions, openBenchEstate} from './estates.ts';
import {smallestDifference} from './smallest.ts';

export type BytesPlan = {
	readonly stateDir: string;
	/** Updates whose bytes are counted. */
	readonly updates: number;
	/** Updates whose screens are compared with plain Ink's. */
	readonly compared: number;
};

export type MemoryPlan = {
	readonly stateDir: string;
	/** Updates during which the memory is watched. */
	readonly day: number;
};

export type BytesReport = {
	/** Of each update. */
	readonly bytes: readonly number[];
	readonly smallest: readonly number[];
	readonly plainBytes: readonly number[];
	readonly changedCells: readonly number[];
	readonly bytesOfNothing: number;
	readonly unequalCells: number;
};

/** Bytes after a collection, at even distances over the day. */
export type MemoryReport = {
	readonly heap: readonly number[];
	readonly rss: readonly number[];
};

limitYoungGeneration();
const plan = JSON.parse(process.argv[2] ?? '{}') as BytesPlan | MemoryPlan;
const tables: EstateOptions = {estate: 'tables', rows: 200, changes: 1, intervalMs: 1000, roundTripMs: 0};
const theme = createTheme('colour', false);
const size = {columns: 200, rows: 50};

async function open(options: EstateOptions) {
	const clock = createFakeClock();
	const {deck, watch} = openBenchDeck({...openBenchEstate(options), clock, stateDir: plan.stateDir});
	const element = createElement(App, {deck, theme, afterPaint: call => call()});
	watch.start();
	await clock.advance(1);
	return {
		deck,
		clock,
		element,
		async tick(ms = 1000) {
			await clock.advance(ms);
			deck.notifyChanged();
		},
		async close() {
			await watch.close();
			deck.close();
		},
	};
}

async function countBytes(plan: BytesPlan): Promise<BytesReport> {
	const it = await open(tables);
	const [testTerminal, plainTerminal] = [
		mountTestTerminal(it.element, size),
		mountTestTerminal(it.element, {...size, compositor: false}),
	];
	const [bytes, smallest, plainBytes, changedCells]: number[][] = [[], [], [], []];
	let before = await testTerminal.cells();
	let unequalCells = 0;
	const compare = async () => {
		const other = await plainTerminal.cells();
		const now = await testTerminal.cells();
		for (const [y, row] of now.entries()) {
			unequalCells += row.filter((cell, x) => JSON.stringify(cell) !== JSON.stringify(other[y]?.[x])).length;
		}
		return now;
	};
	await plainTerminal.cells();
	testTerminal.takeBytes();
	plainTerminal.takeBytes();
	for (let update = 0; update < plan.updates; update += 1) {
		await it.tick();
		const after = await compare();
		bytes?.push(testTerminal.takeBytes());
		plainBytes?.push(plainTerminal.takeBytes());
		smallest?.push(smallestDifference(before, after));
		changedCells?.push(after.flatMap((row, y) => row.filter((cell, x) => cell.text !== before[y]?.[x]?.text)).length);
		before = after;
	}
	const keys = [
		'j',
		'j',
		'2',
		'?',
		'pagedown',
		'esc',
		'G',
		'z',
		'o',
		':',
		'esc',
		'k',
		't',
		'esc',
		'z',
		'space',
		'!',
		'esc',
		'g',
		'5',
	];
	for (let update = 0; update < plan.compared; update += 1) {
		const key = keys[update % keys.length] ?? 'j';
		dispatchKey(it.deck, key, key.length === 1 ? key : undefined);
		if (update % 3 === 0) await it.tick(500);
		await compare();
	}
	testTerminal.takeBytes();
	it.deck.notifyChanged();
	await testTerminal.cells();
	const bytesOfNothing = testTerminal.takeBytes();
	testTerminal.unmount();
	plainTerminal.unmount();
	await it.close();
	return {
		bytes: bytes ?? [],
		smallest: smallest ?? [],
		plainBytes: plainBytes ?? [],
		changedCells: changedCells ?? [],
		bytesOfNothing,
		unequalCells,
	};
}

/** Takes everything at once and remembers nothing. */
const sink = (at: {readonly columns: number; readonly rows: number}): Screen => ({
	colours: 'rgb',
	size: () => at,
	onResize: () => () => {},
	send: () => true,
	onDrain: () => () => {},
	onLost: () => () => {},
});

/** What lives: V8 gives back the pages that it keeps for later, of which a day at such speed leaves it 80 MB. */
const collected = () => {
	globalThis.gc?.({type: 'major', execution: 'sync', flavor: 'last-resort'});
	return process.memoryUsage();
};

async function watchMemory(plan: MemoryPlan): Promise<MemoryReport> {
	const it = await open({...tables, rows: 60, tables: 1});
	const mounted = mountOnScreen(it.element, sink({columns: 80, rows: 24}));
	const [heap, rss]: number[][] = [[], []];
	const points = 60;
	for (let point = 0; point <= points; point += 1) {
		for (let update = 0; update < plan.day / points; update += 1) {
			if (update % 50 === 0) dispatchKey(it.deck, update % 100 === 0 ? 'j' : 'k');
			await it.clock.advance(1000);
		}
		const {heapUsed, rss: resident} = collected();
		heap?.push(heapUsed);
		rss?.push(resident);
	}
	mounted.unmount();
	await it.close();
	return {heap: heap ?? [], rss: rss ?? []};
}

process.stdout.write(JSON.stringify(await ('day' in plan ? watchMemory(plan) : countBytes(plan))));
process.exit(0);
