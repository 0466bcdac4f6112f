/**
 * The whole contract between midwatch and a system it watches. Types only: nothing here runs.
 *
 * A system is declared once, as data. `connect` is the only thing that differs between a real server and the demo: it returns the
 * port (the named reads and acts that the system needs), and everything else (rows, severity, findings, actions) runs on that port.
 */

import type {Grants} from './port/grants.ts';
import type {HttpTransport} from './port/http-transport.ts';
import type {Identity} from './port/identity.ts';
import type {MetricsQuery} from './port/metrics-query.ts';
import type {ProgramApproval} from './port/program-approval.ts';

export type SystemKind = 'kubernetes' | 'postgres' | 'redis' | 'kafka' | 'prometheus' | 'alertmanager' | 'probe';

/** `<system>.<row>`: what a source produces, what a section shows, and what an action hangs on. */
export type RowKind = `${SystemKind}.${string}`;

/** `unknown` is not `ok`: it means that we could not look. Order from worst: crit, warn, unknown, ok. */
export type Severity = 'ok' | 'warn' | 'crit' | 'unknown';

/** One configured system. `settings` is the system's own shape, see `src/port/<system>.ts`. */
export type Target<Settings = unknown> = {
	readonly name: string;
	readonly kind: SystemKind;
	/** Everything not declared `production: false` is guarded: nothing may be changed until it is armed. */
	readonly production: boolean;
	readonly settings: Settings;
};

/** A value that must never reach a frame, a record, a log or argv. Only a client may call `reveal`, at the moment it connects. */
export type Secret = {
	/** Where it comes from, e.g. `${env:PGPASSWORD}`: safe to show. */
	readonly source: string;
	/** @throws AdapterError `denied` when the reference cannot be resolved. */
	reveal(): Promise<string>;
};

/** Injected, so that tests own time and cancellation. `signal` fires on timeout, quit and a source nobody looks at. */
export type Context = {
	readonly signal: AbortSignal;
	/** Milliseconds since the epoch. */
	readonly now: () => number;
};

/**
 * `id` survives a refresh and is never reused: pod uid, `pid@backend_start`, `group/topic/partition`. It is unique within (target, kind).
 * `why` says in a few words why the row is not ok; it is present whenever severity is not `ok`.
 */
export type Row = {
	readonly id: string;
	readonly target: string;
	readonly severity: Severity;
	readonly why?: string;
};

/** A figure of the whole target. `value` is undefined when it could not be read; then `text` says why. */
export type Gauge = {
	readonly id: string;
	readonly label: string;
	readonly value: number | undefined;
	readonly unit: 'count' | 'bytes' | 'ratio' | 'seconds' | 'per-second' | 'text';
	/** The limit that `value` runs against, in the same unit: the screen draws a bar. */
	readonly limit?: number;
	readonly text?: string;
	readonly severity: Severity;
};

/** Something the source could not read, and what to do about it. Shown under the section; the rest still shows. */
export type Note = {readonly text: string; readonly hint?: string; readonly severity: Severity};

export type Snapshot<R extends Row = Row> = {
	readonly rows: readonly R[];
	readonly gauges: readonly Gauge[];
	/** Rows the source had and this snapshot dropped. Shown; never hidden. */
	readonly omitted: number;
	readonly notes: readonly Note[];
	/** How much was looked at, when not everything was: `sampled 40,000 of 3.2M keys`. */
	readonly sample?: string;
};

/** One thing that is wrong. `id` is stable while it lasts; the store keeps the moment it was first seen. */
export type Finding = {
	readonly id: string;
	readonly target: string;
	readonly severity: 'warn' | 'crit' | 'unknown';
	/** One sentence, the cause first: `14 sessions wait for pid 4411 (idle in transaction 6m12s, app checkout)`. */
	readonly sentence: string;
	/** Epoch milliseconds, when the system itself tells since when; else the store's first sight is shown. */
	readonly since?: number;
	/** It may have begun before `since`: nobody looked earlier, or it takes a while to be seen. Shown as `>3m12s`. */
	readonly atLeast?: true;
	/** The row it is about; Enter in the strip goes there. */
	readonly row?: {readonly kind: RowKind; readonly id: string};
	/** The kind of row it is about when no one row is. */
	readonly kind: RowKind;
	/** What was read and against which limit, one fact a line. */
	readonly evidence: readonly string[];
	/** Action ids that help, the best first. */
	readonly actions: readonly string[];
	/** Inspection ids that explain, the best first. */
	readonly inspections: readonly string[];
	/** Of a finding about alerts: their labels. See src/alert-telling.ts: that of a Prometheus stands back while an Alertmanager target shows all of them. */
	readonly alerts?: readonly Readonly<Record<string, string>>[];
	/** Of a finding about targets that are down: the labels of all of them, and the names of the alerting rules that look at `up`. See src/down-telling.ts. */
	readonly down?: {readonly targets: readonly Readonly<Record<string, string>>[]; readonly rules: readonly string[]};
};

