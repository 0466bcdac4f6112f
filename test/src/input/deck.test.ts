import {afterEach, describe, expect, it} from 'vitest';
import {dispatchKey} from '../../../src/input/dispatch-key.ts';
import {fixedBindings} from '../../../src/input/keymap.ts';
import {paletteItems} from '../../../src/input/palette.ts';
import {type DeckFixture, openDeckFixture} from './deck-fixture.ts';
import {type MemoryRow, memoryLog, memoryRow} from './memory-system.ts';

let fixture: DeckFixture;
afterEach(() => fixture.close());

describe('cursor', () => {
	it('stays on its object when a worse row appears above it', async () => {
		fixture = await openDeckFixture({
			rows: [memoryRow('a', 'ok', 3), memoryRow('b', 'ok', 2), memoryRow('c', 'ok', 1)],
		});
		await fixture.pressKeys('j');
		expect(fixture.current()).toBe('b');
		fixture.server.rows = [
			memoryRow('a', 'ok', 3),
			memoryRow('b', 'ok', 2),
			memoryRow('c', 'ok', 1),
			memoryRow('z', 'crit', 9),
		];
		await fixture.poll();
		expect(fixture.deck.focusedView().entries[0]?.row.id).toBe('z');
		expect(fixture.current()).toBe('b');
	});

	it('holds the order for a second after a key, then sorts again', async () => {
		fixture = await openDeckFixture({rows: [memoryRow('a', 'ok', 3), memoryRow('b', 'ok', 2)]});
		fixture.server.rows = [memoryRow('a', 'ok', 3), memoryRow('b', 'crit', 2)];
		await fixture.clock.advance(1700);
		await fixture.pressKeys('j');
		const ids = () => fixture.deck.focusedView().entries.map(entry => entry.row.id);
		expect(ids()).toEqual(['a', 'b']);
		await fixture.clock.advance(500);
		expect(fixture.deck.focusedView().entries[1]?.row.severity).toBe('crit');
		expect(ids()).toEqual(['a', 'b']);
		await fixture.clock.advance(1000);
		expect(ids()).toEqual(['b', 'a']);
		expect(fixture.current()).toBe('b');
	});

	it('selects nothing when its object left the list, says so, and acts on no other row', async () => {
		fixture = await openDeckFixture({
			rows: [memoryRow('a', 'ok', 3), memoryRow('b', 'ok', 2), memoryRow('c', 'ok', 1)],
		});
		await fixture.pressKeys('j');
		fixture.server.rows = fixture.server.rows.filter(row => row.id !== 'b');
		await fixture.poll();
		expect(fixture.current()).toBeUndefined();
		expect(fixture.deck.actions()).toEqual([]);
		await fixture.pressKeys('T', 'enter', 'space');
		expect(fixture.deck.session.get().notice?.text).toContain('the selected row was removed');
		expect(fixture.deck.session.get().layers).toEqual([]);
		await fixture.pressKeys('j');
		expect(fixture.current()).toBe('c');
		await fixture.pressKeys('k');
		fixture.server.rows = fixture.server.rows.filter(row => row.id !== 'a');
		await fixture.poll();
		await fixture.pressKeys('k');
		expect(fixture.current()).toBe('c');
		fixture.server.rows = [];
		await fixture.poll();
		expect(fixture.current()).toBeUndefined();
		await fixture.pressKeys('j', 'enter', 'T', 'space', 'o', 'G');
		expect(fixture.server.executedPlans).toEqual([]);
	});

	it('returns to its object when the row comes back', async () => {
		fixture = await openDeckFixture({rows: [memoryRow('a', 'ok', 3), memoryRow('b', 'ok', 2)]});
		await fixture.pressKeys('j');
		const all = fixture.server.rows;
		fixture.server.rows = all.filter(row => row.id !== 'b');
		await fixture.poll();
		expect(fixture.current()).toBeUndefined();
		fixture.server.rows = all;
		await fixture.poll();
		expect(fixture.current()).toBe('b');
	});

	it('keeps the line of a removed row for a second after a key, and acts on it no longer', async () => {
		fixture = await openDeckFixture({
			rows: [memoryRow('a', 'ok', 3), memoryRow('b', 'ok', 2), memoryRow('c', 'ok', 1)],
		});
		const ids = () => fixture.deck.focusedView().entries.map(entry => entry.row.id);
		await fixture.clock.advance(1700);
		await fixture.pressKeys('j');
		fixture.server.rows = fixture.server.rows.filter(row => row.id !== 'b');
		await fixture.clock.advance(500);
		expect(ids()).toEqual(['a', 'b', 'c']);
		expect(fixture.current()).toBeUndefined();
		await fixture.pressKeys('T', 'space');
		expect(fixture.deck.session.get().layers).toEqual([]);
		expect(fixture.server.executedPlans).toEqual([]);
		await fixture.clock.advance(3000);
		expect(ids()).toEqual(['a', 'c']);
		expect(fixture.current()).toBeUndefined();
	});

	it('ignores action keys for a second after the row under it changed by itself', async () => {
		fixture = await openDeckFixture({rows: [memoryRow('a', 'ok', 3), memoryRow('b', 'ok', 2)]});
		const frame = (line: number) => {
			const {entries} = fixture.deck.focusedView();
			const at = entries.findIndex(entry => entry.row.id === (fixture.current() ?? ''));
			const rowsAt = Array.from({length: line + 2}, (_, row) => (row === line ? at : undefined));
			fixture.deck.setPage('jobs', {rows: 10, rowsAt, cursorRow: at, selected: entries[at]?.key});
		};
		frame(3);
		await fixture.pressKeys('T');
		expect(fixture.deck.session.get().notice?.text).toContain(
			'T was ignored: the row under the cursor has just changed',
		);
		expect(fixture.deck.session.get().layers).toEqual([]);
		await fixture.pressKeys('j');
		frame(4);
		await fixture.pressKeys('T');
		expect(fixture.deck.session.get().layers).toHaveLength(1);
		await fixture.pressKeys('esc');
		// The row moved to another line by itself.
		frame(4);
		frame(7);
		await fixture.pressKeys('T');
		expect(fixture.deck.session.get().layers).toEqual([]);
		await fixture.clock.advance(1000);
		await fixture.pressKeys('T');
		expect(fixture.deck.session.get().layers).toHaveLength(1);
	});
});

