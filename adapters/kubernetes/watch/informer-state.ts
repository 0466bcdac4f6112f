import {AdapterError} from '../../../src/errors.ts';
import type {Staleness} from '../../../src/port/kubernetes.ts';
import {exponentialDelay} from '../../../src/time/backoff.ts';
import {findApiRefusal} from '../api/errors.ts';
import type {Timings} from './timings.ts';
import {requiresRelist} from './watch-stream.ts';

/*
 * The state machine of an informer, without any I/O. `reduceInformer` computes the next state; the informer performs what the phase of
 * that state says: a list, a watch, or a wait. Times are epoch milliseconds.
 */

/** What the informer is doing. A new phase object replaces the work of the previous one. */
export type InformerPhase =
	/** `isPoll`: watch is denied, so that the kind is listed at an interval. */
	| {readonly kind: 'listing'; readonly isPoll: boolean}
	| {readonly kind: 'watching'; readonly startedAt: number; readonly resourceVersion: string}
	| {readonly kind: 'waiting'; readonly ms: number}
	| {readonly kind: 'closed'};

export type InformerState = {
	readonly phase: InformerPhase;
	/** `partial`: at least one page of the first list. */
	readonly objects: 'none' | 'partial' | 'complete';
	/** The server's pod table is known, which is shown until the first list is complete. */
	readonly hasPodTable: boolean;
	/** Increases with every change that a reader can see. */
	readonly version: number;
	/** Where the next watch resumes; undefined: the kind must be listed first. */
	readonly resourceVersion: string | undefined;
	/** When the last byte of a list or watch arrived. */
	readonly lastHeardAt: number;
	/** The server has begun to answer the current watch. */
	readonly isWatchOpen: boolean;
	/** Present while the complete objects may be out of date. */
	readonly stale: Staleness | undefined;
	/** Why the last request failed; readers get it as error until a request succeeds. */
	readonly failure: AdapterError | undefined;
	/** Failures in a row, for the backoff. */
	readonly attempts: number;
	/** Until this time the kind is polled, because watch is denied. */
	readonly pollUntil: number;
};

export type InformerEvent =
	/** A byte of the current list or watch arrived. */
	| {readonly type: 'heard'}
	| {readonly type: 'page-listed'; readonly isEmpty: boolean}
	| {readonly type: 'pod-table-read'}
	| {readonly type: 'listed'; readonly resourceVersion: string}
	| {readonly type: 'watch-opened'}
	| {readonly type: 'object-changed'}
	/** All changes up to this version were reported. */
	| {readonly type: 'watch-progressed'; readonly resourceVersion: string}
	/** The server ended the watch without an error. */
	| {readonly type: 'watch-ended'}
	| {readonly type: 'request-failed'; readonly error: AdapterError}
	| {readonly type: 'wait-ended'}
	/** A caller wants a new list at once. */
	| {readonly type: 'relist-requested'}
	/** The reason of the failure may be resolved: retry at once. */
	| {readonly type: 'retry-requested'}
	/** The connection may be dead, by the heartbeat. */
	| {readonly type: 'connection-suspected'; readonly reason: AdapterError}
	| {readonly type: 'closed'};

/** The inputs of a transition beside state and event. */
export type InformerEnvironment = {
	readonly now: number;
	/** When the server last answered a heartbeat; undefined before the first answer. */
	readonly lastHeartbeatAt: number | undefined;
	/** 0 <= n < 1 */
	readonly random: number;
	readonly timings: Timings;
	/** Names the request in errors: `watch pods`. */
	readonly operation: string;
};

/** The longest Retry-After that is respected. */
const maxRetryAfterMs = 60_000;
/** A denied watch is tried again after this time: the permission may have been granted. */
const watchRetryMs = 5 * 60_000;
/** A watch that ends sooner than this without an error is a failure: reopening it at once would be a busy loop. */
const minWatchMs = 1000;

export const initialInformerState = (now: number): InformerState => ({
	phase: {kind: 'listing', isPoll: false},
	objects: 'none',
	hasPodTable: false,
	version: 0,
	resourceVersion: undefined,
	lastHeardAt: now,
	isWatchOpen: false,
	stale: undefined,
	failure: undefined,
	attempts: 0,
	pollUntil: 0,
});

