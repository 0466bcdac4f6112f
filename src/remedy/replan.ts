import type {Check, Preview} from '../contract/action.ts';
import type {Row} from '../contract/row.ts';
import {isAdapterError} from '../errors.ts';
import type {Change, Renewal} from './remedy-state.ts';
import type {Job} from './run-context.ts';
import type {Asking} from './timed-calls.ts';

const readMs = 5000;

/** What is there now in place of what a plan was about. */
export type Present = {readonly changed: readonly Change[]; readonly renewal: Renewal | undefined};

/**
 * Of the selected rows those that still are what the plan says, or without a plan what their rows say, when that is some of them and not all.
 * Undefined too when it cannot be read.
 */
export async function partLeft(asking: Asking, job: Job, plan: unknown): Promise<Renewal | undefined> {
	const {action, rows} = job;
	if (rows.length < 2 || action.left === undefined) return undefined;
	try {
		const left = await asking.ask(job, {ms: readMs, what: 'looking at those that are left'}, async context =>
			action.left?.(rows, plan, context),
		);
		if (left === undefined || left.length === 0 || left.length === rows.length) return undefined;
		return {rows: left, isPart: true};
	} catch {
		// The offer is missing then; that nothing was sent, and why, is shown all the same.
		return undefined;
	}
}

/** Looks at what became of a plan that moved, and which new plan can be made in its place. Never rejects. */
export async function presentOf(asking: Asking, job: Job, shown: Preview, moved: Check): Promise<Present> {
	const part = await partLeft(asking, job, shown.plan);
	const boundTo = (after: string): Change => ({field: 'bound to', before: shown.bound, after});
	try {
		const now = await asking.ask(job, {ms: readMs, what: 'a second preview'}, job.preview);
		const changed = [...actsOn(shown, now), boundTo(now.bound === shown.bound ? moved.detail : now.bound)];
		return {changed, renewal: part ?? {rows: job.rows, isPart: false}};
	} catch (error) {
		const after = isAdapterError(error) && error.kind === 'conflict' ? error.message : moved.detail;
		return {changed: [boundTo(after)], renewal: part};
	}
}

/** Of one object what it is now; of several, the check of each says it. */
function actsOn(shown: Preview, now: Preview): readonly Change[] {
	const [before = ''] = shown.touches;
	const [after = ''] = now.touches;
	return shown.count === 1 && now.count === 1 && before !== after ? [{field: 'acts on', before, after}] : [];
}

/** The rows of a new plan, with what was read of them last. */
export const freshRows = (rows: readonly Row[], latest: ReadonlyMap<string, Row>): readonly Row[] =>
	rows.map(row => latest.get(row.id) ?? row);