/** What a read costs the system that is read. A `costly` source runs only while someone can see it. */
export type Cost = 'cheap' | 'costly';

export type Source<R extends Row = Row, Port = unknown> = {
	readonly kind: RowKind;
	readonly title: string;
	readonly intervalMs: number;
	readonly timeoutMs: number;
	readonly cost: Cost;
	/** How a person reads the same by hand, quoted so that a real shell runs exactly it. Shown with `=`. */
	reads(target: Target): readonly string[];
	/** Starts reading one target. What must survive between two polls (counters, clusters of samples) lives in this closure. */
	open(port: Port, target: Target): (context: Context) => Promise<Snapshot<R>>;
	/** Pure. `previous` is the snapshot before, if there was one. */
	findings(
		snapshot: Snapshot<R>,
		previous: Snapshot<R> | undefined,
		about: {readonly target: string; readonly now: number},
	): readonly Finding[];
};

/** How much can be lost by an action, computed for one plan by preview(). */
export type Risk =
	/** Nothing is lost and it undoes exactly, or it touches one statement: cancel one query, raise a limit. */
	| 'low'
	/** Capacity drops, a session ends, or configuration changes. */
	| 'medium'
	/** Data or messages go, or many objects are touched. */
	| 'high';

export type UndoClass = {
	readonly class: 'exact' | 'approximate' | 'none';
	/** `exact: set maxmemory back to 64mb` or the sentence that says why there is no way back. */
	readonly text: string;
};

/** Only `block` stops an action. `unknown` (the check itself failed) warns. */
export type Check = {
	readonly label: string;
	readonly result: 'pass' | 'warn' | 'block' | 'unknown';
	readonly detail: string;
	/** Set on a `block` when what was confirmed is no longer what is there: the remedy is stale, not refused. */
	readonly moved?: true;
};

/** What the operator confirms is `plan`, frozen: run() gets this value, never the live selection. */
export type Preview<Plan = unknown> = {
	/** JSON only: it is hashed, recorded, and compared. Timestamps travel as the server's own text. */
	readonly plan: Plan;
	readonly target: string;
	/** Short name of what is acted on within the target; the demand asks for `target/object`. */
	readonly object: string;
	/** How many objects it acts on: the number that policy limits, that a person types, and that the record holds. 1 or more. */
	readonly count: number;
	/** For people: one line for each object, or for the first of many and one that says how many more there are. Never counted. */
	readonly touches: readonly string[];
	/** Every object, one line each, where `touches` leaves some out: the record holds them all. */
	readonly objects?: readonly string[];
	/**
	 * What it changes, one name each, at least one: `pid 4711`, `maxmemory`. Never the new value. No two consoles change the same at once, and
	 * attempts that did not help are counted by it.
	 */
	readonly locks: readonly string[];
	/** The same act by hand, quoted so that a real shell runs exactly it. */
	readonly equivalent: string;
	/** What will happen, in a sentence or two, with the numbers read now. */
	readonly impact: string;
	/** The identity that is checked again before it runs: `pid 4411, backend started …, query started …`. */
	readonly bound: string;
	/** What changes, before and after, when it can be said. */
	readonly changes: readonly {readonly field: string; readonly before: string; readonly after: string}[];
	readonly risk: Risk;
	readonly undo: UndoClass;
	/** Why this will not help, and what would: said before it is confirmed. */
	readonly unhelpful?: {readonly reason: string; readonly instead?: string};
};

/** What was sent, and what was there before it. Strings only; secrets masked. */
export type Receipt = {readonly summary: string; readonly before: Readonly<Record<string, string>>};

/** `pending`: look again. `ineffective`: it was done and did not help. */
export type Outcome = {readonly result: 'done' | 'pending' | 'ineffective' | 'unknown'; readonly detail: string};

export type Param = {
	readonly name: string;
	readonly label: string;
	readonly hint: string;
	/** Offered in the field, computed from what is selected. */
	initial(rows: readonly Row[]): string;
	/** The sentence that says what is wrong and what is allowed, or undefined when it is right. Synchronous. */
	problem(text: string): string | undefined;
};

