import {describe, expect, it} from 'vitest';
import {isStale} from '../../../src/contract/reading.ts';
import {AdapterError} from '../../../src/errors.ts';
import {
	createPollerFixture,
	intervalMs,
	refusedError,
	silentRead,
	snapshotOf,
	testRow,
	timeoutMs,
} from './poller-fixture.ts';

describe('a reading', () => {
	it('shows its snapshot as old, however seldom a refused login is retried', async () => {
		const {clock, poller, store, server} = createPollerFixture();
		poller.resume();
		await clock.advance(10 * intervalMs);
		const {readAt = 0} = store.get();
		server.answer = () => Promise.reject(new AdapterError('denied', 'the login was refused', 'Correct the password.'));
		await clock.advance(readAt + 2 * intervalMs + 1001 - clock.now());
		for (let second = 0; second < 200; second += 1) {
			expect(isStale(store.get(), clock.now())).toBe(true);
			await clock.advance(1000);
		}
	});

	it('reports an old snapshot while a read hangs', async () => {
		const {clock, store, poller, server} = createPollerFixture();
		poller.resume();
		await clock.advance(0);
		const readAt = clock.now();
		server.answer = silentRead;
		await clock.advance(2 * intervalMs + 1000);
		expect(store.get()).toMatchObject({state: 'live', findings: [{id: 'db/postgres.session/stale', since: readAt}]});
		await clock.advance(timeoutMs);
		expect(store.get().findings.map(finding => finding.id)).toEqual(['db/postgres.session/unreadable']);
	});

	it('adds the time of the read to findings that are old', async () => {
		const {clock, store, poller, server} = createPollerFixture();
		server.answer = async () => snapshotOf([testRow('a', 'warn')]);
		poller.resume();
		await clock.advance(0);
		const {since} = store.get().findings[0] ?? {};
		server.answer = () => Promise.reject(refusedError());
		await clock.advance(intervalMs);
		const sentences = () => store.get().findings.map(finding => finding.sentence);
		const cannot = 'sessions cannot be read: connection refused';
		expect(sentences()).toEqual(['a is wrong', cannot]);
		await clock.advance(2 * intervalMs);
		expect(sentences()).toEqual(['a is wrong (as of 14:05:22Z)', cannot]);
		expect(store.get().findings[0]).toMatchObject({id: 'a', since});
		server.answer = async () => snapshotOf([testRow('a', 'warn')]);
		await clock.advance(intervalMs);
		expect(sentences()).toEqual(['a is wrong']);
		expect(store.get().findings[0]).toMatchObject({id: 'a', since});
		poller.pause();
		expect(sentences()).toEqual([expect.stringMatching(/^a is wrong \(as of 14:05:\d\dZ\)$/)]);
	});

	it('dates the snapshot by the last byte received, where the server turned out to have been silent', async () => {
		const {clock, store, poller, server} = createPollerFixture();
		server.answer = async () => snapshotOf([testRow('a', 'warn')]);
		poller.resume();
		await clock.advance(0);
		const heardAt = clock.now();
		await clock.advance(10 * intervalMs);
		server.answer = () =>
			Promise.reject(new AdapterError('timeout', 'no sign of life', 'Look at it.', {asOf: heardAt}));
		await clock.advance(intervalMs);
		expect(store.get()).toMatchObject({state: 'failed', readAt: heardAt});
		expect(isStale(store.get(), clock.now())).toBe(true);
		expect(store.get().findings).toMatchObject([
			{sentence: 'a is wrong (as of 14:05:22Z)'},
			{evidence: expect.arrayContaining([expect.stringContaining('last read at 14:05:22Z')])},
		]);
		server.answer = () => Promise.reject(refusedError());
		await clock.advance(intervalMs);
		expect(store.get()).toMatchObject({state: 'failed', readAt: heardAt});
		server.answer = async () => snapshotOf([]);
		await clock.advance(intervalMs);
		expect(store.get()).toMatchObject({state: 'live', findings: []});
		expect(store.get().readAt).toBeGreaterThan(heardAt);
	});
});
