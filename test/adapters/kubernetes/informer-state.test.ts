import {describe, expect, it} from 'vitest';
import {apiRefusalError} from '../../../adapters/kubernetes/api/errors.ts';
import {
	type InformerEvent,
	type InformerState,
	initialInformerState,
	readability,
	reduceInformer,
} from '../../../adapters/kubernetes/watch/informer-state.ts';
import {defaultTimings as timings} from '../../../adapters/kubernetes/watch/timings.ts';
import {AdapterError} from '../../../src/errors.ts';

const operation = 'watch pods';
const refusal = (code: number, retryAfterMs?: number) =>
	apiRefusalError({code, reason: '', message: `status ${code}`, retryAfterMs, causes: []}, operation);
const unreachable = new AdapterError('unreachable', 'socket hang up', 'Check the network.');
const timeout = new AdapterError('timeout', 'no data for 90 s', 'Check the network.');
const malformed = new AdapterError('malformed', 'an event is not JSON', 'Check the proxy.');

type Timed = readonly [at: number, event: InformerEvent];
const failed = (at: number, error: AdapterError): Timed => [at, {type: 'request-failed', error}];

/** The first list is complete at 1 s, and its watch is open at 2 s. */
const watching: readonly Timed[] = [
	[1000, {type: 'listed', resourceVersion: '10'}],
	[2000, {type: 'watch-opened'}],
];

function run(events: readonly Timed[], lastHeartbeatAt?: number): InformerState {
	return events.reduce(
		(state, [now, event]) => reduceInformer(state, event, {now, lastHeartbeatAt, random: 0.5, timings, operation}),
		initialInformerState(0),
	);
}

const cases: readonly (readonly [title: string, events: readonly Timed[], expected: Partial<InformerState>])[] = [
	['lists first', [], {phase: {kind: 'listing', isPoll: false}, objects: 'none', failure: undefined}],
	[
		'is partial after the first page',
		[[500, {type: 'page-listed', isEmpty: false}]],
		{phase: {kind: 'listing', isPoll: false}, objects: 'partial', version: 1, lastHeardAt: 500},
	],
	['is not partial after an empty page', [[500, {type: 'page-listed', isEmpty: true}]], {objects: 'none'}],
	[
		'watches from the version of the list',
		[[1000, {type: 'listed', resourceVersion: '10'}]],
		{phase: {kind: 'watching', startedAt: 1000, resourceVersion: '10'}, objects: 'complete', hasPodTable: false},
	],
	[
		'retries a failed list after a backoff',
		[failed(100, unreachable)],
		{phase: {kind: 'waiting', ms: timings.retryMs}, failure: unreachable, attempts: 1, stale: undefined},
	],
	[
		'doubles the backoff',
		[failed(100, unreachable), [1000, {type: 'wait-ended'}], failed(1100, unreachable)],
		{phase: {kind: 'waiting', ms: 2 * timings.retryMs}, attempts: 2},
	],
	[
		'retries rarely what was never permitted',
		[failed(100, refusal(403))],
		{phase: {kind: 'waiting', ms: timings.refusedRetryMs}},
	],
	[
		'retries sooner what was permitted before',
		[...watching, [3000, {type: 'relist-requested'}], failed(3100, refusal(403))],
		{phase: {kind: 'waiting', ms: timings.pollMs}},
	],
	[
		'respects Retry-After up to a minute',
		[failed(100, refusal(429, 3_600_000))],
		{phase: {kind: 'waiting', ms: 60_000 + timings.retryMs / 2}},
	],
	[
		'polls where watch is denied',
		[...watching, failed(5000, refusal(403))],
		{phase: {kind: 'listing', isPoll: true}, pollUntil: 305_000, failure: undefined},
	],
	[
		'waits between two polls',
		[...watching, failed(5000, refusal(403)), [6000, {type: 'listed', resourceVersion: '11'}]],
		{phase: {kind: 'waiting', ms: timings.pollMs}, resourceVersion: '11'},
	],
	[
		'tries to watch again after some minutes of polling',
		[
			...watching,
			failed(5000, refusal(403)),
			[6000, {type: 'listed', resourceVersion: '11'}],
			[400_000, {type: 'wait-ended'}],
		],
		{phase: {kind: 'watching', startedAt: 400_000, resourceVersion: '11'}},
	],
	[
		'lists again at once when the version of the watch has expired',
		[...watching, failed(5000, refusal(410))],
		{
			phase: {kind: 'listing', isPoll: false},
			resourceVersion: undefined,
			failure: undefined,
			stale: {since: 2000, reason: expect.stringContaining('listing again'), attempts: 0},
		},
	],
	[
		'backs off when the version expires again at once',
		[
			...watching,
			failed(5000, refusal(410)),
			[6000, {type: 'listed', resourceVersion: '12'}],
			[7000, {type: 'watch-opened'}],
			failed(7100, refusal(410)),
		],
		{phase: {kind: 'waiting', ms: timings.retryMs * 4}, failure: expect.any(AdapterError), attempts: 3},
	],
	[
		'backs off and lists again after a malformed event',
		[...watching, failed(5000, malformed)],
		{phase: {kind: 'waiting', ms: timings.retryMs * 2}, resourceVersion: undefined, failure: malformed},
	],
	[
		'is stale since the last byte when the watch was silent',
		[...watching, [3000, {type: 'object-changed'}], failed(95_000, timeout)],
		{stale: {since: 3000, reason: 'no data for 90 s, trying again (1)', attempts: 1}},
	],
	[
		'resumes where the watch was',
		[
			...watching,
			[3000, {type: 'watch-progressed', resourceVersion: '17'}],
			failed(5000, unreachable),
			[6000, {type: 'wait-ended'}],
		],
		{phase: {kind: 'watching', startedAt: 6000, resourceVersion: '17'}, failure: unreachable},
	],
	[
		'is up to date again when the watch is open again',
		[...watching, failed(5000, unreachable), [6000, {type: 'wait-ended'}], [6100, {type: 'watch-opened'}]],
		{failure: undefined, stale: undefined, attempts: 1},
	],
	[
		'resets the backoff after a healthy watch',
		[
			...watching,
			failed(5000, unreachable),
			[6000, {type: 'wait-ended'}],
			[6100, {type: 'watch-opened'}],
			failed(6000 + timings.healthyMs, unreachable),
		],
		{attempts: 1, phase: {kind: 'waiting', ms: timings.retryMs}},
	],
	[
		'opens a watch again that the server has ended in time',
		[...watching, [300_000, {type: 'watch-ended'}]],
		{phase: {kind: 'watching', startedAt: 300_000, resourceVersion: '10'}, failure: undefined},
	],
	[
		'backs off when the server ends a watch at once',
		[
			[1000, {type: 'listed', resourceVersion: '10'}],
			[1200, {type: 'watch-ended'}],
		],
		{phase: {kind: 'waiting', ms: timings.retryMs}, failure: expect.any(AdapterError)},
	],
	[
		'lists again on request',
		[...watching, [5000, {type: 'relist-requested'}]],
		{phase: {kind: 'listing', isPoll: false}, resourceVersion: undefined, objects: 'complete'},
	],
	[
		'retries at once on request',
		[...watching, failed(5000, unreachable), [5100, {type: 'retry-requested'}]],
		{phase: {kind: 'watching', startedAt: 5100, resourceVersion: '10'}, failure: undefined, attempts: 0},
	],
	[
		'does not retry what has not failed',
		[...watching, [5000, {type: 'retry-requested'}]],
		{phase: {kind: 'watching', startedAt: 1000, resourceVersion: '10'}},
	],
	[
		'does not suspect a connection that delivered bytes just now',
		[...watching, [2100, {type: 'connection-suspected', reason: unreachable}]],
		{phase: {kind: 'watching', startedAt: 1000, resourceVersion: '10'}, failure: undefined},
	],
	[
		'reconnects when the heartbeat fails',
		[...watching, [60_000, {type: 'connection-suspected', reason: unreachable}]],
		{phase: {kind: 'waiting', ms: timings.retryMs}, failure: unreachable, attempts: 1, resourceVersion: '10'},
	],
	[
		'reconnects at once when the heartbeat fails during a backoff',
		[...watching, failed(5000, unreachable), [60_000, {type: 'connection-suspected', reason: timeout}]],
		{phase: {kind: 'watching', startedAt: 60_000, resourceVersion: '10'}, failure: timeout, attempts: 1},
	],
	[
		'ignores every event once it is closed',
		[...watching, [5000, {type: 'closed'}], [6000, {type: 'relist-requested'}], failed(7000, unreachable)],
		{phase: {kind: 'closed'}, failure: expect.objectContaining({message: 'the connection was closed'})},
	],
];