export type ActionContext<Port> = Context & {
	readonly port: Port;
	readonly target: Target;
	/** Id of the audit record: travels in application_name, User-Agent or CLIENT SETNAME where the system has such a place. */
	readonly record: string;
	/**
	 * For run(), before it sends: writes a file beside the audit log, for the way back. Resolves with its path once it is on disk.
	 * @throws AdapterError `denied` when it cannot be written.
	 */
	keep(name: string, text: string): Promise<string>;
};

/** `params` holds text that has passed each Param's `problem`. */
export type Params = Readonly<Record<string, string>>;

/**
 * One fact that the confirmation of an action shows about its objects, and what happens when it changes before the plan is sent: `bound`
 * says by what the guard notices it (nothing is sent then), `notBound` says why the plan holds all the same.
 */
export type ShownFact = {readonly fact: string} & ({readonly bound: string} | {readonly notBound: string});

export type Action<R extends Row = Row, Port = unknown, Plan = unknown> = {
	/** `<system>.<verb>`: the key in config, audit, runbooks and docs. Never renamed once released. */
	readonly id: `${SystemKind}.${string}`;
	readonly title: string;
	/** One capital letter. Remappable. */
	readonly key: string;
	/** The kind of row it acts on. */
	readonly kind: RowKind;
	/** Kinds whose rows carry what it needs just as well: a workload is restarted from its own row as from that of a pod. */
	readonly also?: readonly RowKind[];
	readonly selects: 'one' | 'many';
	readonly params: readonly Param[];
	/** Every fact that its confirmation shows; docs/actions.md lists them. */
	readonly shows: readonly ShownFact[];
	/**
	 * For an action on several: those of the selected rows that still are what the plan says, or without a plan what the row says. When others
	 * of them have changed, a new plan for these is offered. Reads only.
	 */
	left?(rows: readonly R[], plan: Plan | undefined, context: ActionContext<Port>): Promise<readonly R[]>;
	/** The reason shown beside the dim key. Synchronous and cheap. */
	disabled(rows: readonly R[]): string | undefined;
	/** Reads only. @throws AdapterError `conflict` when what was selected is gone. */
	preview(rows: readonly R[], params: Params, context: ActionContext<Port>): Promise<Preview<Plan>>;
	/** Re-reads the world. Run when the modal opens, while it is open, and once more after it was confirmed. */
	preflight(plan: Plan, context: ActionContext<Port>): Promise<readonly Check[]>;
	/**
	 * Sends the plan, once. The guard on identity is part of what is sent.
	 * @throws AdapterError `conflict` when the guard refused (nothing happened), `denied` or `unsupported` when the system refused it
	 * (nothing happened); any other error means that the outcome is unknown.
	 */
	run(plan: Plan, context: ActionContext<Port>): Promise<Receipt>;
	/** Looks afterwards. Called until it no longer says `pending`, for at most `settleMs`. */
	verify(plan: Plan, receipt: Receipt, context: ActionContext<Port>): Promise<Outcome>;
	readonly settleMs: number;
	/** A plan of this same action that leads back, or the sentence that says why there is none. Silence does not compile. */
	readonly undo:
		| {readonly impossible: string}
		| {propose(plan: Plan, receipt: Receipt, context: ActionContext<Port>): Promise<Preview<Plan>>};
};

export type Line = {
	readonly text: string;
	readonly severity?: Severity;
	readonly loud?: boolean;
	/** When it was written, RFC 3339 as the system gave it: shown before the text while time stamps are on. */
	readonly at?: string;
	/** What it is of, where a text has lines of several things: a short name, in the same colour for the same number. */
	readonly lead?: {readonly text: string; readonly hue: number};
};

export type GraphSeries = {
	/** What tells it from the others. */
	readonly label: string;
	/** Epoch milliseconds, ascending, and the value. Undefined is a gap, which no line crosses: nothing was there, or no finite number. */
	readonly points: readonly (readonly [at: number, value: number | undefined])[];
};

/** Lines over time. Data only: the screen draws it as large as there is room. */
export type Graph = {
	readonly title: string;
	/** Epoch milliseconds: both ends of the time axis. */
	readonly from: number;
	readonly to: number;
	/** The most telling first: when there is no room for all, those are drawn. */
	readonly series: readonly GraphSeries[];
	/** Series that the answer had and this does not. Told; never hidden. */
	readonly omitted: number;
};

