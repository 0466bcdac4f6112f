import {afterEach, describe, expect, it} from 'vitest';
import {shownLines} from '../../../src/input/document-keys.ts';
import {menuItems} from '../../../src/input/menu-items.ts';
import {type House, openHouse, until} from './deck-fixture.ts';
import {job} from './memory-system.ts';

let house: House;
afterEach(() => house.close());

const ran = () =>
	house.far.ran.map(one => `${one.action} ${one.names.join('+')}${one.value === '' ? '' : ` ${one.value}`}`);
const remedy = () => house.deck.options.runner.state.get();
const value = () => {
	const layer = house.deck.session.get().layers.at(-1);
	return layer?.kind === 'confirm' || layer?.kind === 'params' ? layer.values : undefined;
};

describe('what an action asks first', () => {
	it('stays on a wrong value and goes on with a right one', async () => {
		house = await openHouse();
		await house.keys('M');
		expect(value()).toEqual(['1']);
		await house.keys('ctrl+u');
		await house.type('lots');
		await house.keys('enter');
		expect(house.layer()).toBe('params');
		await house.keys('ctrl+w');
		await house.paste('42\n');
		await house.keys('ctrl+u');
		await house.type('42');
		await house.keys('enter');
		await house.reach('ready');
		await house.keys('y', 'enter');
		await house.reach('done');
		expect(ran()).toEqual(['postgres.set job a 42']);
	});
});

describe('what stops an action', () => {
	it('is a guarded target, until it is armed with O', async () => {
		house = await openHouse({guarded: true});
		await house.keys('K');
		expect(house.layer()).toBeUndefined();
		expect(house.notice()).toContain('db is guarded: press O to arm it');
		await house.arm();
		await house.keys('K');
		await house.reach('ready');
		await house.keys('y', 'enter');
		await house.reach('done');
		expect(await house.records()).toEqual(['arm', 'intent', 'outcome sent', 'verify done']);
	});

	it('is --read-only, which cannot be armed', async () => {
		house = await openHouse({guarded: true, readOnly: true});
		await house.keys('O');
		await house.clock.settle();
		expect(house.notice()).toContain('read-only');
		await house.keys('K');
		expect(house.notice()).toContain('read-only');
		expect([house.layer(), ...ran()]).toEqual([undefined]);
	});

	it('is a check that blocks', async () => {
		house = await openHouse();
		house.far.checks = [{label: 'gone', result: 'block', detail: 'it has ended', moved: true}];
		await house.keys('K');
		await house.reach('stale');
		await house.keys('y');
		expect(ran()).toEqual([]);
		await house.keys('enter');
		expect(house.layer()).toBeUndefined();
		expect(house.notice()).toBe('Poke: it changed meanwhile, nothing was sent: it has ended');
	});

	it('is planned again by a key of its own when it is stale, and that key answers nothing', async () => {
		house = await openHouse();
		house.far.checks = [{label: 'gone', result: 'block', detail: 'it has gone on', moved: true}];
		await house.keys('K');
		await house.reach('stale');
		const first = remedy()?.id;
		house.far.checks = [];
		await house.keys('y', 'n', 'K');
		expect(remedy()).toMatchObject({id: first, state: 'stale'});
		await house.keys('ctrl+n');
		await house.reach('ready');
		expect(remedy()?.id).not.toBe(first);
		await house.keys('ctrl+n');
		expect(remedy()?.state).toBe('ready');
		expect(ran()).toEqual([]);
	});

	it('is a mark on a row of another target', async () => {
		house = await openHouse({targets: ['db', 'other'], rows: [job('a'), {...job('b'), target: 'other'}]});
		await house.keys('space', 'j', 'space', 'X');
		expect(house.notice()).toBe('Purge: the marked rows are of several targets; mark rows of one');
	});
});

