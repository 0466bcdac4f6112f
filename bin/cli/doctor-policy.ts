import {describeUnmatchedRules, type PolicyFile} from '../../src/policy/rules.ts';
import {cleanLine} from '../../src/text/clean.ts';
import type {RunConfig} from '../run-config.ts';

/** One line for each key of the policy file that applies to all targets, with its line number. */
function describeKeys(file: PolicyFile): readonly string[] {
	const {
		readOnly,
		guard,
		forbid = [],
		readOnlyTargets = [],
		armMinutes,
		leastDemand,
		maxObjects,
		rules = [],
		execPlugins,
	} = file;
	const texts: readonly (readonly [keyof PolicyFile, string | undefined])[] = [
		['readOnly', readOnly === true ? 'everything is read-only' : undefined],
		['guard', guard === undefined ? undefined : 'every target is guarded'],
		['forbid', forbid.length === 0 ? undefined : `forbidden: ${forbid.join(', ')}`],
		['readOnlyTargets', readOnlyTargets.length === 0 ? undefined : `read-only targets: ${readOnlyTargets.join(', ')}`],
		['armMinutes', armMinutes === undefined ? undefined : `armed for at most ${Math.min(armMinutes, 10)} minutes`],
		['leastDemand', leastDemand === undefined ? undefined : `every action requires at least ${leastDemand}`],
		['maxObjects', maxObjects === undefined ? undefined : `at most ${maxObjects} objects`],
		[
			'execPlugins',
			execPlugins === undefined
				? undefined
				: `a kubeconfig may run ${execPlugins.length === 0 ? 'no program' : `only ${execPlugins.join(', ')}`}`,
		],
		[
			'rules',
			rules.length === 0 ? undefined : `${rules.length} ${rules.length === 1 ? 'rule' : 'rules'} for some targets`,
		],
	];
	return texts.flatMap(([key, text]) => (text === undefined ? [] : [`  line ${file.lines?.[key] ?? '?'}: ${text}`]));
}

/** Describes the machine policy: its path, what it restricts, and which parts match no target. Empty in the demo, which has none. */
export function policyLines({policy, targets}: Pick<RunConfig, 'policy' | 'targets'>): readonly string[] {
	if (policy === undefined) return [];
	const {path, file, initialTargetAttributes} = policy;
	if (file === undefined) return [`no policy of this machine: ${path} does not exist`];
	const known = targets.map(({target: {name}}) => ({name, attributes: initialTargetAttributes.get(name)}));
	return [
		`the policy of this machine, ${path}, is in force`,
		...describeKeys(file),
		...describeUnmatchedRules(file, known).map(text => `  ${text}`),
	].map(cleanLine);
}
