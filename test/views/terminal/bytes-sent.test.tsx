import {Box, Text} from 'ink';
import {expect, test} from 'vitest';
import {createSeededRandom} from '../../../demo/scenario.ts';
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

const tone = (column: number, row: number): string => {
	if (row % 9 === 0) return '1;31';
	return column % 3 === 2 ? '2' : '';
};

function createTables(seed: number) {
	const random = createSeededRandom(seed);
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

/** The number of bytes of the cells that differ, without moves and styles: no way of sending needs fewer. */
function changedText(before: readonly (readonly SeenCell[])[], after: readonly (readonly SeenCell[])[]): number {
	let bytes = 0;
	after.forEach((row, y) => {
		row.forEach((cell, x) => {
			if (JSON.stringify(cell) !== JSON.stringify(before[y]?.[x])) bytes += Buffer.byteLength(cell.text);
		});
	});
	return bytes;
}

test('an update of 10 % of 756 table cells takes at most 1.2 KB on average', async () => {
	const data = createTables(7);
	const terminal = mountTestTerminal(<Deck stores={data.stores} modal={false} />, {columns, rows: 50});
	let before = await terminal.cells();
	const sentBytes: number[] = [];
	let changedBytes = 0;
	terminal.takeBytes();
	for (let tick = 0; tick < 20; tick += 1) {
		data.tick();
		const after = await terminal.cells();
		changedBytes += changedText(before, after);
		before = after;
		sentBytes.push(terminal.takeBytes());
	}
	terminal.unmount();
	// The updates were really shown: at least 150 bytes of text in each of the 20.
	expect(changedBytes).toBeGreaterThan(20 * 150);
	const mean = sentBytes.reduce((sum, bytes) => sum + bytes, 0) / sentBytes.length;
	expect(mean).toBeLessThanOrEqual(1200);
});

test('a render without a change sends no byte', async () => {
	const data = createTables(8);
	const deck = () => <Deck stores={data.stores} modal={false} />;
	const terminal = mountTestTerminal(deck(), {columns, rows: 50});
	await terminal.screen();
	terminal.takeBytes();
	for (const store of data.stores) store.set([...store.get()]);
	terminal.rerender(deck());
	await terminal.screen();
	expect(terminal.takeBytes()).toBe(0);
	terminal.unmount();
});

test('a row that changes under an overlay sends no byte', async () => {
	const data = createTables(9);
	const terminal = mountTestTerminal(<Deck stores={data.stores} modal />, {columns, rows: 50});
	await terminal.screen();
	terminal.takeBytes();
	const covered = data.stores[1];
	covered?.set(covered.get().with(12, 'x'.repeat(tableWidth)));
	await terminal.screen();
	expect(terminal.takeBytes()).toBe(0);
	terminal.unmount();
});

test('a resize never erases the entire screen (no CSI J)', async () => {
	const data = createTables(10);
	const terminal = mountTestTerminal(<Deck stores={data.stores} modal={false} />, {columns, rows: 50});
	await terminal.screen();
	await terminal.resize({columns: 180, rows: 40});
	await terminal.resize({columns: 210, rows: 60});
	expect(terminal.frames().join('')).not.toMatch(/\u001b\[[0-3]?J/);
	terminal.unmount();
});
