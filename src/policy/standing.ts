import type {Target} from '../contract.ts';

/**
 * The one place that reads `production`, `--read-only` and what is armed. Pure: a value in, a value out. Whatever may change a system
 * asks here first: what the target's standing is, and what a person has to do before it is changed.
 */

/** A guarded target stays armed for this long after the last thing done on it. */
export const armedIdleMs = 10 * 60_000;

/**
 * What the machine's administrator decided, from /etc/midwatch/policy.yaml. Each field can only tighten: there is no field, and no value
 * of a field, that allows more than there would be without it.
 */
export type PolicyFile = {
	readonly readOnly?: boolean | undefined;
	/** Guards every target, also those declared `production: false`. */
	readonly guard?: 'all' | undefined;
	/** Action ids, or `postgres.*` for all of a system. */
	readonly forbid?: readonly string[] | undefined;
	/** Names of targets that cannot be armed. */
	readonly readOnlyTargets?: readonly string[] | undefined;
	/** Minutes until an idle target is no longer armed; counts only below 10. */
	readonly armMinutes?: number | undefined;
	/** The least that is asked for any action. */
	readonly leastDemand?: 'type' | 'type-count-reason' | undefined;
	/** An action that touches more objects than this is refused. */
	readonly maxObjects?: number | undefined;
};

/** All moments here are monotonic readings of the clock: setting the time of the machine arms nothing for longer. */
type Armed = {
	readonly since: number;
	readonly activeAt: number;
};

export type Policy = {
	readonly readOnly: boolean;
	readonly file: PolicyFile;
	/** `production` by target name. */
	readonly targets: ReadonlyMap<string, boolean>;
	readonly armed: ReadonlyMap<string, Armed>;
};

/** Why something is not done, and what to do about it. */
export type Refusal = {readonly kind: 'refused'; readonly reason: string; readonly hint: string};

/**
 * `open`: declared `production: false`, may be acted on · `guarded`: must be armed first · `armed`: until `until` if nothing is done ·
 * `read-only`: cannot be armed.
 */
export type Standing =
	| {readonly state: 'open'}
	| {readonly state: 'guarded'}
	| {readonly state: 'armed'; readonly since: number; readonly until: number}
	| {readonly state: 'read-only'; readonly reason: string};

/** At the start nothing is armed. */
export const createPolicy = (given: {
	readonly readOnly: boolean;
	readonly targets: readonly Pick<Target, 'name' | 'production'>[];
	readonly file?: PolicyFile | undefined;
}): Policy => ({
	readOnly: given.readOnly || given.file?.readOnly === true,
	file: given.file ?? {},
	targets: new Map(given.targets.map(target => [target.name, target.production])),
	armed: new Map(),
});

const idleMs = (policy: Policy): number =>
	Math.min(armedIdleMs, Math.max(0, (policy.file.armMinutes ?? Number.POSITIVE_INFINITY) * 60_000));

/** A target that is not configured is guarded. */
export function standing(policy: Policy, target: string, now: number): Standing {
	if (policy.file.readOnly) return {state: 'read-only', reason: 'the policy file of this machine makes it read-only'};
	if (policy.readOnly) return {state: 'read-only', reason: 'started with --read-only'};
	if (policy.file.readOnlyTargets?.includes(target)) {
		return {state: 'read-only', reason: `the policy file of this machine makes ${target} read-only`};
	}
	if (policy.targets.get(target) === false && policy.file.guard !== 'all') return {state: 'open'};
	const armed = policy.armed.get(target);
	if (!armed) return {state: 'guarded'};
	const until = armed.activeAt + idleMs(policy);
	return now < until ? {state: 'armed', since: armed.since, until} : {state: 'guarded'};
}

const readOnlyRefusal = (reason: string): Refusal => ({
	kind: 'refused',
	reason: `read-only: ${reason}`,
	hint: 'it cannot be armed; show it to someone who may act here',
});

/** @returns the policy with the target armed, or why it cannot be. Arming an armed target extends it. */
export function arm(policy: Policy, target: string, now: number): Policy | Refusal {
	const is = standing(policy, target, now);
	if (is.state === 'read-only') return readOnlyRefusal(is.reason);
	if (!policy.targets.has(target)) {
		return {kind: 'refused', reason: `no target is called ${target}`, hint: 'press t for the list of watched systems'};
	}
	if (is.state === 'open') {
		return {kind: 'refused', reason: `${target} is not guarded`, hint: 'nothing to arm: act on it as it is'};
	}
	const since = is.state === 'armed' ? is.since : now;
	return {...policy, armed: new Map(policy.armed).set(target, {since, activeAt: now})};
}

export function disarm(policy: Policy, target: string): Policy {
	if (!policy.armed.has(target)) return policy;
	const armed = new Map(policy.armed);
	armed.delete(target);
	return {...policy, armed};
}

/** Activity on a target: extends what is still armed, never revives what has ended. */
export function touch(policy: Policy, target: string, now: number): Policy {
	const is = standing(policy, target, now);
	if (is.state !== 'armed') return policy;
	return {...policy, armed: new Map(policy.armed).set(target, {since: is.since, activeAt: now})};
}

/** Targets whose arming has ended by idleness and that are still on the list. */
export const lapsed = (policy: Policy, now: number): readonly string[] =>
	[...policy.armed.keys()].filter(target => standing(policy, target, now).state !== 'armed');

/** The reading at which the next arming ends, if one is armed. */
export function nextLapse(policy: Policy): number | undefined {
	const ends = [...policy.armed.values()].map(one => one.activeAt + idleMs(policy));
	return ends.length > 0 ? Math.min(...ends) : undefined;
}

const forbids = (policy: Policy, action: string): boolean =>
	(policy.file.forbid ?? []).some(
		rule => rule === action || (rule.endsWith('.*') && action.startsWith(rule.slice(0, -1))),
	);

/** Whether this action may be proposed on this target at all: asked before anything is read for it. */
export function permitted(policy: Policy, action: string, target: string, now: number): Refusal | undefined {
	const is = standing(policy, target, now);
	if (is.state === 'read-only') return readOnlyRefusal(is.reason);
	if (forbids(policy, action)) {
		return {
			kind: 'refused',
			reason: `the policy file of this machine forbids ${action}`,
			hint: 'whoever administers /etc/midwatch/policy.yaml can allow it',
		};
	}
	if (is.state === 'guarded') {
		return {kind: 'refused', reason: `${target} is guarded`, hint: 'press O to arm it for 10 minutes, then try again'};
	}
	return undefined;
}
