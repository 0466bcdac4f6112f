import {afterEach, describe, expect, it} from 'vitest';
import {press} from '../../../src/input/dispatch-key.ts';
import {bindings} from '../../../src/input/keymap.ts';
import {paletteItems} from '../../../src/input/palette.ts';
import {type House, openHouse} from './deck-fixture.ts';
import {type Job, job} from './memory-system.ts';

let house: House;
afterEach(() => house.close());

describe('cursor', () => {
	it('stays on its object when something worse comes in above it', async () => {
		house = await openHouse({rows: [job('a', 'ok', 3), job('b', 'ok', 2), job('c', 'ok', 1)]});
		await house.keys('j');
		expect(house.current()).toBe('b');
		house.far.rows = [job('a', 'ok', 3), job('b', 'ok', 2), job('c', 'ok', 1), job('z', 'crit', 9)];
		await house.poll();
		expect(house.deck.focused().entries[0]?.row.id).toBe('z');
		expect(house.current()).toBe('b');
	});

	it('holds the order for a second after a key, then sorts again', async () => {
		house = await openHouse({rows: [job('a', 'ok', 3), job('b', 'ok', 2)]});
		house.far.rows = [job('a', 'ok', 3), job('b', 'crit', 2)];
		await house.clock.advance(1700);
		await house.keys('j');
		const ids = () => house.deck.focused().entries.map(entry => entry.row.id);
		expect(ids()).toEqual(['a', 'b']);
		await house.clock.advance(500);
		expect(house.deck.focused().entries[1]?.row.severity).toBe('crit');
		expect(ids()).toEqual(['a', 'b']);
		await house.clock.advance(1000);
		expect(ids()).toEqual(['b', 'a']);
		expect(house.current()).toBe('b');
	});

	it('selects nothing when its object left the list, says so, and acts on no other row', async () => {
		house = await openHouse({rows: [job('a', 'ok', 3), job('b', 'ok', 2), job('c', 'ok', 1)]});
		await house.keys('j');
		house.far.rows = house.far.rows.filter(row => row.id !== 'b');
		await house.poll();
		expect(house.current()).toBeUndefined();
		expect(house.deck.actions()).toEqual([]);
		await house.keys('T', 'enter', 'space');
		expect(house.deck.session.get().notice?.text).toContain('the selected row left the list');
		expect(house.deck.session.get().layers).toEqual([]);
		await house.keys('j');
		expect(house.current()).toBe('c');
		await house.keys('k');
		house.far.rows = house.far.rows.filter(row => row.id !== 'a');
		await house.poll();
		await house.keys('k');
		expect(house.current()).toBe('c');
		house.far.rows = [];
		await house.poll();
		expect(house.current()).toBeUndefined();
		await house.keys('j', 'enter', 'T', 'space', 'o', 'G');
		expect(house.far.ran).toEqual([]);
	});

	it('is on its object again when that comes back', async () => {
		house = await openHouse({rows: [job('a', 'ok', 3), job('b', 'ok', 2)]});
		await house.keys('j');
		const all = house.far.rows;
		house.far.rows = all.filter(row => row.id !== 'b');
		await house.poll();
		expect(house.current()).toBeUndefined();
		house.far.rows = all;
		await house.poll();
		expect(house.current()).toBe('b');
	});

	it('keeps the line of a row that leaves for a second after a key, and acts on it no more', async () => {
		house = await openHouse({rows: [job('a', 'ok', 3), job('b', 'ok', 2), job('c', 'ok', 1)]});
		const ids = () => house.deck.focused().entries.map(entry => entry.row.id);
		await house.clock.advance(1700);
		await house.keys('j');
		house.far.rows = house.far.rows.filter(row => row.id !== 'b');
		await house.clock.advance(500);
		expect(ids()).toEqual(['a', 'b', 'c']);
		expect(house.current()).toBeUndefined();
		await house.keys('T', 'space');
		expect(house.deck.session.get().layers).toEqual([]);
		expect(house.far.ran).toEqual([]);
		await house.clock.advance(3000);
		expect(ids()).toEqual(['a', 'c']);
		expect(house.current()).toBeUndefined();
	});

	it('takes no action key within a second of a change under it that no key made', async () => {
		house = await openHouse({rows: [job('a', 'ok', 3), job('b', 'ok', 2)]});
		const frame = (line: number) => {
			const {entries} = house.deck.focused();
			const at = entries.findIndex(entry => entry.row.id === (house.current() ?? ''));
			const rowsAt = Array.from({length: line + 2}, (_, row) => (row === line ? at : undefined));
			house.deck.setPage('jobs', {rows: 10, rowsAt, cursorRow: at, selected: entries[at]?.key});
		};
		frame(3);
		await house.keys('T');
		expect(house.deck.session.get().notice?.text).toContain(
			'T was not taken: the row under the cursor changed just now',
		);
		expect(house.deck.session.get().layers).toEqual([]);
		await house.keys('j');
		frame(4);
		await house.keys('T');
		expect(house.deck.session.get().layers).toHaveLength(1);
		await house.keys('esc');
		// The row moved to another line by itself.
		frame(4);
		frame(7);
		await house.keys('T');
		expect(house.deck.session.get().layers).toEqual([]);
		await house.clock.advance(1000);
		await house.keys('T');
		expect(house.deck.session.get().layers).toHaveLength(1);
	});
});

