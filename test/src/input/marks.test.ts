import {afterEach, describe, expect, it} from 'vitest';
import {paneSession} from '../../../src/session/session.ts';
import {type DeckFixture, openDeckFixture} from './deck-fixture.ts';
import {memoryLog} from './memory-system.ts';

let fixture: DeckFixture;
afterEach(() => fixture.close());

const marked = () => paneSession(fixture.deck.session.get(), 'jobs').marks.size;
const remedy = () => fixture.deck.options.runner.state.get();

/** Answers the highest demand as a user does, and waits for the end. */
async function purge(count: string): Promise<void> {
	await fixture.type(fixture.demandedName());
	await fixture.pressKeys('enter');
	await fixture.type(count);
	await fixture.pressKeys('tab');
	await fixture.type('they are stuck');
	await fixture.clock.advance(3001);
	await fixture.pressKeys('enter');
	await fixture.waitForState('done');
}

describe('marks', () => {
	it('are set and removed by space, which does not move the cursor', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('j', 'space');
		expect([fixture.current(), marked()]).toEqual(['b', 1]);
		await fixture.pressKeys('space');
		expect([fixture.current(), marked()]).toEqual(['b', 0]);
	});

	it('are acted on by an action on several rows, instead of the row under the cursor', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('space', 'j', 'j', 'space', 'k', 'X');
		expect(fixture.current()).toBe('b');
		await fixture.waitForState('ready');
		expect(remedy()?.preview?.touches).toEqual(['job a', 'job c']);
		await purge('2');
		expect(fixture.executed()).toEqual(['postgres.purge job a+job c']);
	});

	it('are acted on also from a row of another kind, by key, list and palette', async () => {
		fixture = await openDeckFixture({logs: [memoryLog('log')]});
		await fixture.pressKeys('space', 'j', 'space', 'G');
		expect(fixture.current()).toBe('log');
		for (const open of [['X'], ['a', 'enter'], [':']]) {
			await fixture.pressKeys(...open);
			if (open[0] === ':') {
				await fixture.type('purge');
				await fixture.pressKeys('enter');
			}
			if (open[0] === 'a') {
				expect(fixture.notice()).toBe('Poke: this acts on one row; esc unmarks');
				await fixture.pressKeys('j', 'j', 'enter');
			}
			await fixture.waitForState('ready');
			expect(remedy()?.preview?.touches).toEqual(['job a', 'job b']);
			await fixture.pressKeys('esc');
		}
		expect([fixture.executed(), marked()]).toEqual([[], 2]);
	});

	it('block an action on one row, for rows of their kind only', async () => {
		fixture = await openDeckFixture({logs: [memoryLog('log')]});
		await fixture.pressKeys('space', 'K');
		expect([fixture.layer(), fixture.notice()]).toEqual([undefined, 'Poke: this acts on one row; esc unmarks']);
		await fixture.pressKeys('j', 'T');
		expect([fixture.layer(), fixture.notice()]).toEqual([undefined, 'Stop: this acts on one row; esc unmarks']);
		await fixture.pressKeys('esc', 'G', 'space', 'g', 'K');
		expect([fixture.layer(), fixture.notice()]).toEqual([undefined, 'Cut the log: this acts on one row; esc unmarks']);
		await fixture.pressKeys('T');
		await fixture.waitForState('ready');
		expect(remedy()?.preview?.touches).toEqual(['job a']);
	});

	it('on rows that are deleted or filtered out do not act on the row under the cursor', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('space', 'j');
		fixture.server.rows = fixture.server.rows.filter(row => row.id !== 'a');
		await fixture.poll();
		await fixture.pressKeys('X');
		expect(fixture.notice()).toBe('Purge: the marked rows are not shown any more; esc unmarks');
		await fixture.pressKeys('esc', 'space', '/');
		await fixture.type('job c');
		await fixture.pressKeys('enter', 'X');
		expect([fixture.layer(), fixture.notice()]).toEqual([
			undefined,
			'Purge: the marked rows are not shown any more; esc unmarks',
		]);
		expect(remedy()).toBeUndefined();
	});

	it('stay while nothing was sent, and are cleared once it was', async () => {
		fixture = await openDeckFixture({logs: [memoryLog('log')]});
		await fixture.pressKeys('G', 'space', 'g', 'space', 'j', 'space', 'X');
		await fixture.waitForState('ready');
		await fixture.pressKeys('esc');
		expect(marked()).toBe(3);
		fixture.server.checks = [{label: 'still there', result: 'block', detail: 'it has ended', conflict: true}];
		await fixture.pressKeys('X');
		await fixture.waitForState('stale');
		await fixture.pressKeys('enter');
		expect(marked()).toBe(3);
		fixture.server.checks = [];
		await fixture.pressKeys('X');
		await fixture.waitForState('ready');
		await purge('2');
		expect([fixture.executed(), marked()]).toEqual([['postgres.purge job a+job b'], 1]);
	});

	it('allow an action on the unchanged rows when others have changed; only those are unmarked once it was sent', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('space', 'j', 'space');
		fixture.server.checks = [{label: 'still there', result: 'block', detail: 'it has moved on', conflict: true}];
		fixture.server.unchangedIds = ['a'];
		await fixture.pressKeys('X');
		await fixture.waitForState('stale');
		fixture.server.checks = [];
		await fixture.pressKeys('ctrl+n');
		await fixture.waitForState('ready');
		expect(marked()).toBe(2);
		await purge('1');
		expect([fixture.executed(), marked()]).toEqual([['postgres.purge job a'], 1]);
	});

	it('of one row alone are acted on as that row', async () => {
		fixture = await openDeckFixture();
		await fixture.pressKeys('j', 'space', 'g', 'X');
		await fixture.waitForState('ready');
		await purge('1');
		expect([fixture.executed(), marked()]).toEqual([['postgres.purge job b'], 0]);
	});
});
