import {afterEach, describe, expect, it} from 'vitest';
import {type House, openHouse} from './deck-fixture.ts';
import {job} from './memory-system.ts';

let house: House;
afterEach(() => house.close());

const ids = () => house.deck.focused().entries.map(entry => entry.row.id);
const notice = () => house.deck.session.get().notice?.text ?? '';

describe('faults only', () => {
	it('hides what is well, says how much, and shows it again by the same key', async () => {
		house = await openHouse({rows: [job('a', 'ok', 3), job('b', 'crit', 2), job('c', 'warn', 1)]});
		await house.keys('f');
		expect(ids()).toEqual(['b', 'c']);
		expect(notice()).toBe('only what is wrong is shown, 2 of 3 rows; f shows everything again');
		await house.keys('f');
		expect(ids()).toHaveLength(3);
		expect(notice()).toBe('everything is shown');
	});

	it('tells when nothing is wrong, and shows what goes wrong later', async () => {
		house = await openHouse({rows: [job('a'), job('b')]});
		await house.keys('f');
		expect(ids()).toEqual([]);
		expect(notice()).toBe('nothing is wrong here; f shows everything again');
		house.far.rows = [job('a'), job('b', 'crit')];
		await house.poll();
		expect(ids()).toEqual(['b']);
	});

	it('ends by esc, after the filter and before the marks', async () => {
		house = await openHouse({rows: [job('a', 'crit', 3), job('b', 'crit', 2), job('c')]});
		await house.keys('space', 'f', '/');
		await house.type('!name:a');
		await house.keys('enter');
		expect(ids()).toEqual(['b']);
		await house.keys('esc');
		expect(ids()).toEqual(['a', 'b']);
		await house.keys('esc');
		expect(ids()).toHaveLength(3);
	});

	it('is off where a finding leads to a row that it would hide', async () => {
		house = await openHouse({rows: [job('a', 'crit'), job('b')]});
		await house.keys('f', '/');
		await house.type('nothing');
		await house.keys('enter', '!', 'enter');
		expect(house.current()).toBe('a');
	});
});