describe('filter, order and marks', () => {
	it('filters while it is typed; esc restores the previous filter', async () => {
		fixture = await openDeckFixture({
			rows: [memoryRow('x1', 'ok', 3), memoryRow('x2', 'ok', 2), memoryRow('x3', 'ok', 1)],
		});
		await fixture.pressKeys('/');
		await fixture.type('JOB x2');
		expect(fixture.deck.focusedView().entries.map(entry => entry.row.id)).toEqual(['x2']);
		await fixture.pressKeys('esc');
		expect(fixture.deck.focusedView().entries).toHaveLength(3);
		await fixture.pressKeys('/');
		await fixture.type('!name:2');
		await fixture.pressKeys('enter');
		expect(fixture.deck.focusedView().entries.map(entry => entry.row.id)).toEqual(['x1', 'x3']);
	});

	it('does not filter between two letters, and filters completely before the next key on a row', async () => {
		let looks = 0;
		const counted = (id: string): MemoryRow => ({
			...memoryRow(id),
			get severity() {
				looks += 1;
				return 'ok' as const;
			},
		});
		fixture = await openDeckFixture({rows: ['a1', 'b1', 'a2', 'b2', 'a3'].map(counted)});
		await fixture.pressKeys('/');
		looks = 0;
		for (const letter of 'b2') dispatchKey(fixture.deck, letter, letter);
		expect(looks).toBe(0);
		dispatchKey(fixture.deck, 'enter');
		dispatchKey(fixture.deck, 'j', 'j');
		expect(looks).toBeGreaterThan(0);
		expect(fixture.current()).toBe('b2');
	});

	it('orders by the next order and says which', async () => {
		fixture = await openDeckFixture({rows: [memoryRow('b', 'ok', 9), memoryRow('a', 'ok', 1)]});
		expect(fixture.current()).toBe('b');
		await fixture.pressKeys('o');
		expect(fixture.notice()).toBe('jobs: problems first, then by name');
		expect(fixture.deck.focusedView().entries.map(entry => entry.row.id)).toEqual(['a', 'b']);
	});

	it('esc clears filter, marks, single target and zoom, one after the other', async () => {
		fixture = await openDeckFixture({targets: ['db', 'other']});
		await fixture.pressKeys('z', 't', 'enter', 'space', '/');
		await fixture.type('job');
		await fixture.pressKeys('enter');
		const is = () => {
			const {zoom, target, panes} = fixture.deck.session.get();
			return [panes['jobs']?.filter, panes['jobs']?.marks.size, target, zoom];
		};
		expect(is()).toEqual(['job', 1, 'db', true]);
		await fixture.pressKeys('esc');
		expect(is()).toEqual(['', 1, 'db', true]);
		await fixture.pressKeys('q');
		expect(is()).toEqual(['', 0, 'db', true]);
		await fixture.pressKeys('esc');
		expect(is()).toEqual(['', 0, undefined, true]);
		await fixture.pressKeys('esc');
		expect(is()).toEqual(['', 0, undefined, false]);
		await fixture.pressKeys('esc');
		expect(fixture.layer()).toBeUndefined();
		await fixture.pressKeys('q');
		expect(fixture.layer()).toBe('quit');
	});
});