export type Document = {
	readonly title: string;
	readonly lines: readonly Line[];
	readonly reads: readonly string[];
	/** Drawn above the lines. */
	readonly graph?: Graph;
	/**
	 * Lines that come later, in the order in which they are shown. Called once, when `lines` are on the screen; ends by itself, when what it
	 * throws is told in the text, or with `context.signal` when the text is closed. What is not taken yet waits: nothing has to be dropped.
	 */
	readonly follow?: (context: Context) => AsyncIterable<readonly Line[]>;
};

/** A key of an open text: the same inspection is opened again in its place, with other params. */
export type Dial = {
	/** One lower-case letter or a sign that means nothing else in a text. */
	readonly key: string;
	readonly title: string;
	/** The params after one more press. */
	turn(params: Params): Params;
	/** Where it stands, in a word or two, after its title: `5m`, `all`, `on`. */
	shown(params: Params): string;
};

export type InspectionContext<R extends Row, Port> = Context & {
	readonly port: Port;
	readonly target: Target;
	/** The marked rows, all of one target, when it `selects: 'many'` and some are marked; else the one row. Never empty. */
	readonly rows: readonly R[];
	/** Empty without `params`. Text that has passed each Param's `problem`, or what a dial made of it. */
	readonly params: Params;
};

/** A read-only drill-down. Anything that executes something at the far end (EXPLAIN ANALYZE, exec, MONITOR) declares a risk and goes through policy and audit. */
export type Inspection<R extends Row = Row, Port = unknown> = {
	readonly id: `${SystemKind}.${string}`;
	readonly title: string;
	/** One lower-case letter. The first inspection of a kind also opens with Enter. */
	readonly key: string;
	readonly kind: RowKind;
	/** Further kinds whose rows it opens on. */
	readonly also?: readonly RowKind[];
	readonly risk: 'none' | Risk;
	/** `one` when absent: marks do not count. With `many` it is opened on all marked rows of its kind. */
	readonly selects?: 'one' | 'many';
	/** What it can be opened with; it starts with their `initial`. */
	readonly params?: readonly Param[];
	/** The params are typed before it opens; what was typed since the console was opened is offered again. */
	readonly prompt?: true;
	readonly dials?: readonly Dial[];
	disabled?(row: R): string | undefined;
	/** `row` is the first of `context.rows`. */
	open(row: R, context: InspectionContext<R, Port>): Promise<Document>;
};

/** Something a pane or an action needs from the server. */
export type Permission = {
	/** What needs it: `sessions of other users`, `postgres.terminate`. */
	readonly needs: string;
	/** The server's own name for it: `pg_read_all_stats`, `+config|set`. */
	readonly name: string;
	readonly state: 'have' | 'lack' | 'unknown';
	/** The line an administrator runs to give it; empty when we have it. */
	readonly grant: string;
};

export type Connection<Port> = {
	readonly port: Port;
	/** Asks the server who it is. */
	identify(context: Context): Promise<Identity>;
	permissions(context: Context): Promise<readonly Permission[]>;
	/**
	 * Logs in with the person at the terminal, whose input and stderr are free for it meanwhile; never called but by a key. Has no time limit:
	 * the person ends it. @throws AdapterError `unsupported` when this target is logged in to without a terminal, `denied` when it failed.
	 */
	login?(): Promise<void>;
	/** What waits for the user's approval before this target can log in. @throws AdapterError `denied` when approval would not help. */
	approval?(): Promise<ProgramApproval | undefined>;
	/** Never hangs, never throws, and may be called twice. */
	close(): Promise<void>;
};

export type System<Port = unknown> = {
	readonly kind: SystemKind;
	readonly title: string;
	/** What it is called where there is little room; its kind unless told. */
	readonly short?: string;
	readonly sources: readonly Source<Row, Port>[];
	readonly actions: readonly Action<Row, Port>[];
	readonly inspections: readonly Inspection<Row, Port>[];
	/** The least that `who`, else the user of the settings, has to be given: printed by `midwatch doctor --grants`. Connects to nothing. */
	grants?(target: Target, who: string | undefined): Grants;
	/**
	 * Cheap and synchronous in effect: loads the client library and returns; the socket is opened by the first read, so that an
	 * unreachable server is an ordinary failed read that is tried again. `readOnly` connections have no acts: they throw `denied`.
	 */
	connect(
		target: Target,
		/**
		 * `via`: how requests go out when settings say `via: kubernetes`; it is closed with the connection. `metrics`: asks the Prometheus target
		 * that settings name.
		 */
		options: {
			readonly readOnly: boolean;
			readonly via?: HttpTransport | undefined;
			readonly metrics?: MetricsQuery | undefined;
		},
	): Promise<Connection<Port>>;
};
