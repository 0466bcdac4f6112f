import type {HttpTransport} from '../contract/http-transport.ts';
import type {Identity} from '../contract/identity.ts';
import type {MetricsQuery} from '../contract/metrics-query.ts';
import type {Reading} from '../contract/reading.ts';
import type {RowKind} from '../contract/row.ts';
import type {Connection} from '../contract/system.ts';
import type {Target} from '../contract/target.ts';
import type {Clock} from '../time/clock.ts';
import {createChangeNotifier} from './change-notifier.ts';
import type {Store} from './store.ts';
import {createSupervisor, type Supervisor} from './supervisor.ts';
import type {WatchedTarget} from './watched-target.ts';

export type ConnectedTarget = WatchedTarget & {readonly connection: Connection<unknown>; readonly port: unknown};

export type WatchOptions = {
	readonly targets: readonly WatchedTarget[];
	readonly clock: Clock;
	readonly readOnly: boolean;
	/** How requests to a target go out that is reached through another one; undefined when it is reached directly. */
	readonly via?: (target: Target, connection: Watch['connection']) => HttpTransport | undefined;
	/** The way to the Prometheus target that knows what is used in a cluster; undefined when none is named. */
	readonly metrics?: (target: Target, connection: Watch['connection']) => MetricsQuery | undefined;
	/** 0 <= n < 1; spreads the reads so that no two targets are asked at the same moment for ever. */
	readonly random?: () => number;
};

/** All targets being read. One target's failure is its own. */
export type Watch = {
	readonly targets: readonly WatchedTarget[];
	/** Begins to connect and to read. Does nothing the second time. */
	start(): void;
	/** The store of one source of one target. @throws Error when no such target has such a source: that is a mistake of the caller. */
	reading(target: string, kind: RowKind): Store<Reading>;
	/**
	 * Every reading, in the order of the targets and of their systems' sources, each alert told once, and what is down with its alert. The same array until something changes.
	 */
	readings(): readonly Reading[];
	/** Called after any reading, identity or visible kind changed, once for all changes of one tick. Returns the way to stop. */
	subscribe(listener: () => void): () => void;
	/** Costly sources of other kinds are paused. Before the first call nothing costly is read. */
	setVisible(kinds: ReadonlySet<RowKind>): void;
	/** Reads now: everything, or one target. A read that is under way is left to finish. */
	refresh(target?: string): void;
	/** The wall clock was set by so many milliseconds: what was read keeps its age. */
	handleClockJump(byMs: number): void;
	/**
	 * The live connection, for actions and inspections.
	 * @throws AdapterError of whatever connecting failed with; `unreachable` once the watch is closed.
	 */
	connection(target: string): Promise<ConnectedTarget>;
	/** Undefined until the server has told. */
	identity(target: string): Identity | undefined;
	/** Stops all reads and closes all connections; waits at most a few seconds for them. May be called twice. */
	close(): Promise<void>;
};

export function createWatch({targets, clock, readOnly, via, metrics, random = Math.random}: WatchOptions): Watch {
	let readings: readonly Reading[] | undefined;
	const correlators = [...new Set(targets.flatMap(({system}) => system.correlators ?? []))].map(create => create());
	const changes = createChangeNotifier(clock, () => {
		readings = undefined;
	});
	const keepers = new Map<string, Supervisor>();
	for (const watched of targets) {
		const {name} = watched.target;
		if (keepers.has(name)) throw new Error(`Two targets are called ${name}: each needs a name of its own`);
		const {target, system} = watched;
		const connect = () =>
			system.connect(target, {readOnly, via: via?.(target, connection), metrics: metrics?.(target, connection)});
		keepers.set(name, createSupervisor({watched, clock, connect, random, changed: changes.notify}));
	}
	const all = [...keepers.values()];
	let started = false;
	let visible: ReadonlySet<RowKind> = new Set();
	let closing: Promise<void> | undefined;

	const find = (name: string): Supervisor => {
		const keeper = keepers.get(name);
		if (keeper === undefined) throw new Error(`No target is called ${name}`);
		return keeper;
	};

	async function connection(name: string): Promise<ConnectedTarget> {
		const keeper = find(name);
		const made = await keeper.connection();
		return {...keeper.watched, connection: made, port: made.port};
	}

	return {
		targets,
		start() {
			if (started || closing !== undefined) return;
			started = true;
			for (const keeper of all) keeper.start(visible);
		},
		reading: (name, kind) => find(name).reading(kind),
		readings() {
			if (readings !== undefined) return readings;
			let read: readonly Reading[] = all.flatMap(keeper => keeper.readings());
			for (const correlate of correlators) read = correlate(read);
			readings = read;
			return read;
		},
		subscribe: changes.subscribe,
		setVisible(kinds) {
			visible = kinds;
			changes.notify();
			if (!started || closing !== undefined) return;
			for (const keeper of all) keeper.setVisible(kinds);
		},
		refresh(name) {
			for (const keeper of name === undefined ? all : [find(name)]) keeper.refresh();
		},
		handleClockJump(byMs) {
			for (const keeper of all) keeper.handleClockJump(byMs);
		},
		connection,
		identity: name => find(name).identity(),
		close() {
			changes.close();
			closing ??= Promise.all(all.map(keeper => keeper.close())).then(() => {});
			return closing;
		},
	};
}