describe('quitting', () => {
	it('prompts at the top level, stays on any other key, and quits with y, q or ctrl+c', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('q', 'x');
		expect([fixture.layer(), fixture.quitCount()]).toEqual([undefined, 0]);
		await fixture.pressKeys('q', 'enter');
		expect([fixture.layer(), fixture.quitCount()]).toEqual([undefined, 0]);
		await fixture.pressKeys('q', 'y');
		expect(fixture.quitCount()).toBe(1);
		await fixture.pressKeys('ctrl+c');
		expect(fixture.quitCount()).toBe(2);
	});
});

describe('esc and the key after it, when a slow line brings both at once', () => {
	it('are two keys: the open layer is closed first', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('/');
		await fixture.type('b');
		await fixture.pressKeys('alt+v');
		expect(fixture.deck.session.get().layers).toMatchObject([{kind: 'list', list: 'audit'}]);
		await fixture.pressKeys('esc', 'K');
		await fixture.waitForState('ready');
		await fixture.pressKeys('alt+y');
		expect(fixture.layer()).not.toBe('confirm');
		expect(fixture.server.executedPlans).toEqual([]);
	});

	it('are one key with Alt where that key is bound', async () => {
		fixture = await openDeckFixture({keys: {'deck.audit': ['alt+v']}});
		await fixture.pressKeys('u', 'alt+v');
		expect(fixture.deck.session.get().layers.map(layer => layer.kind)).toEqual(['list']);
		await fixture.pressKeys('esc', 'alt+v');
		expect(fixture.deck.session.get().layers).toMatchObject([{kind: 'list', list: 'audit'}]);
	});
});

describe('panes without a target', () => {
	it('say what is missing, and the current pane stays', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('2');
		expect(fixture.notice()).toContain('Caches: no redis target is configured');
		expect(fixture.deck.session.get().pane).toBe('jobs');
		await fixture.pressKeys('6');
		expect(fixture.deck.session.get().pane).toBe('jobs');
	});
});

