import type {Context} from '../contract/context.ts';
import type {Reading} from '../contract/reading.ts';
import type {Snapshot} from '../contract/row.ts';
import type {Source} from '../contract/source.ts';
import {AdapterError} from '../errors.ts';
import {formatDuration} from '../text/format.ts';
import type {Clock} from '../time/clock.ts';
import {withDeadline} from '../time/deadline.ts';
import {initialPollerState, type Moment, type PollerEffect, type PollerEvent, reducePoller} from './poller-state.ts';
import type {Store} from './store.ts';

export type ReadSnapshot = (context: Context) => Promise<Snapshot>;

export type PollerOptions = {
	readonly source: Source;
	readonly target: string;
	/** Connects and opens the source. Called again after it failed; its time counts as part of the read. */
	readonly open: () => Promise<ReadSnapshot>;
	readonly store: Store<Reading>;
	readonly clock: Clock;
	/** 0 <= n < 1 */
	readonly random: () => number;
};

/** Reads one source of one target in a loop, one read at a time. */
export type Poller = {
	/** Starts, or continues after a pause: at once when the snapshot is older than an interval. */
	resume(): void;
	/** Cancels the read in flight. The last snapshot stays. */
	pause(): void;
	/** Reads now. Does nothing and returns false while a read is in flight, and when the poller is paused or closed. */
	refresh(): boolean;
	/** The wall clock was set by so many milliseconds: what was read keeps its age, and the source is opened again. */
	handleClockJump(byMs: number): void;
	close(): void;
};

/** The effects of `reducePoller`: timers, reads and the store. */
export function createPoller({source, target, open, store, clock, random}: PollerOptions): Poller {
	let state = initialPollerState(source, store.get());
	let readSnapshot: ReadSnapshot | undefined;
	let flight: AbortController | undefined;
	let cancelReadTimer = () => {};
	let cancelStaleTimer = () => {};

	const moment = (): Moment => ({now: clock.now(), monotonic: clock.monotonic()});

	/** The next read is scheduled before the reading is published: whatever a listener does, polling continues. */
	function dispatch(event: PollerEvent): readonly PollerEffect[] {
		const step = reducePoller(state, event);
		state = step.state;
		for (const effect of step.effects) run(effect);
		store.set(step.state.reading);
		return step.effects;
	}

	function run(effect: PollerEffect): void {
		switch (effect.do) {
			case 'start read':
				void read(effect.read);
				return;
			case 'abort read':
				flight?.abort(new AdapterError('timeout', 'cancelled', 'midwatch no longer needs this answer.'));
				return;
			case 'set read timer':
				cancelReadTimer();
				cancelReadTimer = clock.after(effect.ms, () => dispatch({type: 'read due', at: moment()}));
				return;
			case 'cancel read timer':
				cancelReadTimer();
				return;
			case 'set stale timer':
				cancelStaleTimer();
				cancelStaleTimer = clock.after(effect.ms, () => dispatch({type: 'stale due', at: moment()}));
				return;
			case 'cancel stale timer':
				cancelStaleTimer();
				return;
			case 'open source again':
				readSnapshot = undefined;
		}
	}

	const createTimeoutError = () =>
		new AdapterError(
			'timeout',
			`no answer within ${formatDuration(source.timeoutMs / 1000)}`,
			'Check whether the server is overloaded or the network drops packets. midwatch tries again.',
		);

	async function read(number: number): Promise<void> {
		const controller = new AbortController();
		flight = controller;
		const options = {clock, timeoutMs: source.timeoutMs, createTimeoutError, signal: controller.signal};
		let event: PollerEvent;
		try {
			const snapshot = await withDeadline(options, async signal => {
				readSnapshot ??= await open();
				return readSnapshot({signal, now: clock.now});
			});
			if (number !== state.inFlight) return;
			const at = moment();
			const findings = source.findings(snapshot, state.reading.snapshot, {target, now: at.now});
			event = {type: 'read succeeded', read: number, snapshot, findings, random: random(), at};
		} catch (error) {
			event = {type: 'read failed', read: number, error, random: random(), at: moment()};
		}
		dispatch(event);
	}

	return {
		resume: () => void dispatch({type: 'resumed', at: moment()}),
		pause: () => void dispatch({type: 'paused', at: moment()}),
		refresh: () => dispatch({type: 'refresh requested', at: moment()}).length > 0,
		handleClockJump: byMs => void dispatch({type: 'clock jumped', byMs}),
		close: () => void dispatch({type: 'closed', at: moment()}),
	};
}
