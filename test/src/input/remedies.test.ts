import {afterEach, describe, expect, it} from 'vitest';
import {shownLines} from '../../../src/input/document-keys.ts';
import {menuItems} from '../../../src/input/menu-items.ts';
import {type DeckFixture, openDeckFixture, waitUntil} from './deck-fixture.ts';
import {memoryRow} from './memory-system.ts';

let fixture: DeckFixture;
afterEach(() => fixture.close());

const remedy = () => fixture.deck.options.runner.state.get();

describe('the prompt of an action', () => {
	it('stays on a wrong value and goes on with a right one', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('M');
		expect(fixture.fieldValues()).toEqual(['1']);
		await fixture.pressKeys('ctrl+u');
		await fixture.type('lots');
		await fixture.pressKeys('enter');
		expect(fixture.layer()).toBe('params');
		await fixture.pressKeys('ctrl+w');
		await fixture.paste('42\n');
		await fixture.pressKeys('ctrl+u');
		await fixture.type('42');
		await fixture.pressKeys('enter');
		await fixture.waitForState('ready');
		await fixture.pressKeys('y', 'enter');
		await fixture.waitForState('done');
		expect(fixture.executed()).toEqual(['postgres.set job a 42']);
	});
});

describe('an action', () => {
	it('is refused on a guarded target, until it is armed with O', async () => {
		fixture = await openDeckFixture({guarded: true});
		await fixture.pressKeys('K');
		expect(fixture.layer()).toBeUndefined();
		expect(fixture.notice()).toContain('db is guarded: press O to arm it');
		await fixture.arm();
		await fixture.pressKeys('K');
		await fixture.waitForState('ready');
		await fixture.pressKeys('y', 'enter');
		await fixture.waitForState('done');
		expect(await fixture.records()).toEqual(['arm', 'intent', 'outcome sent', 'verify done']);
	});

	it('is refused with --read-only, which cannot be armed', async () => {
		fixture = await openDeckFixture({guarded: true, readOnly: true});
		await fixture.pressKeys('O');
		await fixture.clock.settle();
		expect(fixture.notice()).toContain('read-only');
		await fixture.pressKeys('K');
		expect(fixture.notice()).toContain('read-only');
		expect([fixture.layer(), ...fixture.executed()]).toEqual([undefined]);
	});

	it('is stopped by a check that blocks', async () => {
		fixture = await openDeckFixture();
		fixture.server.checks = [{label: 'still there', result: 'block', detail: 'it has ended', conflict: true}];
		await fixture.pressKeys('K');
		await fixture.waitForState('stale');
		await fixture.pressKeys('y');
		expect(fixture.executed()).toEqual([]);
		await fixture.pressKeys('enter');
		expect(fixture.layer()).toBeUndefined();
		expect(fixture.notice()).toBe('Poke: it has changed, nothing was sent: it has ended');
	});

	it('is planned again by a separate key when it is stale, and that key answers nothing', async () => {
		fixture = await openDeckFixture();
		fixture.server.checks = [{label: 'still there', result: 'block', detail: 'it has moved on', conflict: true}];
		await fixture.pressKeys('K');
		await fixture.waitForState('stale');
		const first = remedy()?.id;
		fixture.server.checks = [];
		await fixture.pressKeys('y', 'n', 'K');
		expect(remedy()).toMatchObject({id: first, state: 'stale'});
		await fixture.pressKeys('ctrl+n');
		await fixture.waitForState('ready');
		expect(remedy()?.id).not.toBe(first);
		await fixture.pressKeys('ctrl+n');
		expect(remedy()?.state).toBe('ready');
		expect(fixture.executed()).toEqual([]);
	});

	it('is refused with a mark on a row of another target', async () => {
		fixture = await openDeckFixture({
			targets: ['db', 'other'],
			rows: [memoryRow('a'), {...memoryRow('b'), target: 'other'}],
		});
		await fixture.pressKeys('space', 'j', 'space', 'X');
		expect(fixture.notice()).toBe('Purge: the marked rows are of several targets; mark rows of one');
	});
});

