import type {Context} from './context.ts';
import type {Param, Params} from './param.ts';
import type {Row, SystemKind} from './row.ts';
import type {Target} from './target.ts';

/** How much an action can lose. `preview` computes it for one plan. */
export type Risk =
	/** Nothing is lost and the undo is exact, or one statement is affected: cancel one query, raise a limit. */
	| 'low'
	/** Capacity drops, a session ends, or configuration changes. */
	| 'medium'
	/** Data or messages are deleted, or many objects change. */
	| 'high';

export type UndoClass = {
	readonly class: 'exact' | 'approximate' | 'none';
	/** `exact: set maxmemory back to 64mb` or the sentence that says why it cannot be undone. */
	readonly text: string;
};

/** The result of one preflight check. Only `block` stops an action. `unknown` (the check itself failed) warns. */
export type Check = {
	readonly label: string;
	readonly result: 'pass' | 'warn' | 'block' | 'unknown';
	readonly detail: string;
	/** Set on a `block` when the server no longer matches the plan: the remedy is then stale, not blocked. Recorded with the check. */
	readonly conflict?: true;
};

/** Everything that the confirmation shows. The user confirms `plan`, frozen: run() receives this value, never the live selection. */
export type Preview<Plan = unknown> = {
	/** JSON only: it is hashed, recorded, and compared. Timestamps travel as the server's own text. */
	readonly plan: Plan;
	readonly target: string;
	/** Short name of the object within the target; where the demand is a name, the user types `target/object`. */
	readonly object: string;
	/** Number of objects it changes: policy limits it, the user types it, the audit records it. 1 or more. */
	readonly count: number;
	/** One line for each object, or for the first of many and one with the number of the others. For display only; never counted. */
	readonly touches: readonly string[];
	/** Every object, one line each, where `touches` omits some: the audit records them all. */
	readonly objects?: readonly string[];
	/**
	 * Names of what it changes, at least one: `pid 4711`, `maxmemory`. Never the new value. The console locks them while it sends, so that two
	 * consoles never change the same object at once; attempts without effect are counted by them.
	 */
	readonly lockNames: readonly string[];
	/** The command line that does the same, quoted for a shell. */
	readonly cliEquivalent: string;
	/** What will happen, in one or two sentences, with the numbers just read. */
	readonly impact: string;
	/** The identity that is checked again before the plan runs: `pid 4411, backend started …, query started …`. */
	readonly checkedIdentity: string;
	/** What changes, before and after, when it can be said. */
	readonly changes: readonly {readonly field: string; readonly before: string; readonly after: string}[];
	readonly risk: Risk;
	readonly undo: UndoClass;
	/** Why this will not help, and what would: shown before the user confirms. */
	readonly unhelpful?: {readonly reason: string; readonly instead?: string};
};

/** What was sent, and the values before it. Strings only; secrets masked. */
export type Receipt = {readonly summary: string; readonly before: Readonly<Record<string, string>>};

/** What a verification saw. `pending`: verify again. `ineffective`: the action was done and did not help. */
export type Outcome = {readonly result: 'done' | 'pending' | 'ineffective' | 'unknown'; readonly detail: string};

export type ActionContext<Port, Settings = unknown> = Context & {
	readonly port: Port;
	readonly target: Target<Settings>;
	/** Id of the audit record. It is sent as application_name, User-Agent or CLIENT SETNAME where the system has one of these. */
	readonly record: string;
	/**
	 * Writes a file beside the audit log that the undo needs. run() calls it before it sends. Resolves with the path once the file is on disk.
	 * @throws AdapterError `denied` when it cannot be written.
	 */
	saveFile(name: string, text: string): Promise<string>;
};

/**
 * One fact that the confirmation shows about the objects of an action. When it changes before the plan is sent: a fact with
 * `changeDetectedBy` is bound, the guard detects the change and nothing is sent; with `changeAllowedBecause` the plan is sent all the same.
 */
export type ShownFact = {readonly fact: string} & (
	| {readonly changeDetectedBy: string}
	| {readonly changeAllowedBecause: string}
);

export type Action<R extends Row = Row, Port = unknown, Plan = unknown, Settings = unknown> = {
	/** `<system>.<verb>`: the key in config, audit, runbooks and docs. Never renamed once released. */
	readonly id: `${SystemKind}.${string}`;
	readonly title: string;
	/** One capital letter. Remappable. An action without a key is run from the palette and the menu of its rows; the footer does not show it. */
	readonly key?: string;
	/** The kind of row it acts on. */
	readonly kind: R['kind'];
	/** Further kinds whose rows it accepts: a workload can be restarted from its own row and from the row of a pod. */
	readonly also?: readonly R['kind'][];
	readonly selects: 'one' | 'many';
	readonly params: readonly Param<R>[];
	/** Every fact that its confirmation shows; docs/actions.md lists them. */
	readonly shownFacts: readonly ShownFact[];
	/**
	 * For an action on several rows: returns the selected rows that still match the plan, or without a plan the row. When some rows changed, a
	 * new plan for the unchanged ones is offered. Reads only.
	 */
	unchangedRows?(
		rows: readonly R[],
		plan: Plan | undefined,
		context: ActionContext<Port, Settings>,
	): Promise<readonly R[]>;
	/** The reason shown beside the dim key. Synchronous and cheap. */
	disabled(rows: readonly R[]): string | undefined;
	/** Reads only. @throws AdapterError `conflict` when a selected object no longer exists. */
	preview(rows: readonly R[], params: Params, context: ActionContext<Port, Settings>): Promise<Preview<Plan>>;
	/** Reads the target again. Called when the confirmation opens, while it is open, and once more after the user confirmed. */
	preflight(plan: Plan, context: ActionContext<Port, Settings>): Promise<readonly Check[]>;
	/**
	 * Sends the plan, once. The guard on identity is part of what is sent.
	 * @throws AdapterError `conflict` when the guard refused (nothing happened), `denied` or `unsupported` when the system refused it
	 * (nothing happened); any other error means that the outcome is unknown.
	 */
	run(plan: Plan, context: ActionContext<Port, Settings>): Promise<Receipt>;
	/** Reads whether the action helped. Called until the result is not `pending`, for at most `settleMs`. */
	verify(plan: Plan, receipt: Receipt, context: ActionContext<Port, Settings>): Promise<Outcome>;
	readonly settleMs: number;
	/** Proposes a plan of the same action that undoes this one, or says why there is none. Required. */
	readonly undo:
		| {readonly impossible: string}
		| {propose(plan: Plan, receipt: Receipt, context: ActionContext<Port, Settings>): Promise<Preview<Plan>>};
};
