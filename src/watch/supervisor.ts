import type {Identity} from '../contract/identity.ts';
import type {Reading} from '../contract/reading.ts';
import type {RowKind} from '../contract/row.ts';
import type {Connection} from '../contract/system.ts';
import type {Clock} from '../time/clock.ts';
import {createConnectionSlot} from './connection-slot.ts';
import {createIdentityReader} from './identity-reader.ts';
import {createPoller, type Poller} from './poller.ts';
import {emptyReading} from './poller-state.ts';
import {createStore, type Store} from './store.ts';
import type {WatchedTarget} from './watched-target.ts';

export type SupervisorOptions = {
	readonly watched: WatchedTarget;
	readonly clock: Clock;
	readonly connect: () => Promise<Connection<unknown>>;
	/** 0 <= n < 1 */
	readonly random: () => number;
	/** Called when a reading or the identity changed. */
	readonly changed: () => void;
};

/** Owns one target: its connection slot, its identity, and a poller and a store for each of its sources. */
export type Supervisor = {
	readonly watched: WatchedTarget;
	start(visible: ReadonlySet<RowKind>): void;
	/** The reading of one source. @throws Error when the target has no source of this kind. */
	reading(kind: RowKind): Store<Reading>;
	readings(): readonly Reading[];
	setVisible(kinds: ReadonlySet<RowKind>): void;
	refresh(): void;
	/** See `Poller.handleClockJump`. */
	handleClockJump(byMs: number): void;
	connection(): Promise<Connection<unknown>>;
	identity(): Identity | undefined;
	close(): Promise<void>;
};

type SupervisedSource = {
	readonly isCostly: boolean;
	readonly kind: RowKind;
	readonly store: Store<Reading>;
	readonly poller: Poller;
};

export function createSupervisor({watched, clock, connect, random, changed}: SupervisorOptions): Supervisor {
	const {target, system} = watched;
	const slot = createConnectionSlot(clock, connect);
	const identityReader = createIdentityReader({clock, connect: slot.get, changed});
	let closed = false;
	/** Pollers whose read was in flight when another source recovered: it began before that, so when it fails it is retried at once. */
	const owedRefresh = new Set<Poller>();

	const sources: readonly SupervisedSource[] = system.sources.map(source => {
		const store = createStore(emptyReading(source, target.name));
		const open = async () => source.open((await slot.get()).port, target);
		const poller = createPoller({source, target: target.name, open, store, clock, random});
		let failed = false;
		store.subscribe(() => {
			const {state} = store.get();
			if (failed && state === 'live') retryFailed();
			failed = state === 'failed';
			if (failed && owedRefresh.delete(poller)) poller.refresh();
			if (state === 'failed') identityReader.expire();
			if (state === 'live') void identityReader.read();
			changed();
		});
		return {isCostly: source.cost === 'costly', kind: source.kind, store, poller};
	});

	/** One source recovered: the others that failed with it are read now, not at the end of their own, possibly long, intervals. */
	function retryFailed(): void {
		for (const {poller, store} of sources)
			if (store.get().state === 'failed' && !poller.refresh()) owedRefresh.add(poller);
	}

	return {
		watched,
		start(visible) {
			for (const {isCostly, kind, poller} of sources) if (!isCostly || visible.has(kind)) poller.resume();
		},
		reading(kind) {
			const source = sources.find(one => one.kind === kind);
			if (source === undefined) throw new Error(`${target.name} has no source ${kind}`);
			return source.store;
		},
		readings: () => sources.map(({store}) => store.get()),
		setVisible(kinds) {
			for (const {isCostly, kind, poller} of sources) {
				if (!isCostly) continue;
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
		connection: () => slot.get(),
		identity: identityReader.identity,
		async close() {
			if (!closed) {
				closed = true;
				for (const {poller} of sources) poller.close();
				identityReader.close();
			}
			return slot.close();
		},
	};
}
