import {expect, test} from 'vitest';
import {policyLines} from '../../bin/cli/doctor-policy.ts';
import {createInitialPolicy} from '../../bin/initial-policy.ts';
import type {RunConfig} from '../../bin/run-config.ts';
import type {System} from '../../src/contract/system.ts';
import type {TargetAttributes} from '../../src/contract/target-attributes.ts';
import {accessState, applyPolicyFile, armTarget, refusalFor} from '../../src/policy/policy.ts';
import type {PolicyFile} from '../../src/policy/rules.ts';

const attributes: TargetAttributes = {kind: 'redis', endpoints: [{host: 'cache1.prod.example', port: 6379}]};
const attributesByTarget = new Map([['cache', attributes]]);

const configWith = (file: PolicyFile | undefined): Pick<RunConfig, 'policy' | 'targets' | 'keys'> => ({
	keys: {'deck.arm': ['f5']},
	targets: [{target: {name: 'cache', kind: 'redis', production: true, settings: {}}, system: {} as System}],
	policy: {
		path: '/etc/midwatch/policy.yaml',
		file,
		initialTargetAttributes: attributesByTarget,
		read: async () => undefined,
		readTargetAttributes: async () => attributesByTarget,
	},
});

test('doctor reports that there is no policy, and prints nothing about it in the demo', () => {
	expect(policyLines(configWith(undefined))).toEqual([
		'no policy of this machine: /etc/midwatch/policy.yaml does not exist',
	]);
	expect(policyLines({...configWith(undefined), policy: undefined})).toEqual([]);
});

test('doctor prints each key of the policy with its line, and the rules that match no target', () => {
	const file: PolicyFile = {
		guard: 'all',
		forbid: ['redis.*'],
		readOnlyTargets: ['elsewhere'],
		maxObjects: 3,
		rules: [
			{match: {host: ['*.prod.example']}, readOnly: true, line: 6},
			{match: {kind: ['kafka']}, readOnly: true, line: 8},
		],
		lines: {guard: 1, forbid: 2, readOnlyTargets: 3, maxObjects: 4, rules: 5},
	};
	expect(policyLines(configWith(file))).toEqual([
		'the policy of this machine, /etc/midwatch/policy.yaml, is in force',
		'  line 1: every target is guarded',
		'  line 2: forbidden: redis.*',
		'  line 3: read-only targets: elsewhere',
		'  line 4: at most 3 objects',
		'  line 5: 2 rules for some targets',
		'  readOnlyTargets (line 3): no target here is called elsewhere',
		'  the rule at line 8 is about no target here',
	]);
});

test('a console that started under a read-only policy stays read-only when the policy file changes', () => {
	const policy = createInitialPolicy(configWith({readOnly: true, lines: {readOnly: 1}}), false);
	expect(accessState(policy, 'cache', 0)).toMatchObject({
		reason: expect.stringContaining('everything read-only (line 1)'),
	});
	const later = applyPolicyFile(policy, {state: 'read', file: {}}, attributesByTarget);
	expect(armTarget(later, 'cache', 0)).toMatchObject({
		reason: expect.stringContaining('started while the policy file'),
	});
});

test('a refusal names the configured key and the minutes of the policy file', () => {
	const refusal = refusalFor(createInitialPolicy(configWith({armMinutes: 3}), false), 'redis.kill-client', 'cache', 0);
	expect(refusal?.hint).toBe('press f5 to arm it for 3 minutes, then try again');
});
