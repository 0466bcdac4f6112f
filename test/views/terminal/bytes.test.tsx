import {Box, Text} from 'ink';
import {expect, test} from 'vitest';
import {fitCells} from '../../../src/text/fit.ts';
import {createStore} from '../../../src/watch/store.ts';
import {Overlay} from '../../../views/modal/overlay.tsx';
import {Surface} from '../../../views/surface.tsx';
import {mountTestTerminal, type SeenCell} from '../test-terminal.tsx';

/* Six tables of 21 rows and 6 columns on a screen of 200x50: 756 cells of a table, of which a tick changes 10 %. */

const columns = 200;
const tables = 6;
const tableRows = 21;
const tableColumns = 6;
const tableWidth = 66;
const cellWidth = 11;

/** A repeatable stand-in for chance (mulberry32). */
function chance(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

const tone = (column: number, row: number): string => {
	if (row % 9 === 0) return '1;31';
	return column % 3 === 2 ? '2' : '';
};

function createTables(seed: number) {
	const random = chance(seed);
	const values = Array.from({length: tables * tableRows * tableColumns}, () => Math.floor(random() * 10_000));
	const stores = Array.from({length: tables}, () => createStore<readonly string[]>([]));
	const publish = () => {
		stores.forEach((store, table) => {
			store.set(
				Array.from({length: tableRows}, (_, row) =>
					Array.from({length: tableColumns}, (_, column) => {
						const value = values[(table * tableRows + row) * tableColumns + column] ?? 0;
						const text = fitCells(
							column === 0 ? `pod-${row}` : `${value}Mi`,
							cellWidth,
							column === 0 ? 'left' : 'right',
						);
						const codes = tone(column, row);
						return codes === '' ? text : `\u001b[${codes}m${text}\u001b[m`;
					}).join(''),
				),
			);
		});
	};
	publish();
	return {
		stores,
		tick() {
			for (let index = 0; index < values.length; index += 1)
				if (random() < 0.1) values[index] = Math.floor(random() * 10_000);
			publish();
		},
	};
}

function Deck({stores, modal}: {stores: ReturnType<typeof createTables>['stores']; modal: boolean}) {
	return (
		<Box width={columns} height={50} flexDirection="column">
			<Text>midwatch</Text>
			{[0, 1].map(line => (
				<Box key={line} flexDirection="column">
					<Text>{'─'.repeat(columns)}</Text>
					<Box>
						{stores.slice(line * 3, line * 3 + 3).map((store, index) => (
							// biome-ignore lint/suspicious/noArrayIndexKey: tables differ by their position.
							<Surface key={index} rows={store} width={tableWidth} height={tableRows} />
						))}
					</Box>
				</Box>
			))}
			{modal ? (
				<Overlay left={50} top={10} width={100} height={20}>
					<Text>Restart deployment checkout/api</Text>
				</Overlay>
			) : null}
		</Box>
	);
}

/** Bytes that no way of sending can do without: the text of the cells that differ. */
function changedText(before: readonly (readonly SeenCell[])[], after: readonly (readonly SeenCell[])[]): number {
	let bytes = 0;
	after.forEach((row, y) => {
		row.forEach((cell, x) => {
			if (JSON.stringify(cell) !== JSON.stringify(before[y]?.[x])) bytes += Buffer.byteLength(cell.text);
		});
	});
	return bytes;
}

test('an update of 10 % of 756 table cells takes at most 1.2 KB', async () => {
	const data = createTables(7);
	const rig = mountTestTerminal(<Deck stores={data.stores} modal={false} />, {columns, rows: 50});
	let before = await rig.cells();
	const taken: number[] = [];
	let least = 0;
	rig.takeBytes();
	for (let tick = 0; tick < 20; tick += 1) {
		data.tick();
		const after = await rig.cells();
		least += changedText(before, after);
		before = after;
		taken.push(rig.takeBytes());
	}
	rig.unmount();
	expect(least).toBeGreaterThan(20 * 150);
	const mean = taken.reduce((sum, bytes) => sum + bytes, 0) / taken.length;
	expect(mean).toBeLessThanOrEqual(1200);
});

test('a render without a change sends no byte', async () => {
	const data = createTables(8);
	const deck = () => <Deck stores={data.stores} modal={false} />;
	const rig = mountTestTerminal(deck(), {columns, rows: 50});
	await rig.screen();
	rig.takeBytes();
	for (const store of data.stores) store.set([...store.get()]);
	rig.rerender(deck());
	await rig.screen();
	expect(rig.takeBytes()).toBe(0);
	rig.unmount();
});

test('a row that changes under an overlay costs nothing', async () => {
	const data = createTables(9);
	const rig = mountTestTerminal(<Deck stores={data.stores} modal />, {columns, rows: 50});
	await rig.screen();
	rig.takeBytes();
	const covered = data.stores[1];
	covered?.set(covered.get().with(12, 'x'.repeat(tableWidth)));
	await rig.screen();
	expect(rig.takeBytes()).toBe(0);
	rig.unmount();
});

test('the screen is never erased at once', async () => {
	const data = createTables(10);
	const rig = mountTestTerminal(<Deck stores={data.stores} modal={false} />, {columns, rows: 50});
	await rig.screen();
	await rig.resize({columns: 180, rows: 40});
	await rig.resize({columns: 210, rows: 60});
	expect(rig.frames().join('')).not.toMatch(/\u001b\[[0-3]?J/);
	rig.unmount();
});