describe('filter, order and marks', () => {
	it('filters while it is typed; esc brings back what was there before', async () => {
		house = await openHouse({rows: [job('x1', 'ok', 3), job('x2', 'ok', 2), job('x3', 'ok', 1)]});
		await house.keys('/');
		await house.type('JOB x2');
		expect(house.deck.focused().entries.map(entry => entry.row.id)).toEqual(['x2']);
		await house.keys('esc');
		expect(house.deck.focused().entries).toHaveLength(3);
		await house.keys('/');
		await house.type('!name:2');
		await house.keys('enter');
		expect(house.deck.focused().entries.map(entry => entry.row.id)).toEqual(['x1', 'x3']);
	});

	it('asks nothing of the rows between two letters of a filter, and all of it before the next key on a row', async () => {
		let looks = 0;
		const counted = (id: string): Job => ({
			...job(id),
			get severity() {
				looks += 1;
				return 'ok' as const;
			},
		});
		house = await openHouse({rows: ['a1', 'b1', 'a2', 'b2', 'a3'].map(counted)});
		await house.keys('/');
		looks = 0;
		for (const letter of 'b2') press(house.deck, letter, letter);
		expect(looks).toBe(0);
		press(house.deck, 'enter');
		press(house.deck, 'j', 'j');
		expect(looks).toBeGreaterThan(0);
		expect(house.current()).toBe('b2');
	});

	it('orders by the next order and says which', async () => {
		house = await openHouse({rows: [job('b', 'ok', 9), job('a', 'ok', 1)]});
		expect(house.current()).toBe('b');
		await house.keys('o');
		expect(house.notice()).toBe('jobs: ordered by name, what is wrong first');
		expect(house.deck.focused().entries.map(entry => entry.row.id)).toEqual(['a', 'b']);
	});

	it('takes filter, marks, single target and zoom away with esc, one after the other', async () => {
		house = await openHouse({targets: ['db', 'other']});
		await house.keys('z', 't', 'enter', 'space', '/');
		await house.type('job');
		await house.keys('enter');
		const is = () => {
			const {zoom, target, panes} = house.deck.session.get();
			return [panes['jobs']?.filter, panes['jobs']?.marks.size, target, zoom];
		};
		expect(is()).toEqual(['job', 1, 'db', true]);
		await house.keys('esc');
		expect(is()).toEqual(['', 1, 'db', true]);
		await house.keys('q');
		expect(is()).toEqual(['', 0, 'db', true]);
		await house.keys('esc');
		expect(is()).toEqual(['', 0, undefined, true]);
		await house.keys('esc');
		expect(is()).toEqual(['', 0, undefined, false]);
		await house.keys('esc');
		expect(house.layer()).toBeUndefined();
		await house.keys('q');
		expect(house.layer()).toBe('quit');
	});
});

describe('leaving', () => {
	it('asks at the top, stays on any other key, and goes with y, q or ctrl+c', async () => {
		house = await openHouse();
		await house.keys('q', 'x');
		expect([house.layer(), house.left()]).toEqual([undefined, 0]);
		await house.keys('q', 'enter');
		expect([house.layer(), house.left()]).toEqual([undefined, 0]);
		await house.keys('q', 'y');
		expect(house.left()).toBe(1);
		await house.keys('ctrl+c');
		expect(house.left()).toBe(2);
	});
});

describe('esc and the key after it, when a slow line brings both at once', () => {
	it('are the two of them: what was open is left first', async () => {
		house = await openHouse();
		await house.keys('/');
		await house.type('b');
		await house.keys('alt+v');
		expect(house.deck.session.get().layers).toMatchObject([{kind: 'list', list: 'audit'}]);
		await house.keys('esc', 'K');
		await house.reach('ready');
		await house.keys('alt+y');
		expect(house.layer()).not.toBe('confirm');
		expect(house.far.ran).toEqual([]);
	});

	it('are Alt where something lies on it', async () => {
		house = await openHouse({keys: {'deck.audit': ['alt+v']}});
		await house.keys('u', 'alt+v');
		expect(house.deck.session.get().layers.map(layer => layer.kind)).toEqual(['list']);
		await house.keys('esc', 'alt+v');
		expect(house.deck.session.get().layers).toMatchObject([{kind: 'list', list: 'audit'}]);
	});
});

