import type {Check, Preview} from '../contract/action.ts';
import type {Row} from '../contract/row.ts';
import {isAdapterError} from '../errors.ts';
import type {PlanChange, ReplanOffer} from './remedy-state.ts';
import type {RunContext} from './run-context.ts';
import type {TimedCalls} from './timed-calls.ts';

const readTimeoutMs = 5000;

/** What is on the server now in place of what a stale plan was about. */
export type CurrentState = {
	readonly changed: readonly PlanChange[];
	readonly replanOffer: ReplanOffer | undefined;
};

/**
 * The selected rows that still match the plan, or without a plan match what was read of them. Undefined when all or none of them do, when the
 * action does not support it, and when they cannot be read.
 */
export async function findUnchangedRows(
	calls: TimedCalls,
	run: RunContext,
	plan: unknown,
): Promise<ReplanOffer | undefined> {
	const {action, rows} = run;
	if (rows.length < 2 || action.unchangedRows === undefined) return undefined;
	try {
		const limit = {timeoutMs: readTimeoutMs, what: 'reading the unchanged rows'};
		const unchanged = await calls.read(run, limit, async context => action.unchangedRows?.(rows, plan, context));
		if (unchanged === undefined || unchanged.length === 0 || unchanged.length === rows.length) return undefined;
		return {rows: unchanged, isPart: true};
	} catch {
		// Only the offer is missing then: that nothing was sent, and why, is shown all the same.
		return undefined;
	}
}

/** Reads what changed on the server, and which rows a new plan can be made for. Never rejects. */
export async function readCurrentState(
	calls: TimedCalls,
	run: RunContext,
	{shown, conflict}: {readonly shown: Preview; readonly conflict: Check},
): Promise<CurrentState> {
	const part = await findUnchangedRows(calls, run, shown.plan);
	const bindingChange = (after: string): PlanChange => ({field: 'bound to', before: shown.checkedIdentity, after});
	try {
		const now = await calls.read(run, {timeoutMs: readTimeoutMs, what: 'the second preview'}, run.preview);
		const after = now.checkedIdentity === shown.checkedIdentity ? conflict.detail : now.checkedIdentity;
		const changed = [...touchesChange(shown, now), bindingChange(after)];
		return {changed, replanOffer: part ?? {rows: run.rows, isPart: false}};
	} catch (error) {
		const after = isAdapterError(error) && error.kind === 'conflict' ? error.message : conflict.detail;
		return {changed: [bindingChange(after)], replanOffer: part};
	}
}

/** For one object, how its line changed. With several, the check of each object says it. */
function touchesChange(shown: Preview, now: Preview): readonly PlanChange[] {
	const [before = ''] = shown.touches;
	const [after = ''] = now.touches;
	return shown.count === 1 && now.count === 1 && before !== after ? [{field: 'acts on', before, after}] : [];
}

/** The rows of a new plan, each as it was read last. */
export const latestRows = (rows: readonly Row[], latest: ReadonlyMap<string, Row>): readonly Row[] =>
	rows.map(row => latest.get(row.id) ?? row);
