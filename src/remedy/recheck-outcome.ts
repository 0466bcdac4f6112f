import type {UnresolvedIntent} from '../audit/unresolved-intents.ts';
import type {Action, ActionContext, Outcome} from '../contract/action.ts';
import {AdapterError, messageOf} from '../errors.ts';
import type {Clock} from '../time/clock.ts';
import {withDeadline} from '../time/deadline.ts';
import {hashPlan} from './plan.ts';
import type {LiveConnection} from './run-context.ts';

const recheckTimeoutMs = 10_000;

/**
 * Reads with the verification of its action what became of an unresolved intent. Sends nothing. A person resolves the intent: the present state
 * may have another cause.
 * @returns one sentence; undefined when the record does not hold the complete plan, or the action does not exist any more
 * @throws the error of the target
 */
export async function recheckOutcome(
	open: UnresolvedIntent,
	options: {
		readonly clock: Clock;
		readonly actionOf: (id: string) => Action | undefined;
		/** The open connection of a target. @throws AdapterError */
		readonly resolve: (target: string) => Promise<LiveConnection>;
	},
): Promise<string | undefined> {
	const {clock, actionOf, resolve} = options;
	const action = actionOf(open.action.id);
	const {plan, receipt} = open;
	// A plan that was redacted or shortened in the record has another hash.
	if (action === undefined || plan === undefined || hashPlan(action.id, open.target, plan) !== open.planHash)
		return undefined;
	const createTimeoutError = () =>
		new AdapterError('timeout', `the check took longer than ${recheckTimeoutMs / 1000} s`, 'check it on the server');
	return withDeadline({clock, timeoutMs: recheckTimeoutMs, createTimeoutError}, async signal => {
		const {port, target} = await resolve(open.target);
		const context: ActionContext<unknown> = {
			signal,
			now: clock.now,
			port,
			target,
			record: open.id,
			saveFile: () => Promise.reject(new AdapterError('denied', 'a check saves no file', 'nothing was sent')),
		};
		// With several objects only the receipt says to which of them it was sent.
		if (receipt !== undefined || open.count === 1)
			return describeOutcome(await action.verify(plan, receipt ?? {summary: '', before: {}}, context));
		const conflicts = (await action.preflight(plan, context)).filter(check => check.conflict === true);
		if (conflicts.length === 0) return 'it is still as it was before';
		return `it is not as it was before: ${conflicts.map(({detail}) => detail).join('; ')}`;
	});
}

function describeOutcome({result, detail}: Outcome): string {
	switch (result) {
		case 'done':
			return `it looks done: ${detail}`;
		case 'pending':
		case 'ineffective':
			return `it does not look done: ${detail}`;
		case 'unknown':
			return `whether it was done is not known: ${detail}`;
	}
}

/** Describes a failed check in a sentence. It is retried when the target answers. */
export const recheckFailedText = (error: unknown): string => `it could not be checked: ${messageOf(error)}`;
