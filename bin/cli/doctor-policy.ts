import {describeUnmatchedRules, type PolicyFile} from '../../src/policy/rules.ts';
import {cleanLine} from '../../src/text/clean.ts';
import type {RunConfig} from '../run-config.ts';

/** What the policy file says of all targets, each key with its line. */
function keyWords(file: PolicyFile): readonly string[] {
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
	const said: readonly (readonly [keyof PolicyFile, string | undefined])[] = [
		['readOnly', readOnly === true ? 'everything is read-only' : undefined],
		['guard', guard === undefined ? undefined : 'every target is guarded'],
		['forbid', forbid.length === 0 ? undefined : `forbidden: ${forbid.join(', ')}`],
		['readOnlyTargets', readOnlyTargets.length === 0 ? undefined : `read-only targets: ${readOnlyTargets.join(', ')}`],
		['armMinutes', armMinutes === undefined ? undefined : `armed for at most ${Math.min(armMinutes, 10)} minutes`],
		['leastDemand', leastDemand === undefined ? undefined : `any action asks for at least ${leastDemand}`],
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
	return said.flatMap(([key, words]) => (words === undefined ? [] : [`  line ${file.lines?.[key] ?? '?'}: ${words}`]));
}

/** The policy of this machine: that there is one, what it says, and what of it is about no target here. */
export function policyLines({policy, targets}: Pick<RunConfig, 'policy' | 'targets'>): readonly string[] {
	if (policy === undefined) return [];
	const {path, file, initialTargetAttributes: placesNow} = policy;
	if (file === undefined) return [`no policy of this machine: there is no ${path}`];
	const known = targets.map(({target: {name}}) => ({name, place: placesNow.get(name)}));
	return [
		`the policy of this machine, ${path}, is in force`,
		...keyWords(file),
		...describeUnmatchedRules(file, known).map(text => `  ${text}`),
	].map(cleanLine);
}
