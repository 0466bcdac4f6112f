import {describe, expect, it} from 'vitest';
import {isStale} from '../../../src/contract/reading.ts';
import type {Snapshot} from '../../../src/contract/row.ts';
import type {Source} from '../../../src/contract/source.ts';
import {AdapterError} from '../../../src/errors.ts';
import {createPoller} from '../../../src/watch/poller.ts';
import {createFakeClock} from '../../fake-clock.ts';
import {
	createPollerFixture,
	intervalMs,
	refusedError,
	silentRead,
	slowRead,
	snapshotOf,
	testFinding,
	testRow,
	timeoutMs,
} from './poller-fixture.ts';

describe('poller', () => {
	it('reads at once and then at its interval, never later', async () => {
		const {clock, store, poller, starts} = createPollerFixture();
		poller.resume();
		expect(store.get().state).toBe('connecting');
		await clock.advance(0);
		expect(store.get()).toMatchObject({state: 'live', readAt: clock.now(), tookMs: 0});
		await clock.advance(20_000);
		const gaps = starts.slice(1).map((start, index) => start - (starts[index] ?? 0));
		expect(gaps.length).toBeGreaterThanOrEqual(10);
		for (const gap of gaps) expect(gap).toBeLessThanOrEqual(intervalMs);
		for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(intervalMs * 0.9);
	});

	it('never has two reads in flight, however slow the server', async () => {
		const {clock, poller, server, most, starts} = createPollerFixture();
		server.answer = slowRead(clock, 4500);
		poller.resume();
		for (let index = 0; index < 60; index += 1) {
			await clock.advance(1000);
			poller.refresh();
		}
		expect(starts.length).toBeGreaterThan(3);
		expect(most()).toBe(1);
	});

	it('waits after a slow read for at least as long as it took', async () => {
		const {clock, poller, server, starts} = createPollerFixture();
		server.answer = slowRead(clock, 4000);
		poller.resume();
		await clock.advance(60_000);
		expect(starts[1]).toBeGreaterThanOrEqual((starts[0] ?? 0) + 8000);
	});

	it('cancels a read at its timeout and reports it', async () => {
		const {clock, store, poller, server, signals} = createPollerFixture();
		server.answer = silentRead;
		poller.resume();
		await clock.advance(timeoutMs - 1);
		expect(signals[0]?.aborted).toBe(false);
		await clock.advance(1);
		expect(signals[0]?.aborted).toBe(true);
		expect(store.get()).toMatchObject({
			state: 'failed',
			failure: {kind: 'timeout', message: 'no answer within 5s', attempts: 1},
			snapshot: undefined,
		});
	});

	it('cancels the read in flight when it is closed, and changes nothing afterwards', async () => {
		const {clock, store, poller, server, signals} = createPollerFixture();
		server.answer = silentRead;
		poller.resume();
		await clock.advance(10);
		const before = store.get();
		poller.close();
		expect(signals[0]?.aborted).toBe(true);
		await clock.advance(60_000);
		expect(store.get()).toBe(before);
		expect(clock.waiting).toBe(0);
	});

	it('drops the late result of an abandoned read', async () => {
		const {clock, store, poller, server} = createPollerFixture();
		let finishLate = (_: Snapshot) => {};
		server.answer = () =>
			new Promise(resolve => {
				finishLate = resolve;
			});
		poller.resume();
		await clock.advance(timeoutMs);
		expect(store.get().state).toBe('failed');
		server.answer = async () => snapshotOf([testRow('new')]);
		await clock.advance(intervalMs);
		expect(store.get().snapshot?.rows).toEqual([testRow('new')]);
		finishLate(snapshotOf([testRow('late')]));
		await clock.settle();
		expect(store.get().snapshot?.rows).toEqual([testRow('new')]);
	});

	it('retains the last good snapshot and its age while reads fail, and reports since when', async () => {
		const {clock, store, poller, server} = createPollerFixture();
		server.answer = async () => snapshotOf([testRow('a')]);
		poller.resume();
		await clock.advance(0);
		const readAt = clock.now();
		server.answer = () => Promise.reject(refusedError());
		await clock.advance(intervalMs);
		const since = store.get().failure?.since;
		await clock.advance(10 * intervalMs);
		const reading = store.get();
		expect(reading).toMatchObject({state: 'failed', readAt, snapshot: {rows: [testRow('a')]}});
		expect(reading.failure).toMatchObject({
			kind: 'unreachable',
			message: 'connection refused',
			hint: 'Start it.',
			since,
		});
		expect(reading.failure?.attempts).toBeGreaterThan(5);
		expect(reading.findings).toMatchObject([{id: 'db/postgres.session/unreadable', severity: 'unknown', since}]);
		expect(reading.findings[0]?.sentence).toBe('sessions cannot be read: connection refused');
		expect(isStale(reading, clock.now())).toBe(true);
	});

	it.each([1000, 60_000, 170_000])('sees a server that was away for %i ms again within one interval', async away => {
		const {clock, store, poller, server} = createPollerFixture();
		server.answer = () => Promise.reject(refusedError());
		poller.resume();
		await clock.advance(away);
		expect(store.get().state).toBe('failed');
		server.answer = async () => snapshotOf([]);
		await clock.advance(intervalMs);
		expect(store.get()).toMatchObject({state: 'live', failure: undefined, findings: []});
	});

	it('does not lock an account: a refused login is tried at once, soon, then once a minute, and by key', async () => {
		const {clock, poller, store, server, starts} = createPollerFixture();
		server.answer = () => Promise.reject(new AdapterError('denied', 'wrong password', 'Correct it.'));
		poller.resume();
		await clock.advance(60_000);
		expect(starts.length).toBeLessThanOrEqual(6);
		const before = starts.length;
		await clock.advance(10 * 60_000);
		expect(starts.length - before).toBeLessThanOrEqual(12);
		expect(starts.length - before).toBeGreaterThanOrEqual(9);
		server.answer = async () => snapshotOf([]);
		poller.refresh();
		await clock.advance(500);
		expect(store.get()).toMatchObject({state: 'live', intervalMs});
	});

	it('reads a server that stays unreachable less often, but at least every 15 s', async () => {
		const {clock, poller, store, server, starts} = createPollerFixture();
		server.answer = () => Promise.reject(refusedError());
		poller.resume();
		await clock.advance(30 * 60_000);
		const gaps = starts.slice(1).map((start, index) => start - (starts[index] ?? 0));
		expect(Math.max(...gaps)).toBeGreaterThan(13_000);
		expect(Math.max(...gaps)).toBeLessThanOrEqual(15_000);
		expect(gaps).toEqual(gaps.toSorted((a, b) => a - b));
		expect(store.get().intervalMs).toBe(intervalMs);
		poller.refresh();
		server.answer = async () => snapshotOf([]);
		await clock.advance(500);
		expect(store.get()).toMatchObject({state: 'live', intervalMs});
	});

	it('stretches the interval while the server needs twice its usual time, and no longer', async () => {
		const {clock, store, poller, server} = createPollerFixture();
		server.answer = slowRead(clock, 150);
		poller.resume();
		await clock.advance(60_000);
		expect(store.get().intervalMs).toBe(intervalMs);
		server.answer = slowRead(clock, 600);
		await clock.advance(60_000);
		expect(store.get().intervalMs).toBeGreaterThanOrEqual(2 * intervalMs);
		expect(store.get().intervalMs).toBeLessThanOrEqual(4 * intervalMs);
		server.answer = slowRead(clock, 150);
		await clock.advance(60_000);
		expect(store.get().intervalMs).toBe(intervalMs);
	});

	it('reports an unexpected answer as malformed, with a hint, and without control characters', async () => {
		const {clock, store, poller, server} = createPollerFixture();
		server.answer = () => Promise.reject(new TypeError('cannot read\u001b[2J properties'));
		poller.resume();
		await clock.advance(0);
		expect(store.get().failure).toMatchObject({kind: 'malformed', message: 'cannot read properties'});
		expect(store.get().failure?.hint).not.toBe('');
	});

	it('continues after findings() threw', async () => {
		const {clock, store, poller} = createPollerFixture({
			findings: () => {
				throw new Error('rule is broken');
			},
		});
		poller.resume();
		await clock.advance(10 * intervalMs);
		expect(store.get().failure).toMatchObject({kind: 'malformed', message: 'rule is broken'});
		expect(store.get().failure?.attempts).toBeGreaterThan(5);
	});

	it('dates a finding by when it was first seen, unless the system reports since when', async () => {
		const known = {...testFinding('dated'), since: 42};
		const {clock, store, poller, server} = createPollerFixture({
			findings: snapshot => [...snapshot.rows.map(r => testFinding(r.id)), known],
		});
		poller.resume();
		await clock.advance(0);
		server.answer = async () => snapshotOf([testRow('a')]);
		await clock.advance(intervalMs);
		const first = store.get().findings[0]?.since;
		expect(first).toBe(store.get().readAt);
		await clock.advance(10 * intervalMs);
		expect(store.get().findings).toMatchObject([
			{id: 'a', since: first},
			{id: 'dated', since: 42},
		]);
		server.answer = async () => snapshotOf([]);
		await clock.advance(intervalMs);
		server.answer = async () => snapshotOf([testRow('a')]);
		await clock.advance(intervalMs);
		expect(store.get().findings[0]?.since).toBeGreaterThan(first ?? 0);
	});

	it('marks a finding as possibly older when there was no read just before', async () => {
		const {clock, store, poller, server} = createPollerFixture();
		const ids = (atLeast: boolean) =>
			store
				.get()
				.findings.filter(finding => (finding.atLeast === true) === atLeast)
				.map(({id}) => id);
		server.answer = async () => snapshotOf([testRow('a', 'warn')]);
		poller.resume();
		await clock.advance(0);
		expect(ids(true)).toEqual(['a']);
		server.answer = async () => snapshotOf([testRow('a', 'warn'), testRow('b', 'warn')]);
		await clock.advance(intervalMs);
		expect([ids(true), ids(false)]).toEqual([['a'], ['b']]);
		server.answer = () => Promise.reject(refusedError());
		await clock.advance(intervalMs);
		server.answer = async () => snapshotOf([testRow('a', 'warn'), testRow('b', 'warn'), testRow('c', 'warn')]);
		await clock.advance(2 * intervalMs);
		expect([ids(true), ids(false)]).toEqual([['a', 'c'], ['b']]);
	});

	it('marks an unreadable source as possibly failing for longer when it never was read', async () => {
		const {clock, store, poller, server} = createPollerFixture();
		server.answer = () => Promise.reject(refusedError());
		poller.resume();
		await clock.advance(0);
		expect(store.get().findings).toMatchObject([{id: 'db/postgres.session/unreadable', atLeast: true}]);
	});

	it('keeps the last 60 values of a gauge, with a gap where a read failed', async () => {
		const {clock, store, poller, server} = createPollerFixture();
		let value = 0;
		server.answer = async () => {
			value += 1;
			if (value % 10 === 0) throw refusedError();
			return snapshotOf([], [{id: 'conns', label: 'conns', value, unit: 'count', severity: 'ok'}]);
		};
		poller.resume();
		await clock.advance(100 * intervalMs);
		const history = store.get().history['conns'] ?? [];
		expect(history).toHaveLength(60);
		expect(history.at(-1)).toBe(value % 10 === 0 ? undefined : value);
		expect(history.filter(entry => entry === undefined)).toHaveLength(6);
	});

	it('retains its snapshot over a pause, and reads at once after a long one', async () => {
		const {clock, store, poller, server, starts, signals} = createPollerFixture({cost: 'costly'});
		expect(store.get().state).toBe('paused');
		server.answer = async () => snapshotOf([testRow('a')]);
		poller.resume();
		await clock.advance(0);
		server.answer = silentRead;
		await clock.advance(intervalMs);
		poller.pause();
		expect(signals.at(-1)?.aborted).toBe(true);
		expect(store.get()).toMatchObject({state: 'paused', snapshot: {rows: [testRow('a')]}, nextAt: undefined});
		const reads = starts.length;
		await clock.advance(60_000);
		poller.refresh();
		await clock.advance(60_000);
		expect(starts).toHaveLength(reads);
		server.answer = async () => snapshotOf([testRow('b')]);
		poller.resume();
		await clock.advance(0);
		expect(store.get()).toMatchObject({state: 'live', snapshot: {rows: [testRow('b')]}});
	});

	it('opens its source again after opening failed', async () => {
		const clock = createFakeClock();
		const {store} = createPollerFixture();
		let opened = 0;
		const poller = createPoller({
			source: {
				kind: 'postgres.session',
				title: 'Sessions',
				intervalMs,
				timeoutMs,
				cost: 'cheap',
				cliEquivalent: () => [],
				open: () => async () => snapshotOf([]),
				findings: () => [],
			},
			target: 'db',
			async open() {
				opened += 1;
				if (opened < 3) throw refusedError();
				return async () => snapshotOf([]);
			},
			store,
			clock,
			random: () => 0,
		});
		poller.resume();
		await clock.advance(10 * intervalMs);
		expect(store.get().state).toBe('live');
		expect(opened).toBe(3);
	});

	it('does not follow a wall clock that was set back', async () => {
		const {clock, store, poller} = createPollerFixture();
		let shift = 0;
		const source: Source = {
			kind: 'postgres.session',
			title: 'Sessions',
			intervalMs,
			timeoutMs,
			cost: 'cheap',
			cliEquivalent: () => [],
			open: () => async () => snapshotOf([]),
			findings: () => [],
		};
		poller.close();
		let reads = 0;
		const shifted = createPoller({
			source,
			target: 'db',
			open: async () => async () => {
				reads += 1;
				if (reads === 3) shift = -3_600_000;
				return snapshotOf([]);
			},
			store,
			clock: {now: () => clock.now() + shift, monotonic: clock.monotonic, after: clock.after},
			random: () => 0,
		});
		shifted.resume();
		await clock.advance(20_000);
		expect(reads).toBeGreaterThanOrEqual(9);
	});

	it('opens its source again when the wall clock is set, because its state is dated by the old clock', async () => {
		const {clock, poller, opens} = createPollerFixture();
		poller.resume();
		await clock.advance(5 * intervalMs);
		expect(opens()).toBe(1);
		poller.handleClockJump(-3_600_000);
		await clock.advance(intervalMs);
		expect(opens()).toBe(2);
	});

	it('keeps the ages of snapshots and failures when the wall clock is set', async () => {
		const {clock, poller, store, server} = createPollerFixture();
		server.answer = async () => snapshotOf([testRow('a', 'warn')]);
		poller.resume();
		await clock.advance(0);
		server.answer = () => Promise.reject(refusedError());
		await clock.advance(intervalMs);
		const ages = () => {
			const {readAt = 0, failure, nextAt = 0} = store.get();
			return [clock.now() - readAt, clock.now() - (failure?.since ?? 0), nextAt - clock.now()];
		};
		const before = ages();
		clock.set(-7_200_000);
		poller.handleClockJump(-7_200_000);
		expect(ages()).toEqual(before);
		server.answer = async () => snapshotOf([testRow('a', 'warn')]);
		await clock.advance(intervalMs);
		const {tookMs, findings} = store.get();
		expect([tookMs, clock.now() - (findings[0]?.since ?? 0)]).toEqual([0, 2 * intervalMs]);
	});
});
