import type {Target} from '../contract/target.ts';
import type {TargetAttributes} from './rule-match.ts';
import {forbidsAction, lineSuffix, type PolicyFile, resolveLimits, type TargetLimits} from './rules.ts';

/**
 * The one place that reads `production`, `--read-only` and what is armed. Pure: a value in, a value out. Whatever may change a system
 * asks here first: what the target's standing is, and what a person has to do before it is changed.
 */

/** A guarded target stays armed for this long after the last thing done on it. */
export const armedIdleMs = 10 * 60_000;

/** What the policy file of this machine says now. `unusable`: it was there, and is missing now or cannot be used. */
export type PolicyFileState =
	| {readonly state: 'none'}
	| {readonly state: 'read'; readonly file: PolicyFile}
	| {readonly state: 'unusable'; readonly reason: string};

/** All moments here are monotonic readings of the clock: setting the time of the machine arms nothing for longer. */
type Armed = {
	readonly since: number;
	readonly activeAt: number;
};

export type Policy = {
	/** Why nothing can be changed from here, whatever the policy file says. */
	readonly readOnly: string | undefined;
	readonly fileState: PolicyFileState;
	/** `production` by target name. */
	readonly targets: ReadonlyMap<string, boolean>;
	/** What the policy file comes to, by target name. */
	readonly limits: ReadonlyMap<string, TargetLimits>;
	readonly armed: ReadonlyMap<string, Armed>;
	/** The configured keys, for the hints of a refusal. */
	readonly keys: PolicyKeys;
};

export type PolicyKeys = {readonly arm: string; readonly targets: string};

/** Why something is not done, and what to do about it. */
export type Refusal = {readonly kind: 'refused'; readonly reason: string; readonly hint: string};

/**
 * `open`: declared `production: false`, may be acted on · `guarded`: must be armed first · `armed`: until `until` if nothing is done ·
 * `read-only`: cannot be armed.
 */
export type AccessState =
	| {readonly state: 'open'}
	| {readonly state: 'guarded'}
	| {readonly state: 'armed'; readonly since: number; readonly until: number}
	| {readonly state: 'read-only'; readonly reason: string};

/** At the start nothing is armed. `readOnly`: why nothing can be changed; true: as --read-only asks. */
export function createPolicy(given: {
	readonly readOnly: boolean | string;
	readonly targets: readonly (Pick<Target, 'name' | 'production'> & {readonly place?: TargetAttributes | undefined})[];
	readonly file?: PolicyFile | undefined;
	readonly keys?: PolicyKeys;
}): Policy {
	const {readOnly, targets, file, keys = {arm: 'O', targets: 't'}} = given;
	const empty: Policy = {
		readOnly: readOnly === true ? 'started with --read-only' : readOnly === false ? undefined : readOnly,
		fileState: {state: 'none'},
		targets: new Map(targets.map(target => [target.name, target.production])),
		limits: new Map(),
		armed: new Map(),
		keys,
	};
	const places = new Map(targets.flatMap(({name, place}) => (place === undefined ? [] : [[name, place] as const])));
	return applyPolicyFile(empty, file === undefined ? {state: 'none'} : {state: 'read', file}, places);
}

/** The policy once the file says this. A target whose place is not known is bound by every rule. */
export function applyPolicyFile(
	policy: Policy,
	read: PolicyFileState,
	places: ReadonlyMap<string, TargetAttributes>,
): Policy {
	const all = [...policy.targets.keys()];
	const file = read.state === 'read' ? read.file : {};
	const bounds = new Map(all.map(name => [name, resolveLimits(file, {name, place: places.get(name), all})]));
	return {...policy, fileState: read, limits: bounds};
}

const fileOf = ({fileState: read}: Policy): PolicyFile => (read.state === 'read' ? read.file : {});

/** A target that is not configured is bound by every rule. */
export const limitsFor = (policy: Policy, target: string): TargetLimits =>
	policy.limits.get(target) ??
	resolveLimits(fileOf(policy), {name: target, place: undefined, all: [...policy.targets.keys()]});

const idleMs = (policy: Policy): number =>
	Math.min(armedIdleMs, Math.max(0, (fileOf(policy).armMinutes ?? Number.POSITIVE_INFINITY) * 60_000));

