import {expect, test} from 'vitest';
import {policyLines} from '../../bin/cli/doctor-policy.ts';
import {createInitialPolicy} from '../../bin/initial-policy.ts';
import type {RunConfig} from '../../bin/run-config.ts';
import type {System} from '../../src/contract/system.ts';
import {accessState, applyPolicyFile, armTarget, refusalFor} from '../../src/policy/policy.ts';
import type {TargetAttributes} from '../../src/policy/rule-match.ts';
import type {PolicyFile} from '../../src/policy/rules.ts';

const place: TargetAttributes = {kind: 'redis', endpoints: [{host: 'cache1.prod.example', port: 6379}]};
const placesNow = new Map([['cache', place]]);

const estate = (file: PolicyFile | undefined): Pick<RunConfig, 'policy' | 'targets' | 'keys'> => ({
	keys: {'deck.arm': ['f5']},
	targets: [{target: {name: 'cache', kind: 'redis', production: true, settings: {}}, system: {} as System}],
	policy: {
		path: '/etc/midwatch/policy.yaml',
		file,
		initialTargetAttributes: placesNow,
		read: async () => undefined,
		readTargetAttributes: async () => placesNow,
	},
});

test('doctor says that there is no policy, and nothing of one in the demo', () => {
	expect(policyLines(estate(undefined))).toEqual(['no policy of this machine: there is no /etc/midwatch/policy.yaml']);
	expect(policyLines({...estate(undefined), policy: undefined})).toEqual([]);
});

test('doctor says what the policy holds, by line, and what of it is about no target here', () => {
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
	expect(policyLines(estate(file))).toEqual([
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

test('a console that began under a policy of nothing but looking cannot act once that is gone from the file', () => {
	const policy = createInitialPolicy(estate({readOnly: true, lines: {readOnly: 1}}), false);
	expect(accessState(policy, 'cache', 0)).toMatchObject({
		reason: expect.stringContaining('everything read-only (line 1)'),
	});
	const later = applyPolicyFile(policy, {state: 'read', file: {}}, placesNow);
	expect(armTarget(later, 'cache', 0)).toMatchObject({
		reason: expect.stringContaining('started while the policy file'),
	});
});

test('a refusal names the configured key, and the minutes of the policy file', () => {
	const refusal = refusalFor(createInitialPolicy(estate({armMinutes: 3}), false), 'redis.kill-client', 'cache', 0);
	expect(refusal?.hint).toBe('press f5 to arm it for 3 minutes, then try again');
});