export function reduceInformer(
	state: InformerState,
	event: InformerEvent,
	environment: InformerEnvironment,
): InformerState {
	const {now, timings} = environment;
	if (state.phase.kind === 'closed') return state;
	switch (event.type) {
		case 'heard':
			return {...state, lastHeardAt: now};
		case 'page-listed':
			return changed({...state, objects: event.isEmpty ? 'none' : 'partial', lastHeardAt: now});
		case 'pod-table-read':
			return changed({...state, hasPodTable: true, lastHeardAt: now});
		case 'listed':
			return afterList(state, event.resourceVersion, environment);
		case 'watch-opened':
			return {...upToDate(state, now), isWatchOpen: true};
		case 'object-changed':
			return changed({...state, lastHeardAt: now});
		case 'watch-progressed':
			return {...state, resourceVersion: event.resourceVersion, lastHeardAt: now};
		case 'watch-ended':
			return afterWatch(state, environment);
		case 'request-failed':
			return afterFailure(withHealthyWatch(state, environment), event.error, environment);
		case 'wait-ended':
			return nextRequest(state, now);
		case 'relist-requested':
			return nextRequest(
				{
					...markStale(withHealthyWatch(state, environment), 'listing again on request', environment),
					resourceVersion: undefined,
				},
				now,
			);
		case 'retry-requested': {
			if (state.failure === undefined) return state;
			const reset = {...state, failure: undefined, attempts: 0};
			return state.phase.kind === 'waiting' ? nextRequest(reset, now) : reset;
		}
		case 'connection-suspected':
			// A connection that delivers bytes is alive: a long list on a slow link leaves no bandwidth for a heartbeat.
			if (now - state.lastHeardAt < timings.heartbeatIntervalMs) return state;
			return afterSuspicion(state, event.reason, environment);
		case 'closed':
			return changed({
				...state,
				phase: {kind: 'closed'},
				failure: new AdapterError('unreachable', 'the connection was closed', 'Start midwatch again.'),
			});
	}
}

const changed = (state: InformerState): InformerState => ({...state, version: state.version + 1});

/** The objects are what is on the server. */
const upToDate = (state: InformerState, now: number): InformerState => ({
	...state,
	lastHeardAt: now,
	stale: undefined,
	failure: undefined,
});

/** Starts the next list or watch. */
function nextRequest(state: InformerState, now: number): InformerState {
	const isPoll = now < state.pollUntil;
	const {resourceVersion} = state;
	return {
		...state,
		isWatchOpen: false,
		phase:
			resourceVersion === undefined || isPoll
				? {kind: 'listing', isPoll}
				: {kind: 'watching', startedAt: now, resourceVersion},
	};
}

/** Objects that were complete may be out of date since the last byte of the watch or the last heartbeat, unless `since` says otherwise. */
function markStale(
	state: InformerState,
	reason: string,
	{lastHeartbeatAt = 0}: InformerEnvironment,
	since = Math.max(state.lastHeardAt, lastHeartbeatAt),
): InformerState {
	if (state.objects !== 'complete') return state;
	return {...state, stale: {since: state.stale?.since ?? since, reason, attempts: state.attempts}};
}

function afterList(state: InformerState, resourceVersion: string, {now, timings}: InformerEnvironment): InformerState {
	const isPoll = state.phase.kind === 'listing' && state.phase.isPoll;
	const listed = changed({
		...upToDate(state, now),
		objects: 'complete',
		hasPodTable: false,
		resourceVersion,
	});
	return isPoll ? {...listed, phase: {kind: 'waiting', ms: timings.pollMs}} : nextRequest(listed, now);
}

/** A watch that lasted long enough resets the backoff. */
function withHealthyWatch(state: InformerState, {now, timings}: InformerEnvironment): InformerState {
	const {phase, isWatchOpen} = state;
	const isHealthy = phase.kind === 'watching' && isWatchOpen && now - phase.startedAt >= timings.healthyMs;
	return isHealthy ? {...state, attempts: 0} : state;
}

