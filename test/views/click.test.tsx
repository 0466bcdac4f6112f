import {afterEach, expect, it} from 'vitest';
import {handleClick} from '../../src/input/click.ts';
import {App} from '../../views/app.tsx';
import {paneAt} from '../../views/table/pane-at.ts';
import {createTheme} from '../../views/theme.ts';
import {type DemoDeck, openDemoDeck} from './demo-deck.ts';
import {mountTestTerminal, type TestTerminal} from './test-terminal.tsx';

let demo: DemoDeck;
let terminal: TestTerminal;

afterEach(async () => {
	terminal.unmount();
	await demo.close();
});

/** Clicks on the cell where a text begins. */
async function clickOn(text: string, size: {readonly columns: number; readonly rows: number}): Promise<string> {
	const lines = (await terminal.screen()).split('\n');
	const row = lines.findIndex(line => line.includes(text));
	const column = lines[row]?.indexOf(text) ?? -1;
	const hit = paneAt(demo.deck, size, {column, row});
	if (hit !== undefined) handleClick(demo.deck, hit.pane, hit.line);
	const now = (await terminal.screen()).split('\n')[row] ?? '';
	return now.slice(Math.max(0, column - 40), column + text.length);
}

it.each([
	{columns: 200, rows: 50},
	{columns: 120, rows: 40},
	{columns: 80, rows: 24},
])('a click in $columns x $rows gives a pane the focus and a row the cursor', async size => {
	demo = await openDemoDeck('locks');
	terminal = mountTestTerminal(
		<App deck={demo.deck} theme={createTheme('none', false)} afterPaint={call => call()} />,
		size,
	);
	await demo.advance(11);
	const pane = size.columns >= 120 ? 'slow-queries' : demo.deck.session.get().pane;
	const view = demo.deck.view(pane);
	const begins = ({row}: (typeof view.entries)[number]) =>
		'pid' in row ? String(row.pid) : (row as unknown as {name: string}).name.slice(0, 12);
	// Pods of one workload begin alike: one that begins unlike those above it, and is not the first.
	const third = view.entries.find((entry, at) => {
		const above = view.entries.slice(0, at).map(begins);
		return at >= 2 && !above.includes(begins(entry));
	});
	if (third === undefined) throw new Error('no row to click on');
	expect(await clickOn(begins(third), size)).toContain('▸');
	expect(demo.deck.session.get().pane).toBe(pane);
	expect(demo.deck.currentRow()?.row.id).toBe(third.row.id);
});

it('a click beside the panes, or under what lies above them, does nothing', async () => {
	const size = {columns: 120, rows: 40};
	demo = await openDemoDeck('locks');
	terminal = mountTestTerminal(
		<App deck={demo.deck} theme={createTheme('none', false)} afterPaint={call => call()} />,
		size,
	);
	await demo.advance(11);
	expect(paneAt(demo.deck, size, {column: 3, row: 0})).toBeUndefined();
	expect(paneAt(demo.deck, size, {column: 3, row: 39})).toBeUndefined();
	expect(paneAt(demo.deck, {columns: 50, rows: 10}, {column: 3, row: 5})).toBeUndefined();
	demo.deck.apply({do: 'push', layer: {kind: 'quit'}});
	const before = demo.deck.session.get();
	handleClick(demo.deck, 'slow-queries', 4);
	expect(demo.deck.session.get()).toBe(before);
});
