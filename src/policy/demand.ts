import type {Preview} from '../contract/action.ts';
import {cleanLine} from '../text/clean.ts';
import {limitsFor, type Policy, type Refusal, refusalFor} from './policy.ts';
import {lineSuffix} from './rules.ts';
import {shortName} from './short-name.ts';

/** The delay before the highest demand can be answered, in milliseconds. */
export const highRiskDelayMs = 3000;

/** What the user must enter before an action is sent. */
export type Demand =
	| Refusal
	/** The key, then Enter, each in a separate read: see src/session/key-then-enter.ts. */
	| {readonly kind: 'key'; readonly key: 'y'}
	/** `text`: the short name of the object. */
	| {readonly kind: 'type'; readonly text: string}
	/** The short name, the number of objects and a reason. No answer is accepted within `delayMs` after it was shown. */
	| {readonly kind: 'type-count-reason'; readonly text: string; readonly count: number; readonly delayMs: number};

/** What the user entered. `pasted` is set when any part was pasted. A `reason` is allowed for any action; it goes into the record. */
export type DemandAnswer =
	| {readonly kind: 'key'; readonly key: string; readonly reason?: string; readonly pasted?: boolean}
	| {
			readonly kind: 'typed';
			readonly text: string;
			readonly count?: string;
			readonly reason?: string;
			readonly pasted?: boolean;
	  };

/** The parts of a plan that decide its demand. `hash` is the hash of the plan, in hex. */
export type DemandInput = {
	readonly action: string;
	readonly hash: string;
	readonly preview: Pick<Preview, 'target' | 'object' | 'count' | 'risk' | 'undo'>;
};

type DemandLevel = 'key' | 'type' | 'type-count-reason';

const demandLevels: readonly DemandLevel[] = ['key', 'type', 'type-count-reason'];

/**
 * Returns the demand in proportion to what can be lost: a key for one object with an exact undo; the name for one object without; number, name
 * and reason for several objects or for data loss. See docs/adr/0013-answered-in-two-reads.md.
 */
function demandLevelOf({count, risk, undo}: DemandInput['preview']): DemandLevel {
	if (count > 1 || risk === 'high') return 'type-count-reason';
	return undo.class === 'exact' ? 'key' : 'type';
}

/** Returns what the user must enter before this plan is sent, or why it is refused. */
export function demandFor(policy: Policy, input: DemandInput, now: number): Demand {
	const {target, object, count} = input.preview;
	const refusal = refusalFor(policy, input.action, target, now);
	if (refusal) return refusal;
	const limits = limitsFor(policy, target);
	const limit = limits.maxObjects;
	if (limit !== undefined && count > limit.value) {
		return {
			kind: 'refused',
			reason: `it touches ${count} objects; the policy file of this machine allows ${limit.value}${lineSuffix(limit.line)}`,
			hint: 'mark fewer rows and try again',
		};
	}
	const actionLevel = demandLevelOf(input.preview);
	const minimum = limits.leastDemand?.value ?? 'key';
	const level = demandLevels.indexOf(minimum) > demandLevels.indexOf(actionLevel) ? minimum : actionLevel;
	if (level === 'key') return {kind: 'key', key: 'y'};
	// Cleaned as on the screen: the user cannot type what is not shown.
	const text = shortName(cleanLine(object), input.hash);
	return level === 'type' ? {kind: 'type', text} : {kind: 'type-count-reason', text, count, delayMs: highRiskDelayMs};
}

/** Whether a text has a control character. It cannot be typed into a field, so the text was pasted. */
const looksPasted = (text: string): boolean => /[\u0000-\u001f\u007f-\u009f]/.test(text);

/** Says what is wrong with a typed reason; undefined when it is accepted. */
export const reasonProblem = (reason = ''): string | undefined =>
	reason.trim().length < 3 ? 'give a reason in a few words: it is written to the record' : undefined;

/** The fields of a typed demand, in their order. */
export const demandFields = ['text', 'count', 'reason'] as const;

/** Returns the first field that does not meet the demand, with a text that says what it needs; undefined when all do. */
export function firstWrongField(
	demand: Demand,
	answer: DemandAnswer,
): {readonly field: (typeof demandFields)[number]; readonly text: string} | undefined {
	if (demand.kind !== 'type' && demand.kind !== 'type-count-reason') return undefined;
	if (answer.kind !== 'typed' || answer.text !== demand.text)
		return {field: 'text', text: `type ${demand.text} to go on`};
	if (demand.kind === 'type') return undefined;
	if (answer.count !== String(demand.count)) return {field: 'count', text: 'type the number of objects shown above'};
	const text = reasonProblem(answer.reason);
	return text === undefined ? undefined : {field: 'reason', text};
}

/**
 * Checks an answer that was given `shownForMs` after the demand was shown.
 * @returns what is missing; undefined when the answer meets the demand.
 */
export function unmetReason(demand: Demand, answer: DemandAnswer, shownForMs: number): string | undefined {
	if (demand.kind === 'refused') return demand.reason;
	if (answer.pasted) return 'pasted text is not taken: type it';
	const typed = answer.kind === 'typed' ? answer.text + (answer.count ?? '') : '';
	if (looksPasted(typed + (answer.reason ?? ''))) return 'pasted text is not taken: type it';
	if (demand.kind === 'key') {
		return answer.kind === 'key' && answer.key === demand.key ? undefined : `press ${demand.key}, then enter, to go on`;
	}
	const wrongField = firstWrongField(demand, answer);
	if (wrongField !== undefined) return wrongField.text;
	if (demand.kind === 'type-count-reason' && shownForMs < demand.delayMs)
		return 'look at it once more: it can be sent in a moment';
	return undefined;
}
