import type {Check, Outcome, Preview, Receipt} from '../contract/action.ts';
import type {Params} from '../contract/param.ts';
import type {Row} from '../contract/row.ts';
import type {ErrorKind} from '../errors.ts';
import type {Demand, DemandAnswer} from '../policy/demand.ts';

/** A preview whose last preflight is older than this can no longer be confirmed. */
export const previewExpiryMs = 60_000;

export type RemedyFailure = {readonly kind: ErrorKind | 'other'; readonly message: string; readonly hint: string};

/** The outcome of a sent plan; `superseded` when the next action on the same object was sent before the outcome was known. */
export type RemedyOutcome = {readonly result: Outcome['result'] | 'superseded'; readonly detail: string};

/** How a remedy was confirmed. Only `reduce` creates it, from an answer that met the demand. */
export type Confirmation = {
	readonly method: 'key' | 'type' | 'type-count-reason';
	/** What the demand required and the user typed: the key or the short name. */
	readonly typed: string;
	/** The number of objects, where it had to be typed too. */
	readonly count?: number;
	readonly reason?: string;
	/** Monotonic time. */
	readonly at: number;
	/** Hash of the plan that was shown. */
	readonly hash: string;
};

/** The fields of a remedy in any state. Times are monotonic. */
type Facts = {
	/** Id of the audit record of the intent, created with the proposal. */
	readonly id: string;
	readonly action: {readonly id: string; readonly title: string};
	readonly target: string;
	readonly params: Params;
	/** Id of the intent that this undoes. */
	readonly undoOf?: string | undefined;
	readonly proposedAt: number;
	readonly preview?: Preview | undefined;
	/** SHA-256 of action, target and plan. */
	readonly hash?: string | undefined;
	readonly checks: readonly Check[];
	/** When `checks` were read. */
	readonly checkedAt?: number | undefined;
	/** Why the last preflight failed; `checks` are then the older ones of `checkedAt`. */
	readonly preflightFailure?: RemedyFailure | undefined;
	readonly demand?: Demand | undefined;
	/** When the demand could first be answered. The `delayMs` of the demand counts from here. */
	readonly readyAt?: number | undefined;
	/** What the last answer lacked. */
	readonly unmet?: string | undefined;
	readonly confirmation?: Confirmation | undefined;
	/** When the intent was on disk. */
	readonly startedAt?: number | undefined;
	readonly receipt?: Receipt | undefined;
	readonly outcome?: RemedyOutcome | undefined;
	readonly failure?: RemedyFailure | undefined;
	/** Why it ended, one sentence. */
	readonly reason?: string | undefined;
	/** What to do next. */
	readonly hint?: string | undefined;
	/** When stale: what was shown and what is on the server now. */
	readonly changed?: readonly PlanChange[] | undefined;
	/** When stale: the rows for which a new plan can be made. It needs its own confirmation. */
	readonly replanOffer?: ReplanOffer | undefined;
	readonly endedAt?: number | undefined;
	/** An audit record with the id of this remedy is on disk. */
	readonly recorded?: true;
	/** Why its end could not be recorded. The intent of a sent plan is recorded all the same; a refusal may have no record at all. */
	readonly recordFailure?: string | undefined;
};

type Previewed = {readonly preview: Preview; readonly hash: string};
type Checked = Previewed & {readonly checkedAt: number; readonly demand: Demand; readonly readyAt: number};
type Confirmed = Checked & {readonly confirmation: Confirmation};
type Begun = Confirmed & {readonly startedAt: number};

/** One action from proposal to end. Every field can be read in every state; the state says which are always set. */
export type Remedy = Facts &
	(
		| {readonly state: 'proposed' | 'previewing'}
		| ({readonly state: 'checking'} & Previewed)
		/** Waits for the confirmation. */
		| ({readonly state: 'ready'} & Checked)
		| ({readonly state: 'confirmed'} & Confirmed)
		| ({readonly state: 'rechecking'} & Confirmed)
		/** The intent is being written; only a written intent leads to `running`. */
		| ({readonly state: 'intent'} & Confirmed)
		| ({readonly state: 'running'} & Begun)
		| ({readonly state: 'verifying'; readonly receipt: Receipt} & Begun)
		| {readonly state: RemedyEnd; readonly reason: string; readonly endedAt: number}
	);

