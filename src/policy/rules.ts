import type {TargetAttributes} from '../contract/target-attributes.ts';
import {editDistance} from '../text/closest.ts';
import {type RuleMatch, ruleMatches} from './rule-match.ts';

export type LeastDemand = 'type' | 'type-count-reason';

/** The effects of a rule on its targets. */
type RuleEffects = {
	readonly readOnly?: boolean | undefined;
	/** Action ids, `postgres.*` for all of a system, or `*`. */
	readonly forbid?: readonly string[] | undefined;
	/** The minimum demand for any action. */
	readonly leastDemand?: LeastDemand | undefined;
	/** An action that touches more objects than this is refused. */
	readonly maxObjects?: number | undefined;
};

/** `line`: 1-based, in the policy file. */
export type Rule = RuleEffects & {readonly match: RuleMatch; readonly line?: number | undefined};

/**
 * The machine policy, which the administrator writes in /etc/midwatch/policy.yaml. Each field can only restrict: no field and no value allows
 * more than is allowed without it.
 */
export type PolicyFile = RuleEffects & {
	/** Guards every target, including those declared `production: false`. */
	readonly guard?: 'all' | undefined;
	/** Names of targets that cannot be armed. */
	readonly readOnlyTargets?: readonly string[] | undefined;
	/** Minutes until an idle target is no longer armed; counts only below 10. */
	readonly armMinutes?: number | undefined;
	/** Absolute paths: no other program of a kubeconfig runs. */
	readonly execPlugins?: readonly string[] | undefined;
	readonly rules?: readonly Rule[] | undefined;
	/** The audit sinks, as in src/config/audit-schema.ts; used here only for comparison. */
	readonly audit?: {readonly sinks: readonly unknown[]} | undefined;
	/** The line of each top-level key, from 1. */
	readonly lines?: Readonly<Record<string, number>> | undefined;
};

/** A value that the policy sets for a target, and its line. */
type RuleValue<T> = {readonly value: T; readonly line: number | undefined};

/** The combined limits of the policy file for one target. */
export type TargetLimits = {
	/** Why it cannot be armed. */
	readonly readOnly: string | undefined;
	readonly forbid: readonly RuleValue<string>[];
	readonly leastDemand: RuleValue<LeastDemand> | undefined;
	readonly maxObjects: RuleValue<number> | undefined;
};

export const lineSuffix = (line: number | undefined): string => (line === undefined ? '' : ` (line ${line})`);

/** Combines the file and its matching rules for one target. `all`: the names of all targets; `attributes` undefined: unknown. */
export function resolveLimits(
	file: PolicyFile,
	{
		name,
		attributes,
		all,
	}: {readonly name: string; readonly attributes: TargetAttributes | undefined; readonly all: readonly string[]},
): TargetLimits {
	const rules = (file.rules ?? []).filter(rule => attributes === undefined || ruleMatches(rule.match, attributes));
	const own = (key: keyof PolicyFile) => file.lines?.[key];
	const effects = [{...file, line: undefined, lineOf: own}, ...rules.map(rule => ({...rule, lineOf: () => rule.line}))];
	const demands = effects.flatMap(({leastDemand, lineOf}) =>
		leastDemand === undefined ? [] : [{value: leastDemand, line: lineOf('leastDemand')}],
	);
	const limits = effects.flatMap(({maxObjects, lineOf}) =>
		maxObjects === undefined ? [] : [{value: maxObjects, line: lineOf('maxObjects')}],
	);
	return {
		readOnly: readOnlyBy(file, rules, name, all),
		forbid: effects.flatMap(({forbid = [], lineOf}) =>
			forbid.filter(pattern => mayConcern(pattern, attributes)).map(value => ({value, line: lineOf('forbid')})),
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
	const subject = 'the policy file of this machine';
	if (file.readOnly === true) return `${subject} makes everything read-only${lineSuffix(file.lines?.['readOnly'])}`;
	const line = lineSuffix(file.lines?.['readOnlyTargets']);
	const listed = file.readOnlyTargets ?? [];
	if (listed.some(entry => sameName(entry, name))) return `${subject} makes ${name} read-only${line}`;
	const meant = listed.find(entry => isTypo(entry, name) && !all.some(other => sameName(entry, other)));
	if (meant !== undefined)
		return `${subject} makes ${meant} read-only${line}: no target here is called so, and ${name} is one letter from it`;
	const rule = rules.find(({readOnly}) => readOnly === true);
	return rule && `a rule in ${subject} makes it read-only${lineSuffix(rule.line)}`;
}

/** Compares names without case: the configuration has no two names that differ only in case. */
const sameName = (name: string, other: string): boolean => name.toLowerCase() === other.toLowerCase();

/**
 * Whether one name is probably the other, misspelt: exactly one part between dots, dashes and underscores differs, by one letter, and both
 * spellings have at least 4 letters. `orders-1` and `orders-2`, `db-a` and `db-b`, `eu-orders` and `us-orders` are different names.
 */
function isTypo(entry: string, name: string): boolean {
	const [parts, others] = [entry, name].map(text => text.toLowerCase().split(/[-._]/));
	if (parts === undefined || others === undefined || parts.length !== others.length) return false;
	const differing = parts.flatMap((part, index) => (part === others[index] ? [] : [[part, others[index] ?? '']]));
	const [[a = '', b = ''] = []] = differing;
	return differing.length === 1 && /^[a-z]{4,}$/.test(a) && /^[a-z]{4,}$/.test(b) && editDistance(a, b) === 1;
}

/** Whether an entry of `forbid` can match an action of this system. */
const mayConcern = (pattern: string, attributes: TargetAttributes | undefined): boolean =>
	attributes === undefined || pattern === '*' || pattern.startsWith(`${attributes.kind}.`);

/** Whether an entry of `forbid` matches an action. */
export const forbidsAction = (pattern: string, action: string): boolean =>
	pattern === '*' || pattern === action || (pattern.endsWith('.*') && action.startsWith(pattern.slice(0, -1)));

/** Describes each limit of a target in a few words; empty when there is none. */
export function describeLimits({readOnly, forbid, leastDemand, maxObjects}: TargetLimits): readonly string[] {
	if (readOnly !== undefined) return [readOnly];
	return [
		...forbid.map(({value, line}) => `${value === '*' ? 'every action' : value} is forbidden${lineSuffix(line)}`),
		...(leastDemand === undefined
			? []
			: [`any action requires at least ${leastDemand.value}${lineSuffix(leastDemand.line)}`]),
		...(maxObjects === undefined ? [] : [`at most ${maxObjects.value} objects${lineSuffix(maxObjects.line)}`]),
	];
}

/** Describes the names and rules of the file that match no configured target, one sentence each. */
export function describeUnmatchedRules(
	file: PolicyFile,
	targets: readonly {readonly name: string; readonly attributes: TargetAttributes | undefined}[],
): readonly string[] {
	const names = (file.readOnlyTargets ?? []).filter(entry => !targets.some(({name}) => sameName(entry, name)));
	const rules = (file.rules ?? []).flatMap(({match, line}, index) => {
		if (targets.some(({attributes}) => attributes === undefined || ruleMatches(match, attributes))) return [];
		return [line === undefined ? `rule ${index + 1}` : `the rule at line ${line}`];
	});
	return [
		...names.map(
			entry => `readOnlyTargets${lineSuffix(file.lines?.['readOnlyTargets'])}: no target here is called ${entry}`,
		),
		...rules.map(rule => `${rule} is about no target here`),
	];
}
