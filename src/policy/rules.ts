import {editDistance} from '../text/closest.ts';
import {type RuleMatch, ruleMatches, type TargetAttributes} from './rule-match.ts';

export type LeastDemand = 'type' | 'type-count-reason';

/** What a rule does to the targets that it is about. */
type RuleEffects = {
	readonly readOnly?: boolean | undefined;
	/** Action ids, `postgres.*` for all of a system, or `*`. */
	readonly forbid?: readonly string[] | undefined;
	/** The least that is asked for any action. */
	readonly leastDemand?: LeastDemand | undefined;
	/** An action that touches more objects than this is refused. */
	readonly maxObjects?: number | undefined;
};

/** `line`: where it is in the file, from 1. */
export type Rule = RuleEffects & {readonly match: RuleMatch; readonly line?: number | undefined};

/**
 * What the machine's administrator decided, from /etc/midwatch/policy.yaml. Each field can only tighten: there is no field, and no value
 * of a field, that allows more than there would be without it.
 */
export type PolicyFile = RuleEffects & {
	/** Guards every target, also those declared `production: false`. */
	readonly guard?: 'all' | undefined;
	/** Names of targets that cannot be armed. */
	readonly readOnlyTargets?: readonly string[] | undefined;
	/** Minutes until an idle target is no longer armed; counts only below 10. */
	readonly armMinutes?: number | undefined;
	/** Absolute paths: no other program of a kubeconfig runs. */
	readonly execPlugins?: readonly string[] | undefined;
	readonly rules?: readonly Rule[] | undefined;
	/** Copies of the record outside, as src/config/audit-schema.ts has it; here only to be compared. */
	readonly audit?: {readonly sinks: readonly unknown[]} | undefined;
	/** The line of each top-level key, from 1. */
	readonly lines?: Readonly<Record<string, number>> | undefined;
};

/** One thing that the policy says of a target, and the line that says it. */
type RuleValue<T> = {readonly value: T; readonly line: number | undefined};

/** What the policy file comes to for one target. */
export type TargetLimits = {
	/** Why it cannot be armed. */
	readonly readOnly: string | undefined;
	readonly forbid: readonly RuleValue<string>[];
	readonly leastDemand: RuleValue<LeastDemand> | undefined;
	readonly maxObjects: RuleValue<number> | undefined;
};

export const lineSuffix = (line: number | undefined): string => (line === undefined ? '' : ` (line ${line})`);

/** `name`: what the user calls the target; `all`: what all targets here are called; `place` undefined: nothing is known of it. */
export function resolveLimits(
	file: PolicyFile,
	{
		name,
		place,
		all,
	}: {readonly name: string; readonly place: TargetAttributes | undefined; readonly all: readonly string[]},
): TargetLimits {
	const rules = (file.rules ?? []).filter(rule => place === undefined || ruleMatches(rule.match, place));
	const own = (key: keyof PolicyFile) => file.lines?.[key];
	const said = [{...file, line: undefined, lineOf: own}, ...rules.map(rule => ({...rule, lineOf: () => rule.line}))];
	const demands = said.flatMap(({leastDemand, lineOf}) =>
		leastDemand === undefined ? [] : [{value: leastDemand, line: lineOf('leastDemand')}],
	);
	const limits = said.flatMap(({maxObjects, lineOf}) =>
		maxObjects === undefined ? [] : [{value: maxObjects, line: lineOf('maxObjects')}],
	);
	return {
		readOnly: readOnlyBy(file, rules, name, all),
		forbid: said.flatMap(({forbid = [], lineOf}) =>
			forbid.filter(word => mayConcern(word, place)).map(value => ({value, line: lineOf('forbid')})),
		),
		leastDemand: demands.find(({value}) => value === 'type-count-reason') ?? demands[0],
		maxObjects: limits.toSorted((a, b) => a.value - b.value)[0],
	};
}

function readOnlyBy(
	file: PolicyFile,
	rules: readonly Rule[],
	name: string,
	all: readonly string[],
): string | undefined {
	const who = 'the policy file of this machine';
	if (file.readOnly === true) return `${who} makes everything read-only${lineSuffix(file.lines?.['readOnly'])}`;
	const line = lineSuffix(file.lines?.['readOnlyTargets']);
	const listed = file.readOnlyTargets ?? [];
	if (listed.some(one => sameName(one, name))) return `${who} makes ${name} read-only${line}`;
	const meant = listed.find(one => isTypo(one, name) && !all.some(other => sameName(one, other)));
	if (meant !== undefined)
		return `${who} makes ${meant} read-only${line}: no target here is called so, and ${name} is one letter from it`;
	const rule = rules.find(one => one.readOnly === true);
	return rule && `a rule in ${who} makes it read-only${lineSuffix(rule.line)}`;
}

/** The configuration holds no two names that differ in case alone. */
const sameName = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/**
 * Whether one name is most likely the other, misspelt: one part between dots and dashes differs, by one letter, and is long enough to be a
 * word. `orders-1` and `orders-2`, `db-a` and `db-b`, `eu-orders` and `us-orders` are names of their own.
 */
function isTypo(one: string, other: string): boolean {
	const [parts, others] = [one, other].map(name => name.toLowerCase().split(/[-._]/));
	if (parts === undefined || others === undefined || parts.length !== others.length) return false;
	const differing = parts.flatMap((part, index) => (part === others[index] ? [] : [[part, others[index] ?? '']]));
	const [[a = '', b = ''] = []] = differing;
	return differing.length === 1 && /^[a-z]{4,}$/.test(a) && /^[a-z]{4,}$/.test(b) && editDistance(a, b) === 1;
}

/** Whether a word of `forbid` can be about an action of this system. */
const mayConcern = (word: string, place: TargetAttributes | undefined): boolean =>
	place === undefined || word === '*' || word.startsWith(`${place.kind}.`);

/** Whether one word of `forbid` is about an action. */
export const forbidsAction = (word: string, action: string): boolean =>
	word === '*' || word === action || (word.endsWith('.*') && action.startsWith(word.slice(0, -1)));

/** What the policy file says of one target, in a few words each; empty when it says nothing of it. */
export function describeLimits({readOnly, forbid, leastDemand, maxObjects}: TargetLimits): readonly string[] {
	if (readOnly !== undefined) return [readOnly];
	return [
		...forbid.map(({value, line}) => `${value === '*' ? 'every action' : value} is forbidden${lineSuffix(line)}`),
		...(leastDemand === undefined
			? []
			: [`any action asks for at least ${leastDemand.value}${lineSuffix(leastDemand.line)}`]),
		...(maxObjects === undefined ? [] : [`at most ${maxObjects.value} objects${lineSuffix(maxObjects.line)}`]),
	];
}

/** What the file says that is about no target here, one sentence each. */
export function describeUnmatchedRules(
	file: PolicyFile,
	targets: readonly {readonly name: string; readonly place: TargetAttributes | undefined}[],
): readonly string[] {
	const names = (file.readOnlyTargets ?? []).filter(one => !targets.some(({name}) => sameName(one, name)));
	const rules = (file.rules ?? []).flatMap(({match, line}, index) => {
		if (targets.some(({place}) => place === undefined || ruleMatches(match, place))) return [];
		return [line === undefined ? `rule ${index + 1}` : `the rule at line ${line}`];
	});
	return [
		...names.map(
			one => `readOnlyTargets${lineSuffix(file.lines?.['readOnlyTargets'])}: no target here is called ${one}`,
		),
		...rules.map(rule => `${rule} is about no target here`),
	];
}