describe('a sent action', () => {
	it('goes on when its screen is closed, shows its outcome on the deck, and lets nothing else begin meanwhile', async () => {
		fixture = await openDeckFixture();
		const barrier = Promise.withResolvers<void>();
		fixture.server.runBarrier = barrier.promise;
		await fixture.pressKeys('K');
		await fixture.waitForState('ready');
		await fixture.pressKeys('y', 'enter');
		await fixture.waitForState('running');
		await fixture.pressKeys('esc');
		expect(fixture.layer()).toBeUndefined();
		await fixture.pressKeys('j', 'K');
		expect(fixture.notice()).toContain('still in progress');
		expect(fixture.deck.options.runner.state.get()).toMatchObject({state: 'running', preview: {object: 'job a'}});
		await fixture.pressKeys('esc');
		barrier.resolve();
		await fixture.waitForState('done');
		expect(fixture.notice()).toContain('Poke job a on db: done');
		expect(fixture.executed()).toEqual(['postgres.poke job a']);
	});

	it('can be undone while it is shown, and does not block other actions', async () => {
		fixture = await openDeckFixture();
		fixture.server.outcomeShows = false;
		await fixture.pressKeys('K');
		await fixture.waitForState('ready');
		await fixture.pressKeys('y', 'enter');
		await fixture.waitForState('verifying');
		await fixture.pressKeys('u');
		await fixture.waitForState('ready');
		expect(fixture.deck.options.runner.state.get()).toMatchObject({
			preview: {object: 'job a'},
			undoOf: expect.any(String),
		});
		await fixture.pressKeys('y', 'enter');
		await fixture.waitForState('verifying');
		await waitUntil(() => fixture.deck.options.runner.inProgress().length === 1);
		expect(fixture.notice()).toBeUndefined();
		await fixture.pressKeys('esc', 'j', 'K');
		await fixture.waitForState('ready');
		expect(fixture.deck.options.runner.state.get()).toMatchObject({preview: {object: 'job b'}});
		fixture.server.outcomeShows = true;
		await fixture.clock.advance(1000);
		await waitUntil(() => fixture.notice()?.includes('Poke job a on db: done') === true);
		expect(fixture.layer()).toBe('confirm');
		expect(fixture.executed()).toEqual(['postgres.poke job a', 'postgres.poke job a back']);
	});

	it('shows all outcomes since the last key, and stays while the user types', async () => {
		fixture = await openDeckFixture();
		fixture.server.outcomeShows = false;
		for (const next of ['K', 'j']) {
			await fixture.pressKeys(next, ...(next === 'j' ? ['K'] : []));
			await fixture.waitForState('ready');
			await fixture.pressKeys('y', 'enter');
			await fixture.waitForState('verifying');
			await fixture.pressKeys('esc');
		}
		await fixture.pressKeys('u');
		const list = fixture.deck.session.get().layers.at(-1);
		expect(list).toMatchObject({kind: 'list', list: 'undo'});
		await fixture.pressKeys('esc', '/');
		fixture.server.outcomeShows = true;
		await fixture.clock.advance(1000);
		await waitUntil(() => fixture.deck.options.runner.inProgress().length === 0);
		await fixture.type('b');
		expect(fixture.notice()).toContain('Poke job a on db: done, it is as it should be · Poke job b on db: done');
		await fixture.pressKeys('esc');
		expect(fixture.notice()).toBeUndefined();
	});

	it('is undone with u on its outcome, and from the list; never twice', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('K');
		await fixture.waitForState('ready');
		await fixture.pressKeys('y', 'enter');
		await fixture.waitForState('done');
		await fixture.pressKeys('u');
		await fixture.waitForState('ready');
		await fixture.pressKeys('y', 'enter');
		await fixture.waitForState('done');
		expect(fixture.executed()).toEqual(['postgres.poke job a', 'postgres.poke job a back']);
		expect(await fixture.records()).toEqual([
			'intent',
			'outcome sent',
			'verify done',
			'undo',
			'outcome sent',
			'verify done',
		]);
		await fixture.pressKeys('enter', 'u', 'G', 'enter');
		expect(fixture.notice()).toContain('already undone');
		expect(fixture.server.executedPlans).toHaveLength(2);
	});

	it('without an undo says why', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('T');
		await fixture.waitForState('ready');
		await fixture.type(fixture.demandedName());
		await fixture.pressKeys('enter');
		await fixture.waitForState('done');
		await fixture.pressKeys('u');
		expect(fixture.layer()).toBe('confirm');
		await fixture.pressKeys('enter', 'u', 'enter');
		expect(fixture.notice()).toContain('a deleted job cannot be restored');
	});

	it('is shown in the audit view, record by record', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('K');
		await fixture.waitForState('ready');
		await fixture.pressKeys('y', 'enter');
		await fixture.waitForState('done');
		await fixture.pressKeys('enter', 'v');
		await waitUntil(() => fixture.deck.records.get().length === 3);
		await fixture.pressKeys('G', 'enter');
		const layer = fixture.deck.session.get().layers.at(-1);
		expect(layer?.kind === 'document' && [...shownLines(layer.text, false)].join('\n')).toContain('"kind": "intent"');
	});

	it('has a record with the user and the reason, and the day when it was not today', async () => {
		fixture = await openDeckFixture();
		const confirmation = {method: 'type-count-reason', reason: 'it leaks'} as const;
		await fixture.deck.options.audit.append({kind: 'intent', target: 'db', object: 'a', confirmation});
		await fixture.pressKeys('v');
		await waitUntil(() => fixture.deck.records.get().length === 1);
		const [today] = menuItems(fixture.deck, 'audit');
		expect(today).toMatchObject({left: '14:05:22Z', text: 'intent  db/a  tester  reason: it leaks'});
		const now = () => fixture.deck.now() + 24 * 3_600_000;
		expect(menuItems({...fixture.deck, now}, 'audit')[0]?.left).toBe('2026-11-21 14:05:22Z');
	});
});
