import {afterEach, describe, expect, it} from 'vitest';
import {type DeckFixture, openDeckFixture} from './deck-fixture.ts';
import {memoryRow} from './memory-system.ts';

let fixture: DeckFixture;
afterEach(() => fixture.close());

const ids = () => fixture.deck.focusedView().entries.map(entry => entry.row.id);
const notice = () => fixture.deck.session.get().notice?.text ?? '';

describe('the filter for problems', () => {
	it('hides ok rows, shows their number, and shows them again with the same key', async () => {
		fixture = await openDeckFixture({
			rows: [memoryRow('a', 'ok', 3), memoryRow('b', 'crit', 2), memoryRow('c', 'warn', 1)],
		});
		await fixture.pressKeys('f');
		expect(ids()).toEqual(['b', 'c']);
		expect(notice()).toBe('only problems are shown, 2 of 3 rows; f shows all rows again');
		await fixture.pressKeys('f');
		expect(ids()).toHaveLength(3);
		expect(notice()).toBe('all rows are shown');
	});

	it('says when nothing is wrong, and shows later problems', async () => {
		fixture = await openDeckFixture({rows: [memoryRow('a'), memoryRow('b')]});
		await fixture.pressKeys('f');
		expect(ids()).toEqual([]);
		expect(notice()).toBe('nothing is wrong here; f shows all rows again');
		fixture.server.rows = [memoryRow('a'), memoryRow('b', 'crit')];
		await fixture.poll();
		expect(ids()).toEqual(['b']);
	});

	it('ends by esc, after the filter and before the marks', async () => {
		fixture = await openDeckFixture({rows: [memoryRow('a', 'crit', 3), memoryRow('b', 'crit', 2), memoryRow('c')]});
		await fixture.pressKeys('space', 'f', '/');
		await fixture.type('!name:a');
		await fixture.pressKeys('enter');
		expect(ids()).toEqual(['b']);
		await fixture.pressKeys('esc');
		expect(ids()).toEqual(['a', 'b']);
		await fixture.pressKeys('esc');
		expect(ids()).toHaveLength(3);
	});

	it('ends when a finding opens a row that it would hide', async () => {
		fixture = await openDeckFixture({rows: [memoryRow('a', 'crit'), memoryRow('b')]});
		await fixture.pressKeys('f', '/');
		await fixture.type('nothing');
		await fixture.pressKeys('enter', '!', 'enter');
		expect(fixture.current()).toBe('a');
	});
});