function afterWatch(state: InformerState, environment: InformerEnvironment): InformerState {
	const {now, operation} = environment;
	const {phase} = state;
	const rested = withHealthyWatch(state, environment);
	if (phase.kind !== 'watching' || now - phase.startedAt >= minWatchMs) return nextRequest(rested, now);
	const hint = 'midwatch opens it again. Check the network and any proxy between midwatch and the API server.';
	const error = new AdapterError('unreachable', `${operation}: the server ended the watch at once`, hint);
	return afterFailure(rested, error, environment);
}

function afterSuspicion(state: InformerState, reason: AdapterError, environment: InformerEnvironment): InformerState {
	const suspected = {...markStale(state, reason.message, environment), failure: reason};
	return state.phase.kind === 'waiting'
		? nextRequest(suspected, environment.now)
		: afterFailure(withHealthyWatch(suspected, environment), reason, environment);
}

function afterFailure(state: InformerState, error: AdapterError, environment: InformerEnvironment): InformerState {
	const {now} = environment;
	const isWatch = state.phase.kind === 'watching';
	let next = state;
	if (state.resourceVersion !== undefined && requiresRelist(error)) {
		// The objects stay readable until the new list is complete.
		const reason = 'listing again: the server no longer has the resource version of the watch';
		next = {...markStale(state, reason, environment), resourceVersion: undefined, attempts: state.attempts + 1};
		if (next.attempts === 1 && error.kind !== 'malformed') return nextRequest(next, now);
	}
	if (isWatch && findApiRefusal(error)?.code === 403) {
		return nextRequest({...next, pollUntil: now + watchRetryMs}, now);
	}
	const attempts = next.attempts + 1;
	const failed: InformerState = {
		...next,
		attempts,
		failure: error,
		isWatchOpen: false,
		phase: {kind: 'waiting', ms: backoffMs(error, attempts, next.objects === 'complete', environment)},
	};
	// A watch that was silent while the server answered heartbeats may have been dead since its last byte.
	const since = isWatch && error.kind === 'timeout' ? state.lastHeardAt : undefined;
	return changed(markStale(failed, `${error.message}, trying again (${attempts})`, environment, since));
}

/** Milliseconds until the next attempt. */
function backoffMs(
	error: AdapterError,
	attempts: number,
	isComplete: boolean,
	{random, timings}: InformerEnvironment,
): number {
	const refusal = findApiRefusal(error);
	const jitter = 0.5 + random;
	if (refusal?.retryAfterMs !== undefined) {
		return Math.min(refusal.retryAfterMs, maxRetryAfterMs) + random * timings.retryMs;
	}
	const isPermanent = refusal?.code === 403 || refusal?.code === 404 || refusal?.code === 405;
	// A permission that was revoked may be granted again soon; one that was never there is tried rarely.
	if (isPermanent) return (isComplete ? timings.pollMs : timings.refusedRetryMs) * jitter;
	return exponentialDelay(attempts - 1, {initialMs: timings.retryMs, maxMs: timings.maxRetryMs}) * jitter;
}

export type Readability =
	| {readonly kind: 'readable'}
	/** Nothing is known yet. */
	| {readonly kind: 'pending'}
	| {readonly kind: 'failed'; readonly error: AdapterError};

/** What a read returns now: the objects, an error, or nothing yet. */
export function readability(
	{failure, stale, objects, hasPodTable}: InformerState,
	{now, timings, operation}: Pick<InformerEnvironment, 'now' | 'timings' | 'operation'>,
): Readability {
	if (failure !== undefined) return {kind: 'failed', error: withTime(failure, stale)};
	if (stale !== undefined && now - stale.since > timings.staleGraceMs) {
		const hint = 'The last known state is shown. Check the load of the API server and the network.';
		return {
			kind: 'failed',
			error: withTime(new AdapterError('timeout', `${operation}: ${stale.reason}`, hint), stale),
		};
	}
	return {kind: objects === 'none' && !hasPodTable ? 'pending' : 'readable'};
}

/** Adds to an error the time at which the known objects were up to date. */
const withTime = (error: AdapterError, stale: Staleness | undefined): AdapterError =>
	stale === undefined
		? error
		: new AdapterError(error.kind, error.message, error.hint, {cause: error.cause, asOf: stale.since});
