import type {Target} from '../contract/target.ts';
import type {TargetAttributes} from '../contract/target-attributes.ts';
import {forbidsAction, lineSuffix, type PolicyFile, resolveLimits, type TargetLimits} from './rules.ts';

/**
 * Decides what may be changed: combines `production`, `--read-only`, the policy file and the armed targets. All functions are pure. Every change
 * of a system goes through here: the access state of the target, then the demand that the user must meet.
 */

/** How long a guarded target stays armed after the last activity on it, in milliseconds. */
export const armedIdleMs = 10 * 60_000;

/** The current content of the machine policy. `unusable`: it existed at the start, and is now missing or cannot be used. */
export type PolicyFileState =
	| {readonly state: 'none'}
	| {readonly state: 'read'; readonly file: PolicyFile}
	| {readonly state: 'unusable'; readonly reason: string};

/** All times are monotonic, in milliseconds: setting the clock of the machine does not extend the arming. */
type Armed = {
	readonly since: number;
	readonly activeAt: number;
};

export type Policy = {
	/** Why nothing can be changed, independent of the policy file; undefined when changes are possible. */
	readonly readOnly: string | undefined;
	readonly fileState: PolicyFileState;
	/** `production` by target name. */
	readonly targets: ReadonlyMap<string, boolean>;
	/** The limits that the policy file sets, by target name. */
	readonly limits: ReadonlyMap<string, TargetLimits>;
	readonly armed: ReadonlyMap<string, Armed>;
	/** The configured keys, for the hints of refusals. */
	readonly keys: PolicyKeys;
};

export type PolicyKeys = {readonly arm: string; readonly targets: string};

/** Why an action is refused, and what to do next. */
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

/** A target whose `attributes` are undefined when they are unknown. */
type PolicyTarget = Pick<Target, 'name' | 'production'> & {readonly attributes?: TargetAttributes | undefined};

/** Creates the policy at the start, with nothing armed. `readOnly`: why nothing can be changed; true: because of --read-only. */
export function createPolicy(options: {
	readonly readOnly: boolean | string;
	readonly targets: readonly PolicyTarget[];
	readonly file?: PolicyFile | undefined;
	readonly keys?: PolicyKeys;
}): Policy {
	const {readOnly, targets, file, keys = {arm: 'O', targets: 't'}} = options;
	const empty: Policy = {
		readOnly: readOnly === true ? 'started with --read-only' : readOnly === false ? undefined : readOnly,
		fileState: {state: 'none'},
		targets: new Map(targets.map(target => [target.name, target.production])),
		limits: new Map(),
		armed: new Map(),
		keys,
	};
	const known = new Map(
		targets.flatMap(({name, attributes}) => (attributes === undefined ? [] : [[name, attributes] as const])),
	);
	return applyPolicyFile(empty, file === undefined ? {state: 'none'} : {state: 'read', file}, known);
}

/** Returns the policy with a new content of the file. A target with unknown attributes is bound by every rule. */
export function applyPolicyFile(
	policy: Policy,
	fileState: PolicyFileState,
	attributes: ReadonlyMap<string, TargetAttributes>,
): Policy {
	const all = [...policy.targets.keys()];
	const file = fileState.state === 'read' ? fileState.file : {};
	const limits = new Map(all.map(name => [name, resolveLimits(file, {name, attributes: attributes.get(name), all})]));
	return {...policy, fileState, limits};
}

const fileOf = ({fileState}: Policy): PolicyFile => (fileState.state === 'read' ? fileState.file : {});

/** Returns the limits of a target. A target that is not configured is bound by every rule. */
export const limitsFor = (policy: Policy, target: string): TargetLimits =>
	policy.limits.get(target) ??
	resolveLimits(fileOf(policy), {name: target, attributes: undefined, all: [...policy.targets.keys()]});

const idleMs = (policy: Policy): number =>
	Math.min(armedIdleMs, Math.max(0, (fileOf(policy).armMinutes ?? Number.POSITIVE_INFINITY) * 60_000));

/** Returns how long an idle target stays armed, such as `10 minutes`. */
export function armedDuration(policy: Policy): string {
	const minutes = idleMs(policy) / 60_000;
	return `${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`;
}

/** Returns the access state of a target at a monotonic time. A target that is not configured is guarded. */
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

const readOnlyRefusal = ({fileState}: Policy, reason: string): Refusal => ({
	kind: 'refused',
	reason: `read-only: ${reason}`,
	hint:
		fileState.state === 'unusable'
			? 'the administrator of this machine can fix /etc/midwatch/policy.yaml; it is read again every two seconds'
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

/** Extends the arming of a target after activity on it. An expired arming stays expired. */
export function extendArming(policy: Policy, target: string, now: number): Policy {
	const is = accessState(policy, target, now);
	if (is.state !== 'armed') return policy;
	return {...policy, armed: new Map(policy.armed).set(target, {since: is.since, activeAt: now})};
}

/** Returns the targets whose arming has expired and was not removed yet. */
export const expiredArmings = (policy: Policy, now: number): readonly string[] =>
	[...policy.armed.keys()].filter(target => accessState(policy, target, now).state !== 'armed');

/** Returns the monotonic time at which the next arming expires; undefined when nothing is armed. */
export function nextArmingExpiry(policy: Policy): number | undefined {
	const ends = [...policy.armed.values()].map(({activeAt}) => activeAt + idleMs(policy));
	return ends.length > 0 ? Math.min(...ends) : undefined;
}

/** Says why this action may not be proposed on this target; undefined when it may. Called before anything is read for it. */
export function refusalFor(policy: Policy, action: string, target: string, now: number): Refusal | undefined {
	const is = accessState(policy, target, now);
	if (is.state === 'read-only') return readOnlyRefusal(policy, is.reason);
	const forbidden = limitsFor(policy, target).forbid.find(({value}) => forbidsAction(value, action));
	if (forbidden !== undefined) {
		return {
			kind: 'refused',
			reason: `the policy file of this machine forbids ${action}${lineSuffix(forbidden.line)}`,
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
