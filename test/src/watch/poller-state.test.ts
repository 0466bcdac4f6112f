import {describe, expect, it, test} from 'vitest';
import {AdapterError} from '../../../src/errors.ts';
import {
	emptyReading,
	initialPollerState,
	type PollerEffect,
	type PollerEvent,
	type PollerState,
	reducePoller,
} from '../../../src/watch/poller-state.ts';
import {refusedError, snapshotOf, testFinding, testRow} from './poller-fixture.ts';

const source = {
	kind: 'postgres.session',
	title: 'Sessions',
	intervalMs: 2000,
	timeoutMs: 5000,
	cost: 'cheap',
	cliEquivalent: () => [],
	open: () => () => Promise.reject(new Error('not opened here')),
	findings: () => [],
} as const;

const epoch = Date.UTC(2026, 10, 21);
/** So many milliseconds after the start of the test, by both clocks. */
const at = (ms: number) => ({now: epoch + ms, monotonic: 9000 + ms});

const event = (type: 'resumed' | 'paused' | 'refresh requested' | 'read due' | 'stale due' | 'closed', ms = 0) => ({
	type,
	at: at(ms),
});
const succeeded = (read: number, ms: number, findings = [testFinding('a')]): PollerEvent => ({
	type: 'read succeeded',
	read,
	snapshot: snapshotOf([testRow('a', 'warn')]),
	findings,
	random: 1,
	at: at(ms),
});
const failed = (read: number, ms: number, error: unknown = refusedError()): PollerEvent => ({
	type: 'read failed',
	read,
	error,
	random: 1,
	at: at(ms),
});

const after = (...events: readonly PollerEvent[]): PollerState =>
	events.reduce(
		(state, next) => reducePoller(state, next).state,
		initialPollerState(source, emptyReading(source, 'db')),
	);

const idle = after();
const waiting = after(event('resumed'));
const reading = after(event('resumed'), event('read due'));
const live = after(event('resumed'), event('read due'), succeeded(1, 100));
const readingAgain = after(event('resumed'), event('read due'), succeeded(1, 100), event('read due', 2000));
const failing = after(event('resumed'), event('read due'), failed(1, 100));
const paused = after(event('resumed'), event('read due'), succeeded(1, 100), event('paused', 500));
const closed = after(event('resumed'), event('closed'));

const stopEffects: readonly PollerEffect[] = [
	{do: 'cancel read timer'},
	{do: 'cancel stale timer'},
	{do: 'abort read'},
];

