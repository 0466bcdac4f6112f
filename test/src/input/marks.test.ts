import {afterEach, describe, expect, it} from 'vitest';
import {paneSession} from '../../../src/session/session.ts';
import {type House, openHouse} from './deck-fixture.ts';
import {job} from './memory-system.ts';

let house: House;
afterEach(() => house.close());

const ran = () => house.far.ran.map(one => `${one.action} ${one.names.join('+')}`);
const marked = () => paneSession(house.deck.session.get(), 'jobs').marks.size;
const remedy = () => house.deck.options.runner.state.get();

/** Answers the gravest demand as a person would, and waits for the end. */
async function purge(count: string): Promise<void> {
	await house.type(house.name());
	await house.keys('enter');
	await house.type(count);
	await house.keys('tab');
	await house.type('they are stuck');
	await house.clock.advance(3001);
	await house.keys('enter');
	await house.reach('done');
}

describe('marks', () => {
	it('are set and taken away by space, which leaves the cursor where it is', async () => {
		house = await openHouse();
		await house.keys('j', 'space');
		expect([house.current(), marked()]).toEqual(['b', 1]);
		await house.keys('space');
		expect([house.current(), marked()]).toEqual(['b', 0]);
	});

	it('are what an action on several is about, not the row under the cursor', async () => {
		house = await openHouse();
		await house.keys('space', 'j', 'j', 'space', 'k', 'X');
		expect(house.current()).toBe('b');
		await house.reach('ready');
		expect(remedy()?.preview?.touches).toEqual(['job a', 'job c']);
		await purge('2');
		expect(ran()).toEqual(['postgres.purge job a+job c']);
	});

	it('are what it is about also from a row of another kind, by key, list and palette', async () => {
		house = await openHouse({logs: [job('log')]});
		await house.keys('space', 'j', 'space', 'G');
		expect(house.current()).toBe('log');
		for (const open of [['X'], ['a', 'enter'], [':']]) {
			await house.keys(...open);
			if (open[0] === ':') {
				await house.type('purge');
				await house.keys('enter');
			}
			if (open[0] === 'a') {
				expect(house.notice()).toBe('Poke: this acts on one row; esc unmarks');
				await house.keys('j', 'j', 'enter');
			}
			await house.reach('ready');
			expect(remedy()?.preview?.touches).toEqual(['job a', 'job b']);
			await house.keys('esc');
		}
		expect([ran(), marked()]).toEqual([[], 2]);
	});

	it('refuse an action on one row, of their kind alone', async () => {
		house = await openHouse({logs: [job('log')]});
		await house.keys('space', 'K');
		expect([house.layer(), house.notice()]).toEqual([undefined, 'Poke: this acts on one row; esc unmarks']);
		await house.keys('j', 'T');
		expect([house.layer(), house.notice()]).toEqual([undefined, 'Stop: this acts on one row; esc unmarks']);
		await house.keys('esc', 'G', 'space', 'g', 'K');
		expect([house.layer(), house.notice()]).toEqual([undefined, 'Cut the log: this acts on one row; esc unmarks']);
		await house.keys('T');
		await house.reach('ready');
		expect(remedy()?.preview?.touches).toEqual(['job a']);
	});

	it('on rows that are gone or filtered out do not turn into the row under the cursor', async () => {
		house = await openHouse();
		await house.keys('space', 'j');
		house.far.rows = house.far.rows.filter(row => row.id !== 'a');
		await house.poll();
		await house.keys('X');
		expect(house.notice()).toBe('Purge: the marked rows are not shown any more; esc unmarks');
		await house.keys('esc', 'space', '/');
		await house.type('job c');
		await house.keys('enter', 'X');
		expect([house.layer(), house.notice()]).toEqual([
			undefined,
			'Purge: the marked rows are not shown any more; esc unmarks',
		]);
		expect(remedy()).toBeUndefined();
	});

	it('are kept while nothing was sent, and gone once it was', async () => {
		house = await openHouse({logs: [job('log')]});
		await house.keys('G', 'space', 'g', 'space', 'j', 'space', 'X');
		await house.reach('ready');
		await house.keys('esc');
		expect(marked()).toBe(3);
		house.far.checks = [{label: 'gone', result: 'block', detail: 'it has ended', moved: true}];
		await house.keys('X');
		await house.reach('stale');
		await house.keys('enter');
		expect(marked()).toBe(3);
		house.far.checks = [];
		await house.keys('X');
		await house.reach('ready');
		await purge('2');
		expect([ran(), marked()]).toEqual([['postgres.purge job a+job b'], 1]);
	});

	it('of which some are left are gone on with, and only those are unmarked once it was sent', async () => {
		house = await openHouse();
		await house.keys('space', 'j', 'space');
		house.far.checks = [{label: 'gone', result: 'block', detail: 'it has gone on', moved: true}];
		house.far.left = ['a'];
		await house.keys('X');
		await house.reach('stale');
		house.far.checks = [];
		await house.keys('ctrl+n');
		await house.reach('ready');
		expect(marked()).toBe(2);
		await purge('1');
		expect([ran(), marked()]).toEqual([['postgres.purge job a'], 1]);
	});

	it('of one row alone are acted on as that row', async () => {
		house = await openHouse();
		await house.keys('j', 'space', 'g', 'X');
		await house.reach('ready');
		await purge('1');
		expect([ran(), marked()]).toEqual([['postgres.purge job b'], 0]);
	});
});