/**
 * Sent: `done` · `failed` (the system did nothing) · `ineffective` (done, did not help) · `superseded` (done; the next action on the same object
 * was sent before the outcome was known) · `unknown` (it may have been done). Not sent: `refused` (by policy, a lock, or because it could not be
 * recorded) · `blocked` (by a check) · `stale` (the server no longer matches the plan) · `cancelled` · `expired` · also `failed` (preview or
 * preflight).
 */
export type RemedyEnd =
	| 'done'
	| 'failed'
	| 'ineffective'
	| 'superseded'
	| 'unknown'
	| 'refused'
	| 'blocked'
	| 'stale'
	| 'cancelled'
	| 'expired';

export type RemedyState = Remedy['state'];

/** The rows of a new plan: all selected rows, or with `isPart` those that have not changed. Empty for an undo. */
export type ReplanOffer = {readonly rows: readonly Row[]; readonly isPart: boolean};

export type PlanChange = {readonly field: string; readonly before: string; readonly after: string};

export type RemedyEvent = {readonly at: number} & (
	| {readonly type: 'preview-started'}
	| {readonly type: 'previewed'; readonly preview: Preview; readonly hash: string}
	| {readonly type: 'preview-failed'; readonly failure: RemedyFailure; readonly replanOffer?: ReplanOffer | undefined}
	| {
			readonly type: 'checked';
			readonly checks: readonly Check[];
			readonly demand: Demand;
			readonly changed?: readonly PlanChange[];
			readonly replanOffer?: ReplanOffer | undefined;
	  }
	| {readonly type: 'check-failed'; readonly failure: RemedyFailure}
	| {readonly type: 'answered'; readonly answer: DemandAnswer}
	| {readonly type: 'recheck-started'}
	| {readonly type: 'refused'; readonly reason: string; readonly hint: string}
	/** Id of the record on disk, and the hash of the plan in it. */
	| {readonly type: 'intent-written'; readonly record: string; readonly planHash: string}
	| {readonly type: 'sent'; readonly receipt: Receipt}
	| {
			readonly type: 'run-failed';
			readonly failure: RemedyFailure;
			readonly harmless: boolean;
			readonly replanOffer?: ReplanOffer | undefined;
	  }
	| {readonly type: 'verified'; readonly outcome: RemedyOutcome}
	/** The refusal is on disk. */
	| {readonly type: 'recorded'}
	| {readonly type: 'record-failed'; readonly message: string}
	| {readonly type: 'cancelled'}
	| {readonly type: 'clock-ticked'}
);

/** A remedy in its first state. `id` is the id that the record of the intent will have. */
export const createRemedy = (proposed: {
	readonly id: string;
	readonly action: {readonly id: string; readonly title: string};
	readonly target: string;
	readonly params: Params;
	readonly undoOf?: string | undefined;
	readonly at: number;
}): Remedy => ({
	state: 'proposed',
	id: proposed.id,
	action: {id: proposed.action.id, title: proposed.action.title},
	target: proposed.target,
	params: proposed.params,
	undoOf: proposed.undoOf,
	proposedAt: proposed.at,
	checks: [],
});

const ends: ReadonlySet<RemedyState> = new Set<RemedyEnd>([
	'done',
	'failed',
	'ineffective',
	'superseded',
	'unknown',
	'refused',
	'blocked',
	'stale',
	'cancelled',
	'expired',
]);

const waiting: ReadonlySet<RemedyState> = new Set(['proposed', 'previewing', 'checking', 'ready']);

/** Not confirmed yet: it can be cancelled without any effect on a system. */
export const isWaiting = (remedy: Remedy): boolean => waiting.has(remedy.state);

/** Confirmed and not ended. */
export const isInProgress = (remedy: Remedy): boolean => !isWaiting(remedy) && !hasEnded(remedy);

/** Sent and answered; only its verification is left, and the next remedy need not wait for that. */
export const isSettling = (remedy: Remedy): boolean => remedy.state === 'verifying';

/**
 * Whether an end without sending is recorded, under the id of the remedy: a refusal, and a failure after the confirmation. A failure before the
 * confirmation, a cancellation and an expiry are not.
 */
export const isRecordedRefusal = (remedy: Remedy): boolean =>
	remedy.startedAt === undefined &&
	(remedy.state === 'refused' ||
		remedy.state === 'blocked' ||
		remedy.state === 'stale' ||
		(remedy.state === 'failed' && remedy.confirmation !== undefined));

export const hasEnded = (remedy: Remedy): boolean => ends.has(remedy.state);