/** Each row: a state, an event, the parts of the next state that matter, and the effects. */
const transitions: readonly (readonly [
	title: string,
	from: PollerState,
	by: PollerEvent,
	next: object,
	effects: readonly PollerEffect[],
])[] = [
	[
		'an idle poller that is resumed reads at once',
		idle,
		event('resumed'),
		{phase: 'running', reading: {state: 'connecting', nextAt: epoch}},
		[{do: 'set read timer', ms: 0}],
	],
	[
		'a read has no stale timer while nothing was read yet',
		waiting,
		event('read due'),
		{inFlight: 1, startedAt: 9000},
		[{do: 'cancel stale timer'}, {do: 'start read', read: 1}],
	],
	[
		'a later read starts the stale timer at two intervals and a second after the last snapshot',
		live,
		event('read due', 2000),
		{inFlight: 2},
		[
			{do: 'set stale timer', ms: 3100},
			{do: 'start read', read: 2},
		],
	],
	[
		'a successful read publishes the snapshot, and the next read begins an interval after this one began',
		reading,
		succeeded(1, 100),
		{
			inFlight: undefined,
			reading: {
				state: 'live',
				readAt: epoch + 100,
				tookMs: 100,
				nextAt: epoch + 2000,
				findings: [{id: 'a', since: epoch + 100, atLeast: true}],
			},
		},
		[{do: 'cancel stale timer'}, {do: 'set read timer', ms: 1900}],
	],
	[
		'a finding that appears while every read succeeds began then, and not earlier',
		readingAgain,
		succeeded(2, 2100, [testFinding('a'), testFinding('b')]),
		{
			reading: {
				findings: [
					{id: 'a', since: epoch + 100, atLeast: true},
					{id: 'b', since: epoch + 2100},
				],
			},
		},
		[{do: 'cancel stale timer'}, {do: 'set read timer', ms: 1900}],
	],
	[
		'a slow read is followed by a rest as long as it took',
		reading,
		succeeded(1, 1800),
		{reading: {nextAt: epoch + 3600}},
		[{do: 'cancel stale timer'}, {do: 'set read timer', ms: 1800}],
	],
	[
		'a failed read without a snapshot leaves one finding about itself',
		reading,
		failed(1, 100),
		{
			inFlight: undefined,
			reading: {
				state: 'failed',
				readAt: undefined,
				failure: {kind: 'unreachable', attempts: 1, since: epoch + 100},
				findings: [{id: 'db/postgres.session/unreadable'}],
			},
		},
		[{do: 'cancel stale timer'}, {do: 'set read timer', ms: 1900}],
	],
	[
		'a failed read keeps the last snapshot, its time and its findings',
		readingAgain,
		failed(2, 2100),
		{
			reading: {
				state: 'failed',
				readAt: epoch + 100,
				snapshot: snapshotOf([testRow('a', 'warn')]),
				findings: [{id: 'a'}, {id: 'db/postgres.session/unreadable'}],
			},
		},
		[{do: 'cancel stale timer'}, {do: 'set read timer', ms: 1900}],
	],
	[
		'a server that turns out to have been silent since before the last snapshot makes it that old',
		readingAgain,
		failed(2, 2100, new AdapterError('unreachable', 'the watch was silent', 'Try again.', {asOf: epoch - 300})),
		{reading: {readAt: epoch - 300}},
		[{do: 'cancel stale timer'}, {do: 'set read timer', ms: 1900}],
	],
	[
		'a read that takes too long is a finding, next to those of the last snapshot with their time',
		readingAgain,
		event('stale due', 5100),
		{inFlight: 2, reading: {state: 'live', findings: [{id: 'a'}, {id: 'db/postgres.session/stale'}]}},
		[],
	],
	[
		'a requested refresh reads at once when the last read began half a second ago',
		live,
		event('refresh requested', 500),
		{phase: 'running'},
		[{do: 'set read timer', ms: 0}],
	],
	[
		'a requested refresh waits until half a second after the last read began',
		live,
		event('refresh requested', 200),
		{phase: 'running'},
		[{do: 'set read timer', ms: 300}],
	],
	[
		'a pause cancels the read in flight and keeps the snapshot, its findings with their time',
		readingAgain,
		event('paused', 2050),
		{
			phase: 'idle',
			inFlight: undefined,
			reading: {
				state: 'paused',
				nextAt: undefined,
				snapshot: snapshotOf([testRow('a', 'warn')]),
				findings: [{sentence: 'a is wrong (as of 00:00:00Z)'}],
			},
		},
		stopEffects,
	],
	[
		'after a pause shorter than the interval the next read is due when it would have been',
		paused,
		event('resumed', 1000),
		{phase: 'running', reading: {state: 'live', nextAt: epoch + 2100}},
		[{do: 'set read timer', ms: 1100}],
	],
	[
		'after a longer pause it reads at once',
		paused,
		event('resumed', 60_000),
		{reading: {state: 'live', nextAt: epoch + 60_000}},
		[{do: 'set read timer', ms: 0}],
	],
	[
		'a set wall clock moves every time of the reading, so that ages stay, and opens the source again',
		live,
		{type: 'clock jumped', byMs: 3_600_000},
		{reading: {readAt: epoch + 3_600_100, nextAt: epoch + 3_602_000}},
		[{do: 'open source again'}],
	],
	[
		'a set wall clock moves the time since when reads fail',
		failing,
		{type: 'clock jumped', byMs: -3_600_000},
		{reading: {failure: {since: epoch + 100 - 3_600_000}}},
		[{do: 'open source again'}],
	],
	['closing cancels the read in flight', reading, event('closed'), {phase: 'closed', inFlight: undefined}, stopEffects],
];

/** Events that do not fit the state. */
const ignored: readonly (readonly [title: string, from: PollerState, by: PollerEvent])[] = [
	['a second resume', waiting, event('resumed')],
	['a pause of an idle poller', idle, event('paused')],
	['a refresh of an idle poller', idle, event('refresh requested')],
	['a refresh while a read is in flight', reading, event('refresh requested')],
	['a due read while one is in flight', reading, event('read due')],
	['a due read of a paused poller', paused, event('read due')],
	['the result of an abandoned read', readingAgain, succeeded(1, 2100)],
	['the failure of a read that was cancelled by a pause', paused, failed(2, 2100)],
	['a stale timer after the read ended', live, event('stale due', 9000)],
	['a resume of a closed poller', closed, event('resumed')],
	['a second close', closed, event('closed')],
];

describe('reducePoller', () => {
	test.each(transitions)('%s', (_title, from, by, next, effects) => {
		const step = reducePoller(from, by);
		expect(step.state).toMatchObject(next);
		expect(step.effects).toEqual(effects);
	});

	test.each(ignored)('ignores %s', (_title, from, by) => {
		expect(reducePoller(from, by)).toEqual({state: from, effects: []});
	});

	it('does not change the state it is given', () => {
		const before = structuredClone(readingAgain);
		for (const [, , by] of transitions) reducePoller(readingAgain, by);
		expect(readingAgain).toEqual(before);
	});
});