describe('lists', () => {
	it('keep the choice on its line when the list changes above it', async () => {
		fixture = await openDeckFixture({rows: [memoryRow('m', 'crit'), memoryRow('n', 'crit')]});
		await fixture.pressKeys('!', 'j');
		const chosen = () => {
			const layer = fixture.deck.session.get().layers.at(-1);
			return layer?.kind === 'list' ? layer.item : undefined;
		};
		const before = chosen();
		fixture.server.rows = [memoryRow('a', 'crit'), ...fixture.server.rows];
		await fixture.poll();
		expect(chosen()).toBe(before);
		await fixture.pressKeys('enter');
		expect(fixture.current()).toBe(before);
		expect(fixture.notice()).toBe('it waits for 4 minutes');
	});

	it('show available and unavailable actions, with the reason for the latter', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('a', 'G', 'k', 'k', 'k', 'k');
		await fixture.pressKeys('enter');
		expect(fixture.layer()).toBe('list');
		expect(fixture.notice()).toBe('Never: the job is asleep');
		await fixture.pressKeys('esc', 'B');
		expect(fixture.notice()).toBe('Never: the job is asleep');
		expect(fixture.layer()).toBeUndefined();
	});

	it('find a command by its name', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys(':');
		await fixture.type('all problems');
		await fixture.pressKeys('enter');
		expect(fixture.deck.session.get().layers).toMatchObject([{kind: 'list', list: 'findings'}]);
	});

	it('find an action on rows of another kind by its name, go to the first of them and do nothing yet', async () => {
		fixture = await openDeckFixture({rows: [memoryRow('a'), memoryRow('b')], logs: [memoryLog('x'), memoryLog('y')]});
		const texts = () =>
			paletteItems(fixture.deck, 'log', () => {}).map(({left, text, disabled}) => [left, text, disabled]);
		expect(texts()).toEqual([['K', 'Cut the log', undefined]]);
		await fixture.pressKeys(':');
		await fixture.type('cut');
		await fixture.pressKeys('enter');
		expect(fixture.current()).toBe('x');
		expect(fixture.notice()).toBe('Cut the log: select a row, then press K');
		expect(fixture.server.executedPlans).toEqual([]);
		expect(fixture.layer()).toBeUndefined();
		await fixture.close();
		fixture = await openDeckFixture({rows: [memoryRow('a')]});
		expect(texts()).toEqual([['K', 'Cut the log', undefined]]);
		await fixture.close();
		fixture = await openDeckFixture({rows: [memoryRow('a')], logs: [memoryLog('x')]});
		await fixture.pressKeys('/');
		await fixture.type('job a');
		await fixture.pressKeys('enter');
		expect(texts()).toEqual([['K', 'Cut the log', 'no such row is shown there']]);
	});

	it('name every command of the deck once with its key, and say why one is unavailable', async () => {
		fixture = await openDeckFixture({rows: []});
		const items = paletteItems(fixture.deck, '', () => {});
		const named = (text: string) => items.filter(item => item.text === text);
		expect(new Set(items.map(item => item.id)).size).toBe(items.length);
		for (const {intent, title, keys, scope} of fixedBindings) {
			if ((scope !== 'deck' && scope !== 'any') || /^Go to|[Rr]ow$|page|pane|by its name|Back/.test(title)) continue;
			expect(named(title), intent).toMatchObject([{left: keys[0]}]);
		}
		expect(named('Open the row')).toMatchObject([{left: 'enter', disabled: 'no row is selected'}]);
		expect(named('Go to Jobs')).toMatchObject([{left: '1'}]);
	});

	it('open help once, however often its key is pressed', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('?', '?', '?');
		expect(fixture.deck.session.get().layers).toHaveLength(1);
	});
});

describe('paste', () => {
	it('is dropped on the deck, and fills one line of a field', async () => {
		fixture = await openDeckFixture();
		await fixture.paste('T\ny\n');
		expect(fixture.notice()).toBe('pasted text was ignored: the deck accepts only keys');
		expect(fixture.server.executedPlans).toEqual([]);
		await fixture.pressKeys('/');
		await fixture.paste('job\n\u001b[31mb\u202e');
		expect(fixture.deck.session.get().layers).toMatchObject([{kind: 'filter', text: 'job b'}]);
		await fixture.paste('x'.repeat(5000));
		const layer = fixture.deck.session.get().layers.at(-1);
		expect(layer?.kind === 'filter' && layer.text.length).toBe(1005);
	});
});

describe('copy', () => {
	it('copies the complete row, with its target and its reason', async () => {
		fixture = await openDeckFixture({rows: [memoryRow('a', 'warn')]});
		await fixture.pressKeys('c');
		expect(fixture.copied).toEqual(['target: db\nname: job a\nage: 1\nwhy: it waits']);
		expect(fixture.notice()).toBe('copied');
	});
});