describe('the state of an informer', () => {
	it.each(cases)('%s', (_, events, expected) => {
		expect(run(events)).toMatchObject(expected);
	});

	it('is stale since the last heartbeat when the connection broke', () => {
		expect(run([...watching, failed(30_000, unreachable)], 25_000).stale).toMatchObject({since: 25_000});
	});

	it('increases its version with every change that a reader can see', () => {
		const versions = watching.map((_, index) => run(watching.slice(0, index + 1)).version);
		expect([...versions, run([...watching, [3000, {type: 'object-changed'}]]).version]).toEqual([1, 1, 2]);
	});
});

describe('a read', () => {
	const kindAt = (now: number, events: readonly Timed[]) => readability(run(events), {now, timings, operation});

	it('is pending until the first objects, or the pod table, are known', () => {
		expect(kindAt(0, [])).toEqual({kind: 'pending'});
		expect(kindAt(0, [[0, {type: 'pod-table-read'}]])).toEqual({kind: 'readable'});
		expect(kindAt(0, [[0, {type: 'page-listed', isEmpty: false}]])).toEqual({kind: 'readable'});
	});

	it('fails with the time of the known objects', () => {
		expect(kindAt(6000, [...watching, failed(5000, unreachable)])).toMatchObject({
			kind: 'failed',
			error: {message: 'socket hang up', asOf: 2000},
		});
	});

	it('returns stale objects for a while, then fails', () => {
		const expired: readonly Timed[] = [...watching, failed(5000, refusal(410))];
		expect(kindAt(2000 + timings.staleGraceMs, expired)).toEqual({kind: 'readable'});
		expect(kindAt(2001 + timings.staleGraceMs, expired)).toMatchObject({kind: 'failed', error: {kind: 'timeout'}});
	});
});