describe('panes without a target', () => {
	it('says what is missing and stays where it is', async () => {
		house = await openHouse();
		await house.keys('2');
		expect(house.notice()).toContain('Caches: no redis target is configured');
		expect(house.deck.session.get().pane).toBe('jobs');
		await house.keys('6');
		expect(house.deck.session.get().pane).toBe('jobs');
	});
});

describe('lists', () => {
	it('keeps the choice on its line when the list changes above it', async () => {
		house = await openHouse({rows: [job('m', 'crit'), job('n', 'crit')]});
		await house.keys('!', 'j');
		const chosen = () => {
			const layer = house.deck.session.get().layers.at(-1);
			return layer?.kind === 'list' ? layer.item : undefined;
		};
		const before = chosen();
		house.far.rows = [job('a', 'crit'), ...house.far.rows];
		await house.poll();
		expect(chosen()).toBe(before);
		await house.keys('enter');
		expect(house.current()).toBe(before);
		expect(house.notice()).toBe('it waits for 4 minutes');
	});

	it('lists what can be done, also what cannot, and says why not', async () => {
		house = await openHouse();
		await house.keys('a', 'G', 'k', 'k', 'k');
		await house.keys('enter');
		expect(house.layer()).toBe('list');
		expect(house.notice()).toBe('Never: the job is asleep');
		await house.keys('esc', 'B');
		expect(house.notice()).toBe('Never: the job is asleep');
		expect(house.layer()).toBeUndefined();
	});

	it('finds a command by its name', async () => {
		house = await openHouse();
		await house.keys(':');
		await house.type('that is wrong');
		await house.keys('enter');
		expect(house.deck.session.get().layers).toMatchObject([{kind: 'list', list: 'findings'}]);
	});

	it('finds what is done with other rows by its name, goes to the first of them and does nothing yet', async () => {
		house = await openHouse({rows: [job('a'), job('b')], logs: [job('x'), job('y')]});
		const texts = () =>
			paletteItems(house.deck, 'log', () => {}).map(({left, text, disabled}) => [left, text, disabled]);
		expect(texts()).toEqual([['K', 'Cut the log', undefined]]);
		await house.keys(':');
		await house.type('cut');
		await house.keys('enter');
		expect(house.current()).toBe('x');
		expect(house.notice()).toBe('Cut the log: go to the row that you mean, then press K');
		expect(house.far.ran).toEqual([]);
		expect(house.layer()).toBeUndefined();
		await house.close();
		house = await openHouse({rows: [job('a')]});
		expect(texts()).toEqual([['K', 'Cut the log', undefined]]);
		await house.close();
		house = await openHouse({rows: [job('a')], logs: [job('x')]});
		await house.keys('/');
		await house.type('job a');
		await house.keys('enter');
		expect(texts()).toEqual([['K', 'Cut the log', 'no such row is shown there']]);
	});

	it('names every command of the deck once with its key, and says why one cannot be given', async () => {
		house = await openHouse({rows: []});
		const items = paletteItems(house.deck, '', () => {});
		const named = (text: string) => items.filter(item => item.text === text);
		expect(new Set(items.map(item => item.id)).size).toBe(items.length);
		for (const {intent, title, keys, scope} of bindings) {
			if ((scope !== 'deck' && scope !== 'any') || /^Go to|[Rr]ow$|page|pane|by its name|Back/.test(title)) continue;
			expect(named(title), intent).toMatchObject([{left: keys[0]}]);
		}
		expect(named('Open the row')).toMatchObject([{left: 'enter', disabled: 'no row is selected'}]);
		expect(named('Go to Jobs')).toMatchObject([{left: '1'}]);
	});

	it('opens help once, however often it is asked for', async () => {
		house = await openHouse();
		await house.keys('?', '?', '?');
		expect(house.deck.session.get().layers).toHaveLength(1);
	});
});

describe('paste', () => {
	it('is dropped on the deck, and fills one line of a field', async () => {
		house = await openHouse();
		await house.paste('T\ny\n');
		expect(house.notice()).toBe('pasted text was dropped: the deck takes keys only');
		expect(house.far.ran).toEqual([]);
		await house.keys('/');
		await house.paste('job\n\u001b[31mb\u202e');
		expect(house.deck.session.get().layers).toMatchObject([{kind: 'filter', text: 'job b'}]);
		await house.paste('x'.repeat(5000));
		const layer = house.deck.session.get().layers.at(-1);
		expect(layer?.kind === 'filter' && layer.text.length).toBe(1005);
	});
});

describe('copy', () => {
	it('copies the row whole, with its target and its reason', async () => {
		house = await openHouse({rows: [job('a', 'warn')]});
		await house.keys('c');
		expect(house.copied).toEqual(['target: db\nname: job a\nage: 1\nwhy: it waits']);
		expect(house.notice()).toBe('copied');
	});
});