/** `10 minutes`: for how long a target stays armed while nothing is done on it. */
export function armedDuration(policy: Policy): string {
	const minutes = idleMs(policy) / 60_000;
	return `${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`;
}

/** A target that is not configured is guarded. */
export function accessState(policy: Policy, target: string, now: number): AccessState {
	if (policy.fileState.state === 'unusable') return {state: 'read-only', reason: unusable(policy.fileState.reason)};
	const {readOnly} = limitsFor(policy, target);
	const reason = readOnly ?? policy.readOnly;
	if (reason !== undefined) return {state: 'read-only', reason};
	if (policy.targets.get(target) === false && fileOf(policy).guard !== 'all') return {state: 'open'};
	const armed = policy.armed.get(target);
	if (!armed) return {state: 'guarded'};
	const until = armed.activeAt + idleMs(policy);
	return now < until ? {state: 'armed', since: armed.since, until} : {state: 'guarded'};
}

const unusable = (reason: string): string => `the policy file of this machine cannot be used: ${reason}`;

const readOnlyRefusal = ({fileState: read}: Policy, reason: string): Refusal => ({
	kind: 'refused',
	reason: `read-only: ${reason}`,
	hint:
		read.state === 'unusable'
			? 'the administrator of this machine can mend /etc/midwatch/policy.yaml; it is read again every two seconds'
			: 'it cannot be armed; show it to someone who may act here',
});

/** @returns the policy with the target armed, or why it cannot be. Arming an armed target extends it. */
export function armTarget(policy: Policy, target: string, now: number): Policy | Refusal {
	const is = accessState(policy, target, now);
	if (is.state === 'read-only') return readOnlyRefusal(policy, is.reason);
	if (!policy.targets.has(target)) {
		return {
			kind: 'refused',
			reason: `no target is called ${target}`,
			hint: `press ${policy.keys.targets} for the list of watched systems`,
		};
	}
	if (is.state === 'open') {
		return {kind: 'refused', reason: `${target} is not guarded`, hint: 'nothing to arm: act on it as it is'};
	}
	const since = is.state === 'armed' ? is.since : now;
	return {...policy, armed: new Map(policy.armed).set(target, {since, activeAt: now})};
}

export function disarmTarget(policy: Policy, target: string): Policy {
	if (!policy.armed.has(target)) return policy;
	const armed = new Map(policy.armed);
	armed.delete(target);
	return {...policy, armed};
}

/** Activity on a target: extends what is still armed, never revives what has ended. */
export function extendArming(policy: Policy, target: string, now: number): Policy {
	const is = accessState(policy, target, now);
	if (is.state !== 'armed') return policy;
	return {...policy, armed: new Map(policy.armed).set(target, {since: is.since, activeAt: now})};
}

/** Targets whose arming has ended by idleness and that are still on the list. */
export const expiredArmings = (policy: Policy, now: number): readonly string[] =>
	[...policy.armed.keys()].filter(target => accessState(policy, target, now).state !== 'armed');

/** The reading at which the next arming ends, if one is armed. */
export function nextArmingExpiry(policy: Policy): number | undefined {
	const ends = [...policy.armed.values()].map(one => one.activeAt + idleMs(policy));
	return ends.length > 0 ? Math.min(...ends) : undefined;
}

/** Whether this action may be proposed on this target at all: asked before anything is read for it. */
export function refusalFor(policy: Policy, action: string, target: string, now: number): Refusal | undefined {
	const is = accessState(policy, target, now);
	if (is.state === 'read-only') return readOnlyRefusal(policy, is.reason);
	const word = limitsFor(policy, target).forbid.find(({value}) => forbidsAction(value, action));
	if (word !== undefined) {
		return {
			kind: 'refused',
			reason: `the policy file of this machine forbids ${action}${lineSuffix(word.line)}`,
			hint: 'the administrator of this machine can allow it in /etc/midwatch/policy.yaml',
		};
	}
	if (is.state === 'guarded') {
		return {
			kind: 'refused',
			reason: `${target} is guarded`,
			hint: `press ${policy.keys.arm} to arm it for ${armedDuration(policy)}, then try again`,
		};
	}
	return undefined;
}
