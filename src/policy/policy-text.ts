import {limitsFor, type Policy} from './policy.ts';
import {describeLimits, type TargetLimits} from './rules.ts';

/** What the policy file of this machine does, for the header: `short` where there is little room. Undefined when there is none. */
export function policySummary(policy: Policy): {readonly text: string; readonly short: string} | undefined {
	const {fileState: read} = policy;
	if (read.state === 'none') return undefined;
	if (read.state === 'unusable')
		return {text: 'the policy file cannot be used: no action', short: 'policy file: no action'};
	const all = [...policy.targets.keys()].map(target => limitsFor(policy, target));
	const counted = (has: (bounds: TargetLimits) => boolean, words: string): readonly string[] => {
		const found = all.filter(has).length;
		return found === 0 ? [] : [`${found} ${words}`];
	};
	if (all.length > 0 && all.every(({readOnly}) => readOnly !== undefined))
		return {text: 'read-only by policy', short: 'read-only'};
	const parts = [
		...counted(({readOnly}) => readOnly !== undefined, 'read-only'),
		...counted(({readOnly, forbid}) => readOnly === undefined && forbid.length > 0, 'with forbidden actions'),
		...(read.file.guard === 'all' ? ['all guarded'] : []),
	];
	return {text: parts.length === 0 ? 'policy' : `policy: ${parts.join(', ')}`, short: 'policy'};
}

/** What the policy file says of one target, one sentence; empty when it says nothing of it. */
export function describeTargetPolicy(policy: Policy, target: string): string {
	if (policy.fileState.state !== 'read') return '';
	const words = describeLimits(limitsFor(policy, target));
	return words.length === 0 ? '' : `policy: ${words.join('; ')}`;
}

/** What is shown when the file changed; undefined when it did not. */
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
