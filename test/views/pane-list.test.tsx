import {stripVTControlCharacters} from 'node:util';
import {afterEach, expect, it} from 'vitest';
import {keysReference} from '../../bin/cli/reference-docs.ts';
import {panes} from '../../bin/panes.ts';
import type {Pane} from '../../src/contract/pane.ts';
import {dispatchKey} from '../../src/input/dispatch-key.ts';
import {paletteItems} from '../../src/input/palette.ts';
import {App} from '../../views/app.tsx';
import {paintTabs} from '../../views/chrome/footer.ts';
import {targetsPane} from '../../views/panes/targets-pane.ts';
import {createTheme} from '../../views/theme.ts';
import {type DemoDeck, openDemoDeck} from './demo-deck.ts';
import {mountTestTerminal, type TestTerminal} from './test-terminal.tsx';

const theme = createTheme('none', false);
const scrapePane: Pane = {...targetsPane, id: 'scrapes', title: 'Scrape pools', tab: 'Scrapes'};

let demo: DemoDeck;
let terminal: TestTerminal | undefined;

afterEach(async () => {
	terminal?.unmount();
	terminal = undefined;
	await demo.close();
});

it('a pane that is added to the list is drawn, and has its number key in help, palette, tab line and docs/keys.md', async () => {
	const list = [...panes, scrapePane];
	demo = await openDemoDeck('locks', {panes: list});
	const {deck} = demo;
	terminal = mountTestTerminal(<App deck={deck} theme={theme} afterPaint={call => call()} />, {columns: 200, rows: 60});
	expect(await terminal.screen()).toMatch(/^7 Scrape pools ─/m);

	dispatchKey(deck, '7', undefined, true);
	expect(deck.session.get().pane).toBe('scrapes');
	expect(paintTabs(deck, 80, theme)).toContain('7 Scrapes');

	expect(paletteItems(deck, 'scrape pools', () => {})[0]).toMatchObject({left: '7', text: 'Go to Scrape pools'});
	dispatchKey(deck, '?', '?', true);
	expect(await terminal.screen()).toMatch(/^ +7 +Go to pane 7: Scrape pools$/m);

	expect(keysReference([], list)).toContain('| `7` | Go to pane 7: Scrape pools | `pane.7` |');
	expect(keysReference([], panes)).not.toContain('pane.7');
});

it('the tab line shows every pane, with numbers alone where the names do not fit', async () => {
	const list = [
		...panes,
		scrapePane,
		{...scrapePane, id: 'eighth', tab: 'Eighth'},
		{...scrapePane, id: 'ninth', tab: 'Ninth'},
	];
	demo = await openDemoDeck('locks', {panes: list});
	const {deck} = demo;
	expect(paintTabs(deck, 120, theme)).toContain('8 Eighth');
	dispatchKey(deck, '9', undefined, true);
	const narrow = stripVTControlCharacters(paintTabs(deck, 60, theme));
	expect(narrow).toContain(' 9 Ninth ');
	expect(narrow).not.toContain('Eighth');
	for (const number of [1, 2, 3, 4, 5, 6, 7, 8]) expect(narrow).toMatch(new RegExp(` ${number}[■▲?]? `));
});
