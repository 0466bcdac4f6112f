import {stripVTControlCharacters} from 'node:util';
import {afterEach, describe, expect, it} from 'vitest';
import {actionsReference, keysReference} from '../../bin/cli/reference-docs.ts';
import {helpLines} from '../../src/input/help.ts';
import {createKeymap, keymapProblems} from '../../src/input/keymap.ts';
import {menuItems} from '../../src/input/menu-items.ts';
import {paintFooter} from '../../views/chrome/footer.ts';
import {createTheme} from '../../views/theme.ts';
import {type DeckFixture, openDeckFixture} from '../src/input/deck-fixture.ts';
import {memoryLog, memoryRow} from '../src/input/memory-system.ts';

let fixture: DeckFixture;
afterEach(() => fixture.close());

const footer = () => stripVTControlCharacters(paintFooter(fixture.deck, 400, createTheme('none', false)));
const system = () => fixture.deck.options.watch.targets[0]?.system ?? expect.fail('nothing is watched');

describe('an action without a key', () => {
	it('is found in the palette by its name, and runs from there', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys(':');
		await fixture.type('archive');
		await fixture.pressKeys('enter');
		await fixture.waitForState('ready');
		await fixture.pressKeys('y', 'enter');
		await fixture.waitForState('done');
		expect(fixture.server.executedPlans).toMatchObject([{action: 'postgres.archive', names: ['job a']}]);
	});

	it('is in the menu of its rows and in the help without a key, and not in the footer', async () => {
		fixture = await openDeckFixture();
		const items = menuItems(fixture.deck, 'actions').map(({left, text}) => [left, text]);
		expect(items).toContainEqual(['T', 'Stop']);
		expect(items).toContainEqual(['', 'Archive']);
		expect(footer()).toContain('T stop');
		expect(footer()).not.toContain('archive');
		const {actions, inspections} = system();
		const help = helpLines(fixture.deck.options.keymap, actions, inspections).map(({text}) => text.trim());
		expect(help).toContain('Archive  (postgres.archive)');
	});

	it('has a key once the configuration gives it one', async () => {
		fixture = await openDeckFixture({keys: {'postgres.archive': ['A']}});
		expect(footer()).toContain('A archive');
		await fixture.pressKeys('A');
		await fixture.waitForState('ready');
		expect(fixture.deck.options.runner.state.get()?.action.id).toBe('postgres.archive');
	});

	it('is listed in the generated documents without a key', async () => {
		fixture = await openDeckFixture();
		expect(keysReference([system()], [])).toContain(
			'| none: palette | **Archive** | postgres.session | `postgres.archive` |',
		);
		expect(actionsReference([system()])).toMatch(
			/### Archive \(`postgres\.archive`\)\n\n- no key: in the palette and the menu of its rows, on one row of `postgres\.session`/,
		);
	});

	it('is no problem of the keys, and lies on no key', async () => {
		fixture = await openDeckFixture();
		const {actions, inspections} = system();
		expect(keymapProblems({actions, inspections, panes: []})).toEqual([]);
		for (const key of ['', 'A', 'undefined'])
			expect(createKeymap().findDeclared(actions, 'postgres.session', key)).toBeUndefined();
	});
});

it('the palette says how an inspection without a key is opened on a row of another pane', async () => {
	fixture = await openDeckFixture({rows: [memoryRow('a')], logs: [memoryLog('x')]});
	await fixture.pressKeys(':');
	await fixture.type('cut the log');
	await fixture.pressKeys('enter');
	expect(fixture.current()).toBe('x');
	await fixture.pressKeys(':');
	await fixture.type('history');
	await fixture.pressKeys('enter');
	expect(fixture.current()).toBe('a');
	expect(fixture.notice()).toBe('History of the job: select a row, then open this list again with :');
	await fixture.pressKeys(':');
	await fixture.type('history');
	await fixture.pressKeys('enter');
	expect(fixture.layer()).toBe('document');
});
