import type {Check, Preview} from '../contract/action.ts';
import type {Row} from '../contract/row.ts';
import {isAdapterError} from '../errors.ts';
import type {PlanChange, ReplanOffer} from './remedy-state.ts';
import type {RunContext} from './run-context.ts';
import type {TimedCalls} from './timed-calls.ts';

const readMs = 5000;

/** What is there now in place of what a plan was about. */
export type CurrentState = {readonly changed: readonly PlanChange[]; readonly renewal: ReplanOffer | undefined};

/**
 * Of the selected rows those that still are what the plan says, or without a plan what their rows say, when that is some of them and not all.
 * Undefined too when it cannot be read.
 */
export async function findUnchangedRows(
	asking: TimedCalls,
	job: RunContext,
	plan: unknown,
): Promise<ReplanOffer | undefined> {
	const {action, rows} = job;
	if (rows.length < 2 || action.unchangedRows === undefined) return undefined;
	try {
		const left = await asking.read(job, {ms: readMs, what: 'looking at those that are left'}, async context =>
			action.unchangedRows?.(rows, plan, context),
		);
		if (left === undefined || left.length === 0 || left.length === rows.length) return undefined;
		return {rows: left, isPart: true};
	} catch {
		// The offer is missing then; that nothing was sent, and why, is shown all the same.
		return undefined;
	}
}

/** Looks at what became of a plan that moved, and which new plan can be made in its place. Never rejects. */
export async function readCurrentState(
	asking: TimedCalls,
	job: RunContext,
	shown: Preview,
	moved: Check,
): Promise<CurrentState> {
	const part = await findUnchangedRows(asking, job, shown.plan);
	const boundTo = (after: string): PlanChange => ({field: 'bound to', before: shown.boundTo, after});
	try {
		const now = await asking.read(job, {ms: readMs, what: 'a second preview'}, job.preview);
		const changed = [...touchesChange(shown, now), boundTo(now.boundTo === shown.boundTo ? moved.detail : now.boundTo)];
		return {changed, renewal: part ?? {rows: job.rows, isPart: false}};
	} catch (error) {
		const after = isAdapterError(error) && error.kind === 'conflict' ? error.message : moved.detail;
		return {changed: [boundTo(after)], renewal: part};
	}
}

/** Of one object what it is now; of several, the check of each says it. */
function touchesChange(shown: Preview, now: Preview): readonly PlanChange[] {
	const [before = ''] = shown.touches;
	const [after = ''] = now.touches;
	return shown.count === 1 && now.count === 1 && before !== after ? [{field: 'acts on', before, after}] : [];
}

/** The rows of a new plan, with what was read of them last. */
export const latestRows = (rows: readonly Row[], latest: ReadonlyMap<string, Row>): readonly Row[] =>
	rows.map(row => latest.get(row.id) ?? row);
