import type {Identity} from '../contract/identity.ts';
import type {Reading} from '../contract/reading.ts';
import type {RowKind} from '../contract/row.ts';
import type {Connection} from '../contract/system.ts';
import {AdapterError} from '../errors.ts';
import type {Clock} from '../time/clock.ts';
import {withDeadline} from '../time/deadline.ts';
import {createConnectionSlot} from './connection-slot.ts';
import {createPoller, emptyReading, type Poller} from './poller.ts';
import {createStore, type Store} from './store.ts';
import type {WatchedTarget} from './watched-target.ts';

const identifyMs = 5_000;
/** A server that does not tell who it is is not asked at every read. */
const identifyAgainMs = 30_000;

export type SupervisorOptions = {
	readonly watched: WatchedTarget;
	readonly clock: Clock;
	readonly connect: () => Promise<Connection<unknown>>;
	readonly random: () => number;
	readonly changed: () => void;
};

/** One target: its connection, who it is, and a poller and a store for each of its sources. */
export type Supervisor = {
	readonly watched: WatchedTarget;
	start(visible: ReadonlySet<RowKind>): void;
	reading(kind: RowKind): Store<Reading>;
	readings(): readonly Reading[];
	setVisible(kinds: ReadonlySet<RowKind>): void;
	refresh(): void;
	/** See `Poller.clockSet`. */
	handleClockJump(byMs: number): void;
	connection(): Promise<Connection<unknown>>;
	identity(): Identity | undefined;
	close(): Promise<void>;
};

type SupervisedSource = {
	readonly costly: boolean;
	readonly kind: RowKind;
	readonly store: Store<Reading>;
	readonly poller: Poller;
};

export function createSupervisor({watched, clock, connect, random, changed}: SupervisorOptions): Supervisor {
	const {target, system} = watched;
	const link = createConnectionSlot(clock, connect);
	let identity: Identity | undefined;
	let askAgainAt = Number.NEGATIVE_INFINITY;
	let asking: AbortController | undefined;
	let closed = false;
	/** Were being read when another source could be read again: when such a read, begun in worse times, fails, it is tried once more. */
	const owed = new Set<Poller>();

	const sources: readonly SupervisedSource[] = system.sources.map(source => {
		const store = createStore(emptyReading(source, target.name));
		const open = async () => source.open((await link.get()).port, target);
		const poller = createPoller({source, target: target.name, open, store, clock, random});
		let failed = false;
		store.subscribe(() => {
			const {state} = store.get();
			if (failed && state === 'live') retryFailed();
			failed = state === 'failed';
			if (failed && owed.delete(poller)) poller.refresh();
			// A server that was away may be another one now: ask it again.
			if (state === 'failed') askAgainAt = Number.NEGATIVE_INFINITY;
			if (state === 'live') void identify();
			changed();
		});
		return {costly: source.cost === 'costly', kind: source.kind, store, poller};
	});

	/** One source can be read again: what failed with it need not wait for the end of its own interval, which may be long. */
	function retryFailed(): void {
		for (const {poller, store} of sources) if (store.get().state === 'failed' && !poller.refresh()) owed.add(poller);
	}

	async function identify(): Promise<void> {
		if (closed || asking !== undefined || clock.monotonic() < askAgainAt) return;
		asking = new AbortController();
		askAgainAt = clock.monotonic() + identifyAgainMs;
		const late = () => new AdapterError('timeout', 'the server did not tell who it is', 'It is asked again.');
		try {
			const told = await withDeadline(
				{clock, timeoutMs: identifyMs, createTimeoutError: late, signal: asking.signal},
				async signal => {
					const connection = await link.get();
					return connection.identify({signal, now: clock.now});
				},
			);
			identity = told;
			askAgainAt = Number.POSITIVE_INFINITY;
			if (!closed) changed();
		} catch {
			// Who a server is only decorates; that it cannot be read is told by its sources.
		} finally {
			asking = undefined;
		}
	}

	return {
		watched,
		start(visible) {
			for (const {costly, kind, poller} of sources) if (!costly || visible.has(kind)) poller.resume();
		},
		reading(kind) {
			const found = sources.find(source => source.kind === kind);
			if (found === undefined) throw new Error(`${target.name} has no source ${kind}`);
			return found.store;
		},
		readings: () => sources.map(({store}) => store.get()),
		setVisible(kinds) {
			for (const {costly, kind, poller} of sources) {
				if (!costly) continue;
				if (kinds.has(kind)) poller.resume();
				else poller.pause();
			}
		},
		refresh() {
			for (const {poller} of sources) poller.refresh();
		},
		handleClockJump(byMs) {
			for (const {poller} of sources) poller.handleClockJump(byMs);
		},
		connection: () => link.get(),
		identity: () => identity,
		async close() {
			if (closed) return link.close();
			closed = true;
			for (const {poller} of sources) poller.close();
			asking?.abort(new AdapterError('timeout', 'given up', 'midwatch is closing.'));
			return link.close();
		},
	};
}
