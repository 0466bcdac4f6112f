import {limitsFor, type Policy} from './policy.ts';
import {describeLimits, type TargetLimits} from './rules.ts';

/** Summarizes the machine policy for the header; `short` is for a narrow screen. Undefined when there is no policy file. */
export function policySummary(policy: Policy): {readonly text: string; readonly short: string} | undefined {
	const {fileState} = policy;
	if (fileState.state === 'none') return undefined;
	if (fileState.state === 'unusable')
		return {text: 'the policy file cannot be used: no action', short: 'policy file: no action'};
	const all = [...policy.targets.keys()].map(target => limitsFor(policy, target));
	const counted = (has: (limits: TargetLimits) => boolean, label: string): readonly string[] => {
		const count = all.filter(has).length;
		return count === 0 ? [] : [`${count} ${label}`];
	};
	if (all.length > 0 && all.every(({readOnly}) => readOnly !== undefined))
		return {text: 'read-only by policy', short: 'read-only'};
	const parts = [
		...counted(({readOnly}) => readOnly !== undefined, 'read-only'),
		...counted(({readOnly, forbid}) => readOnly === undefined && forbid.length > 0, 'with forbidden actions'),
		...(fileState.file.guard === 'all' ? ['all guarded'] : []),
	];
	return {text: parts.length === 0 ? 'policy' : `policy: ${parts.join(', ')}`, short: 'policy'};
}

/** Describes what the policy file sets for one target, in one sentence; empty when it sets nothing. */
export function describeTargetPolicy(policy: Policy, target: string): string {
	if (policy.fileState.state !== 'read') return '';
	const parts = describeLimits(limitsFor(policy, target));
	return parts.length === 0 ? '' : `policy: ${parts.join('; ')}`;
}

/** Returns the notice for a changed policy file; undefined when it did not change. */
export function policyChange(
	before: Policy,
	now: Policy,
): {readonly text: string; readonly isWrong: boolean} | undefined {
	if (JSON.stringify(before.fileState) === JSON.stringify(now.fileState)) return undefined;
	if (now.fileState.state === 'unusable') {
		return {
			text: `the policy file of this machine cannot be used, and nothing can be done until it can: ${now.fileState.reason}`,
			isWrong: true,
		};
	}
	const how = before.fileState.state === 'unusable' ? 'can be used again' : 'was changed';
	return {text: `the policy file of this machine ${how}: it is obeyed from now on`, isWrong: false};
}
