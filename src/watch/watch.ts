import type {Identity} from '../contract/identity.ts';
import type {Reading} from '../contract/reading.ts';
import type {RowKind} from '../contract/row.ts';
import type {Connection} from '../contract/system.ts';
import {AdapterError} from '../errors.ts';
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
	/** 0 <= n < 1; adds jitter, so that two targets are not read at the same moment every time. */
	readonly random?: () => number;
};

/** Reads all targets. The failure of one does not affect the others. */
export type Watch = {
	readonly targets: readonly WatchedTarget[];
	/** Starts to connect and read. The second call does nothing. */
	start(): void;
	/** Returns the store of one source of one target. @throws Error when there is no such target or source: a mistake of the caller. */
	reading(target: string, kind: RowKind): Store<Reading>;
	/**
	 * Returns every reading, in the order of the targets and of their systems' sources, after the correlators. The same array until something
	 * changes.
	 */
	readings(): readonly Reading[];
	/** Calls `listener` after a reading, an identity or the visible kinds changed, once for all changes of one tick. Returns a function that unsubscribes. */
	subscribe(listener: () => void): () => void;
	/** Pauses costly sources of other kinds. Before the first call no costly source is read. */
	setVisible(kinds: ReadonlySet<RowKind>): void;
	/** Reads all targets, or one, now. A read in flight continues. */
	refresh(target?: string): void;
	/** The wall clock was set by so many milliseconds: what was read keeps its age. */
	handleClockJump(byMs: number): void;
	/**
	 * Returns the open connection, for actions and inspections.
	 * @throws AdapterError of connecting; `unreachable` once the watch is closed.
	 */
	connection(target: string): Promise<ConnectedTarget>;
	/** Undefined until the server has reported it. */
	identity(target: string): Identity | undefined;
	/** Stops all reads and closes all connections; waits a few seconds at most. May be called twice. */
	close(): Promise<void>;
};

export function createWatch({targets, clock, readOnly, random = Math.random}: WatchOptions): Watch {
	let readings: readonly Reading[] | undefined;
	const correlators = [...new Set(targets.flatMap(({system}) => system.correlators ?? []))].map(create => create());
	const changes = createChangeNotifier(clock, () => {
		readings = undefined;
	});
	const supervisors = new Map<string, Supervisor>();
	for (const watched of targets) {
		const {name} = watched.target;
		if (supervisors.has(name)) throw new Error(`Two targets are called ${name}: each needs a name of its own`);
		const {target, system} = watched;
		const connect = () => system.connect(target, {readOnly, linked});
		supervisors.set(name, createSupervisor({watched, clock, connect, random, changed: changes.notify}));
	}
	const all = [...supervisors.values()];
	let started = false;
	let visible: ReadonlySet<RowKind> = new Set();
	let closing: Promise<void> | undefined;

	const find = (name: string): Supervisor => {
		const supervisor = supervisors.get(name);
		if (supervisor === undefined) throw new Error(`No target is called ${name}`);
		return supervisor;
	};

	async function linked<Port>(name: string): Promise<Connection<Port>> {
		const supervisor = supervisors.get(name);
		if (supervisor !== undefined) return (await supervisor.connection()) as Connection<Port>;
		const hint = `Add --target ${name}: the configuration leads through it.`;
		throw new AdapterError('unsupported', `target ${name} is left out`, hint);
	}

	async function connection(name: string): Promise<ConnectedTarget> {
		const supervisor = find(name);
		const open = await supervisor.connection();
		return {...supervisor.watched, connection: open, port: open.port};
	}

	return {
		targets,
		start() {
			if (started || closing !== undefined) return;
			started = true;
			for (const supervisor of all) supervisor.start(visible);
		},
		reading: (name, kind) => find(name).reading(kind),
		readings() {
			if (readings !== undefined) return readings;
			let read: readonly Reading[] = all.flatMap(supervisor => supervisor.readings());
			for (const correlate of correlators) read = correlate(read);
			readings = read;
			return read;
		},
		subscribe: changes.subscribe,
		setVisible(kinds) {
			visible = kinds;
			changes.notify();
			if (!started || closing !== undefined) return;
			for (const supervisor of all) supervisor.setVisible(kinds);
		},
		refresh(name) {
			for (const supervisor of name === undefined ? all : [find(name)]) supervisor.refresh();
		},
		handleClockJump(byMs) {
			for (const supervisor of all) supervisor.handleClockJump(byMs);
		},
		connection,
		identity: name => find(name).identity(),
		close() {
			changes.close();
			closing ??= Promise.all(all.map(supervisor => supervisor.close())).then(() => {});
			return closing;
		},
	};
}
