import type {UnresolvedIntent} from '../audit/unresolved-intents.ts';
import type {Action, ActionContext, Outcome} from '../contract/action.ts';
import {AdapterError, messageOf} from '../errors.ts';
import type {Clock} from '../time/clock.ts';
import {withDeadline} from '../time/deadline.ts';
import {hashPlan} from './plan.ts';
import type {LiveConnection} from './run-context.ts';

const recheckTimeoutMs = 10_000;

/**
 * Reads what became of something whose end is not known, by the look that its action has for that, and sends nothing. Settling stays with a
 * person: what is there now may also have come about in another way.
 * @returns what is seen in a sentence; undefined when the record does not hold the whole plan, or no such action is known any more.
 * @throws whatever the target failed with.
 */
export async function recheckOutcome(
	open: UnresolvedIntent,
	options: {
		readonly clock: Clock;
		readonly actionOf: (id: string) => Action | undefined;
		/** The live connection of a target. @throws AdapterError */
		readonly resolve: (target: string) => Promise<LiveConnection>;
	},
): Promise<string | undefined> {
	const {clock, actionOf, resolve} = options;
	const action = actionOf(open.action.id);
	const {plan, receipt} = open;
	// A plan of which something was masked or left out is another plan.
	if (action === undefined || plan === undefined || hashPlan(action.id, open.target, plan) !== open.planHash)
		return undefined;
	const late = () =>
		new AdapterError('timeout', `looking took longer than ${recheckTimeoutMs / 1000} s`, 'look by hand');
	return withDeadline({clock, timeoutMs: recheckTimeoutMs, createTimeoutError: late}, async signal => {
		const {port, target} = await resolve(open.target);
		const context: ActionContext<unknown> = {
			signal,
			now: clock.now,
			port,
			target,
			record: open.id,
			saveFile: () => Promise.reject(new AdapterError('denied', 'a look keeps nothing', 'nothing was sent')),
		};
		// Of several objects only the receipt tells to which of them it was sent.
		if (receipt !== undefined || open.count === 1)
			return describeOutcome(await action.verify(plan, receipt ?? {summary: '', before: {}}, context));
		const moved = (await action.preflight(plan, context)).filter(check => check.conflict === true);
		if (moved.length === 0) return 'all of it is still as it was before';
		return `not as it was before: ${moved.map(({detail}) => detail).join('; ')}`;
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

/** A failed look in a sentence: it is tried again when the target answers. */
export const recheckFailedText = (error: unknown): string => `it could not be looked at: ${messageOf(error)}`;
