import type {Check, Outcome, Preview, Receipt} from '../contract/action.ts';
import type {Params} from '../contract/param.ts';
import type {Row} from '../contract/row.ts';
import type {ErrorKind} from '../errors.ts';
import type {Demand, DemandAnswer} from '../policy/demand.ts';

/** A preview that was not looked at again for this long can no longer be confirmed. */
export const previewExpiryMs = 60_000;

export type RemedyFailure = {readonly kind: ErrorKind | 'other'; readonly message: string; readonly hint: string};

/** What was seen of what was sent, or that nothing more can be seen of it, since the next act on the same object took its place. */
export type RemedyOutcome = {readonly result: Outcome['result'] | 'superseded'; readonly detail: string};

/** How it was confirmed. Made by the machine alone, from an answer that met the demand. */
export type Confirmation = {
	readonly method: 'key' | 'type' | 'type-count-reason';
	/** What was demanded, and so what was typed: the key, or the short name; and the number of objects where that was typed too. */
	readonly typed: string;
	readonly count?: number;
	readonly reason?: string;
	/** A monotonic reading. */
	readonly at: number;
	/** The hash of the plan that was on the screen. */
	readonly hash: string;
};

/** What is known in any state, and what may be known already. All moments are monotonic readings of the clock. */
type Facts = {
	/** The id of the audit record of the intent, given when it was proposed. */
	readonly id: string;
	readonly action: {readonly id: string; readonly title: string};
	readonly target: string;
	readonly params: Params;
	/** The intent that this leads back from. */
	readonly undoOf?: string | undefined;
	readonly proposedAt: number;
	readonly preview?: Preview | undefined;
	/** SHA-256 of action, target and plan. */
	readonly hash?: string | undefined;
	readonly checks: readonly Check[];
	/** When the checks were last read. */
	readonly checkedAt?: number | undefined;
	/** Why the last look failed; the checks are from `checkedAt`. */
	readonly preflightFailure?: RemedyFailure | undefined;
	readonly demand?: Demand | undefined;
	/** When the demand could first be answered; `delayMs` counts from here. */
	readonly readyAt?: number | undefined;
	/** What is missing in the last answer. */
	readonly unmet?: string | undefined;
	readonly confirmation?: Confirmation | undefined;
	/** When the intent was safely on disk. */
	readonly startedAt?: number | undefined;
	readonly receipt?: Receipt | undefined;
	readonly outcome?: RemedyOutcome | undefined;
	readonly failure?: RemedyFailure | undefined;
	/** Why it ended, in a sentence, and what to do next. */
	readonly reason?: string | undefined;
	readonly hint?: string | undefined;
	/** Of a stale one: what was confirmed or shown, and what is there now. */
	readonly changed?: readonly PlanChange[] | undefined;
	/** Of a stale one: the new plan that can be made in its place, with a confirmation of its own. */
	readonly renewal?: ReplanOffer | undefined;
	readonly endedAt?: number | undefined;
	/** The audit tells of it under its id: a record of that id is on disk. */
	readonly recorded?: true;
	/** Why its end could not be recorded. Of what was sent the intent stands in the record; of what was not there may be none. */
	readonly recordFailure?: string | undefined;
};

type Previewed = {readonly preview: Preview; readonly hash: string};
type Checked = Previewed & {readonly checkedAt: number; readonly demand: Demand; readonly readyAt: number};
type Confirmed = Checked & {readonly confirmation: Confirmation};
type Begun = Confirmed & {readonly startedAt: number};

/** One remedy, from proposal to end. Every field can be read in every state; the state says which are certain. */
export type Remedy = Facts &
	(
		| {readonly state: 'proposed' | 'previewing'}
		| ({readonly state: 'checking'} & Previewed)
		/** Waits for an answer. */
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
 * `done` `failed` (nothing happened) `ineffective` (done, did not help) `superseded` (done, and the next act on the same object came before
 * it showed) `unknown` (it may have happened) · `refused` (policy, a lock, the
 * record) `blocked` (a check) `stale` (not what was shown any more) `cancelled` `expired`: nothing was sent.
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

/** What a new plan is made of: all of the selected rows as they are now, or those of them that are left. No rows: it is an undo. */
export type ReplanOffer = {readonly rows: readonly Row[]; readonly isPart: boolean};

export type PlanChange = {readonly field: string; readonly before: string; readonly after: string};

export type RemedyEvent = {readonly at: number} & (
	| {readonly type: 'preview-started'}
	| {readonly type: 'previewed'; readonly preview: Preview; readonly hash: string}
	| {readonly type: 'preview-failed'; readonly failure: RemedyFailure; readonly renewal?: ReplanOffer | undefined}
	| {
			readonly type: 'checked';
			readonly checks: readonly Check[];
			readonly demand: Demand;
			readonly changed?: readonly PlanChange[];
			readonly renewal?: ReplanOffer | undefined;
	  }
	| {readonly type: 'check-failed'; readonly failure: RemedyFailure}
	| {readonly type: 'answered'; readonly answer: DemandAnswer}
	| {readonly type: 'recheck-started'}
	| {readonly type: 'refused'; readonly reason: string; readonly hint: string}
	/** The record that is on disk: its id and the hash of the plan that it holds. */
	| {readonly type: 'intent-written'; readonly record: string; readonly planHash: string}
	| {readonly type: 'sent'; readonly receipt: Receipt}
	| {
			readonly type: 'run-failed';
			readonly failure: RemedyFailure;
			readonly harmless: boolean;
			readonly renewal?: ReplanOffer | undefined;
	  }
	| {readonly type: 'looked'; readonly outcome: RemedyOutcome}
	/** The record of a refusal is on disk. */
	| {readonly type: 'recorded'}
	| {readonly type: 'record-failed'; readonly message: string}
	| {readonly type: 'cancelled'}
	| {readonly type: 'ticked'}
);

/** How a remedy begins. `id` is the id that the record of the intent will have. */
export const createRemedy = (given: {
	readonly id: string;
	readonly action: {readonly id: string; readonly title: string};
	readonly target: string;
	readonly params: Params;
	readonly undoOf?: string | undefined;
	readonly at: number;
}): Remedy => ({
	state: 'proposed',
	id: given.id,
	action: {id: given.action.id, title: given.action.title},
	target: given.target,
	params: given.params,
	undoOf: given.undoOf,
	proposedAt: given.at,
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

/** Still before the point of no return: leaving does nothing to any system. */
export const isWaiting = (remedy: Remedy): boolean => waiting.has(remedy.state);

/** Confirmed, and not yet at its end. */
export const isInProgress = (remedy: Remedy): boolean => !isWaiting(remedy) && !hasEnded(remedy);

/** Sent and answered: all that is left is to look whether it helped, for which nothing else has to wait. */
export const isSettling = (remedy: Remedy): boolean => remedy.state === 'verifying';

/**
 * An end before anything was sent that the record tells of, under the id of the remedy: a refusal, and a failure of what a person had
 * confirmed. What was never confirmed and came to nothing is not recorded.
 */
export const isRecordedRefusal = (remedy: Remedy): boolean =>
	remedy.startedAt === undefined &&
	(remedy.state === 'refused' ||
		remedy.state === 'blocked' ||
		remedy.state === 'stale' ||
		(remedy.state === 'failed' && remedy.confirmation !== undefined));

export const hasEnded = (remedy: Remedy): boolean => ends.has(remedy.state);
