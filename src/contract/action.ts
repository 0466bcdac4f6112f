import type {Context} from './context.ts';
import type {Param, Params} from './param.ts';
import type {Row, RowKind, SystemKind} from './row.ts';
import type {Target} from './target.ts';

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
	/** Set on a `block` when the server no longer matches the plan: the remedy is then stale, not blocked. Recorded with the check. */
	readonly conflict?: true;
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
	/** The command line that does the same, quoted for a shell. */
	readonly cliEquivalent: string;
	/** What will happen, in a sentence or two, with the numbers read now. */
	readonly impact: string;
	/** The identity that is checked again before the plan runs: `pid 4411, backend started …, query started …`. */
	readonly boundTo: string;
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

export type ActionContext<Port, Settings = unknown> = Context & {
	readonly port: Port;
	readonly target: Target<Settings>;
	/** Id of the audit record: travels in application_name, User-Agent or CLIENT SETNAME where the system has such a place. */
	readonly record: string;
	/**
	 * For run(), before it sends: writes a file beside the audit log, for the way back. Resolves with its path once it is on disk.
	 * @throws AdapterError `denied` when it cannot be written.
	 */
	saveFile(name: string, text: string): Promise<string>;
};

/**
 * One fact that the confirmation of an action shows about its objects, and what happens when it changes before the plan is sent: `bound`
 * says by what the guard notices it (nothing is sent then), `notBound` says why the plan holds all the same.
 */
export type ShownFact = {readonly fact: string} & ({readonly bound: string} | {readonly notBound: string});

export type Action<R extends Row = Row, Port = unknown, Plan = unknown, Settings = unknown> = {
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
	unchangedRows?(
		rows: readonly R[],
		plan: Plan | undefined,
		context: ActionContext<Port, Settings>,
	): Promise<readonly R[]>;
	/** The reason shown beside the dim key. Synchronous and cheap. */
	disabled(rows: readonly R[]): string | undefined;
	/** Reads only. @throws AdapterError `conflict` when what was selected is gone. */
	preview(rows: readonly R[], params: Params, context: ActionContext<Port, Settings>): Promise<Preview<Plan>>;
	/** Re-reads the world. Run when the modal opens, while it is open, and once more after it was confirmed. */
	preflight(plan: Plan, context: ActionContext<Port, Settings>): Promise<readonly Check[]>;
	/**
	 * Sends the plan, once. The guard on identity is part of what is sent.
	 * @throws AdapterError `conflict` when the guard refused (nothing happened), `denied` or `unsupported` when the system refused it
	 * (nothing happened); any other error means that the outcome is unknown.
	 */
	run(plan: Plan, context: ActionContext<Port, Settings>): Promise<Receipt>;
	/** Looks afterwards. Called until it no longer says `pending`, for at most `settleMs`. */
	verify(plan: Plan, receipt: Receipt, context: ActionContext<Port, Settings>): Promise<Outcome>;
	readonly settleMs: number;
	/** A plan of this same action that leads back, or the sentence that says why there is none. Silence does not compile. */
	readonly undo:
		| {readonly impossible: string}
		| {propose(plan: Plan, receipt: Receipt, context: ActionContext<Port, Settings>): Promise<Preview<Plan>>};
};