describe('after it was sent', () => {
	it('goes on when it is left, tells its end on the deck, and lets nothing else begin meanwhile', async () => {
		house = await openHouse();
		let answer = () => {};
		house.far.before = new Promise(resolve => {
			answer = resolve;
		});
		await house.keys('K');
		await house.reach('ready');
		await house.keys('y', 'enter');
		await house.reach('running');
		await house.keys('esc');
		expect(house.layer()).toBeUndefined();
		await house.keys('j', 'K');
		expect(house.notice()).toContain('still under way');
		expect(house.deck.options.runner.state.get()).toMatchObject({state: 'running', preview: {object: 'job a'}});
		await house.keys('esc');
		answer();
		await house.reach('done');
		expect(house.notice()).toContain('Poke job a on db: done');
		expect(ran()).toEqual(['postgres.poke job a']);
	});

	it('can be undone while it is looked at, and holds nothing else up', async () => {
		house = await openHouse();
		house.far.settles = false;
		await house.keys('K');
		await house.reach('ready');
		await house.keys('y', 'enter');
		await house.reach('verifying');
		await house.keys('u');
		await house.reach('ready');
		expect(house.deck.options.runner.state.get()).toMatchObject({
			preview: {object: 'job a'},
			undoOf: expect.any(String),
		});
		await house.keys('y', 'enter');
		await house.reach('verifying');
		await until(() => house.deck.options.runner.underWay().length === 1);
		expect(house.notice()).toBeUndefined();
		await house.keys('esc', 'j', 'K');
		await house.reach('ready');
		expect(house.deck.options.runner.state.get()).toMatchObject({preview: {object: 'job b'}});
		house.far.settles = true;
		await house.clock.advance(1000);
		await until(() => house.notice()?.includes('Poke job a on db: done') === true);
		expect(house.layer()).toBe('confirm');
		expect(ran()).toEqual(['postgres.poke job a', 'postgres.poke job a back']);
	});

	it('tells all that ended since the last key, and is not typed away', async () => {
		house = await openHouse();
		house.far.settles = false;
		for (const next of ['K', 'j']) {
			await house.keys(next, ...(next === 'j' ? ['K'] : []));
			await house.reach('ready');
			await house.keys('y', 'enter');
			await house.reach('verifying');
			await house.keys('esc');
		}
		await house.keys('u');
		const list = house.deck.session.get().layers.at(-1);
		expect(list).toMatchObject({kind: 'list', list: 'undo'});
		await house.keys('esc', '/');
		house.far.settles = true;
		await house.clock.advance(1000);
		await until(() => house.deck.options.runner.underWay().length === 0);
		await house.type('b');
		expect(house.notice()).toContain('Poke job a on db: done, it is as it should be · Poke job b on db: done');
		await house.keys('esc');
		expect(house.notice()).toBeUndefined();
	});

	it('is undone from its end with u, and from the list; never twice', async () => {
		house = await openHouse();
		await house.keys('K');
		await house.reach('ready');
		await house.keys('y', 'enter');
		await house.reach('done');
		await house.keys('u');
		await house.reach('ready');
		await house.keys('y', 'enter');
		await house.reach('done');
		expect(ran()).toEqual(['postgres.poke job a', 'postgres.poke job a back']);
		expect(await house.records()).toEqual([
			'intent',
			'outcome sent',
			'verify done',
			'undo',
			'outcome sent',
			'verify done',
		]);
		await house.keys('enter', 'u', 'G', 'enter');
		expect(house.notice()).toContain('already undone');
		expect(house.far.ran).toHaveLength(2);
	});

	it('cannot be undone where there is no way back, and says why', async () => {
		house = await openHouse();
		await house.keys('T');
		await house.reach('ready');
		await house.type(house.name());
		await house.keys('enter');
		await house.reach('done');
		await house.keys('u');
		expect(house.layer()).toBe('confirm');
		await house.keys('enter', 'u', 'enter');
		expect(house.notice()).toContain('what is gone is gone');
	});

	it('stands in the audit view, record by record', async () => {
		house = await openHouse();
		await house.keys('K');
		await house.reach('ready');
		await house.keys('y', 'enter');
		await house.reach('done');
		await house.keys('enter', 'v');
		await until(() => house.deck.records.get().length === 3);
		await house.keys('G', 'enter');
		const layer = house.deck.session.get().layers.at(-1);
		expect(layer?.kind === 'document' && [...shownLines(layer.text, false)].join('\n')).toContain('"kind": "intent"');
	});

	it('the record tells who did it and the reason that was given, and the day when it was not today', async () => {
		house = await openHouse();
		const confirmation = {method: 'type-count-reason', reason: 'it leaks'} as const;
		await house.deck.options.audit.append({kind: 'intent', target: 'db', object: 'a', confirmation});
		await house.keys('v');
		await until(() => house.deck.records.get().length === 1);
		const [today] = menuItems(house.deck, 'audit');
		expect(today).toMatchObject({left: '14:05:22Z', text: 'intent  db/a  tester  reason: it leaks'});
		const now = () => house.deck.now() + 24 * 3_600_000;
		expect(menuItems({...house.deck, now}, 'audit')[0]?.left).toBe('2026-11-21 14:05:22Z');
	});
});
