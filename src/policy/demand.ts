import type {Preview} from '../contract/action.ts';
import {cleanLine} from '../text/clean.ts';
import {limitsFor, type Policy, type Refusal, refusalFor} from './policy.ts';
import {lineSuffix} from './rules.ts';
import {shortName} from './short-name.ts';

/** How long a person has to look at the gravest demand before it can be answered. */
export const highRiskDelayMs = 3000;

/** What a person has to do before an action is sent. */
export type Demand =
	| Refusal
	/** The key, then Enter, each in a read of its own: see src/session/key-then-enter.ts. */
	| {readonly kind: 'key'; readonly key: 'y'}
	/** `text`: the short name of the object. */
	| {readonly kind: 'type'; readonly text: string}
	/** The same, the number of objects, and a reason; nothing is taken before `delayMs` have passed since it was shown. */
	| {readonly kind: 'type-count-reason'; readonly text: string; readonly count: number; readonly delayMs: number};

/** What a person did. `pasted` is set when any part of it came by a paste. A `reason` may be given for any action; it goes into the record. */
export type DemandAnswer =
	| {readonly kind: 'key'; readonly key: string; readonly reason?: string; readonly pasted?: boolean}
	| {
			readonly kind: 'typed';
			readonly text: string;
			readonly count?: string;
			readonly reason?: string;
			readonly pasted?: boolean;
	  };

/** What is about to be done, as far as policy cares. `hash` is that of the plan, in hex. */
export type DemandInput = {
	readonly action: string;
	readonly hash: string;
	readonly preview: Pick<Preview, 'target' | 'object' | 'count' | 'risk' | 'undo'>;
};

type DemandLevel = 'key' | 'type' | 'type-count-reason';

const demandLevels: readonly DemandLevel[] = ['key', 'type', 'type-count-reason'];

/**
 * In proportion to what can be lost: one object that is undone exactly takes one key; one object without an exact way back its name; several
 * objects, or data that goes, the number, the name and a reason. See docs/adr/0013-answered-in-two-reads.md.
 */
function demandLevelOf({count, risk, undo}: DemandInput['preview']): DemandLevel {
	if (count > 1 || risk === 'high') return 'type-count-reason';
	return undo.class === 'exact' ? 'key' : 'type';
}

/** What has to be done before this deed. */
export function demandFor(policy: Policy, deed: DemandInput, now: number): Demand {
	const {target, object, count} = deed.preview;
	const refusal = refusalFor(policy, deed.action, target, now);
	if (refusal) return refusal;
	const bounds = limitsFor(policy, target);
	const limit = bounds.maxObjects;
	if (limit !== undefined && count > limit.value) {
		return {
			kind: 'refused',
			reason: `it touches ${count} objects; the policy file of this machine allows ${limit.value}${lineSuffix(limit.line)}`,
			hint: 'mark fewer rows and try again',
		};
	}
	const own = demandLevelOf(deed.preview);
	const least = bounds.leastDemand?.value ?? 'key';
	const weight = demandLevels.indexOf(least) > demandLevels.indexOf(own) ? least : own;
	if (weight === 'key') return {kind: 'key', key: 'y'};
	// As it is drawn: what cannot be seen cannot be typed.
	const text = shortName(cleanLine(object), deed.hash);
	return weight === 'type' ? {kind: 'type', text} : {kind: 'type-count-reason', text, count, delayMs: highRiskDelayMs};
}

/** A line break, an escape or any other control character cannot be typed into a field: it was pasted. */
const looksPasted = (text: string): boolean => /[\u0000-\u001f\u007f-\u009f]/.test(text);

/** What is wrong with a typed reason; undefined when it says something. */
export const reasonProblem = (reason = ''): string | undefined =>
	reason.trim().length < 3 ? 'give a reason in a few words: it is kept in the record' : undefined;

/** The fields of a demand that is typed, in their order. */
export const demandFields = ['text', 'count', 'reason'] as const;

/** The first field that does not hold what is demanded, and the sentence that says what it needs; undefined when all do. */
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
 * Whether the answer meets the demand, `shownForMs` after the demand was shown.
 * @returns undefined when it does, else the sentence that says what is missing.
 */
export function unmetReason(demand: Demand, answer: DemandAnswer, shownForMs: number): string | undefined {
	if (demand.kind === 'refused') return demand.reason;
	if (answer.pasted) return 'pasted text is not taken: type it';
	const typed = answer.kind === 'typed' ? answer.text + (answer.count ?? '') : '';
	if (looksPasted(typed + (answer.reason ?? ''))) return 'pasted text is not taken: type it';
	if (demand.kind === 'key') {
		return answer.kind === 'key' && answer.key === demand.key ? undefined : `press ${demand.key}, then enter, to go on`;
	}
	const wrong = firstWrongField(demand, answer);
	if (wrong !== undefined) return wrong.text;
	if (demand.kind === 'type-count-reason' && shownForMs < demand.delayMs)
		return 'look at it once more: it can be sent in a moment';
	return undefined;
}
