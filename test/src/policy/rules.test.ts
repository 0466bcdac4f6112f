import {describe, expect, test} from 'vitest';
import type {TargetAttributes} from '../../../src/contract/target-attributes.ts';
import {demandFor} from '../../../src/policy/demand.ts';
import {
	accessState,
	applyPolicyFile,
	armTarget,
	createPolicy,
	type Policy,
	refusalFor,
} from '../../../src/policy/policy.ts';
import {describeTargetPolicy, policyChange, policySummary} from '../../../src/policy/policy-text.ts';
import {describeUnmatchedRules, type PolicyFile} from '../../../src/policy/rules.ts';

const attributesOf = (host: string): TargetAttributes => ({kind: 'redis', endpoints: [{host, port: 6379}]});
const targets = [
	{name: 'cache', production: false, attributes: attributesOf('cache1.prod.example')},
	{name: 'scratch', production: false, attributes: attributesOf('127.0.0.1')},
];
const under = (file: PolicyFile, readOnly = false): Policy => createPolicy({readOnly, targets, file});
const attributes = new Map(targets.map(target => [target.name, target.attributes]));

const preview = (target: string, count = 1) => ({
	target,
	object: 'maxmemory',
	risk: 'low' as const,
	undo: {class: 'exact' as const, text: ''},
	count,
});

describe('forbidden actions', () => {
	test.each<[readonly string[], boolean]>([
		[['*'], true],
		[['redis.*'], true],
		[['redis.set-maxmemory'], true],
		[['redis.set'], false],
		[['postgres.*', 'redis.set-maxmemory-policy'], false],
	])('%j', (forbid, forbidden) => {
		expect(refusalFor(under({forbid}), 'redis.set-maxmemory', 'cache', 0) !== undefined).toBe(forbidden);
	});
});

test('actions of every system are forbidden on a target whose system is unknown', () => {
	expect(refusalFor(under({forbid: ['postgres.*']}), 'postgres.cancel', 'elsewhere', 0)?.reason).toContain('forbids');
});

describe('a rule', () => {
	test('binds a target by its host, whatever it is called, and no other', () => {
		const policy = under({rules: [{match: {host: ['*.prod.example']}, readOnly: true, line: 4}]});
		expect(armTarget(policy, 'cache', 0)).toMatchObject({
			reason: expect.stringContaining('makes it read-only (line 4)'),
		});
		expect(accessState(policy, 'scratch', 0)).toEqual({state: 'open'});
	});

	test('forbids, demands and limits only for its targets, and the strictest value applies', () => {
		const policy = under({
			forbid: ['redis.flush'],
			leastDemand: 'type',
			maxObjects: 9,
			rules: [
				{match: {host: ['cache1.prod.example']}, forbid: ['redis.kill'], maxObjects: 2, line: 6},
				{match: {kind: ['redis'], host: ['cache1.prod.example']}, leastDemand: 'type-count-reason', maxObjects: 5},
			],
		});
		expect(refusalFor(policy, 'redis.kill', 'cache', 0)?.reason).toContain('forbids redis.kill (line 6)');
		expect(refusalFor(policy, 'redis.kill', 'scratch', 0)).toBeUndefined();
		expect(refusalFor(policy, 'redis.flush', 'scratch', 0)).toBeDefined();
		const demand = (target: string, count: number) =>
			demandFor(policy, {action: 'redis.evict', hash: 'abcdef', preview: preview(target, count)}, 0);
		expect(demand('cache', 2)).toMatchObject({kind: 'type-count-reason'});
		expect(demand('cache', 3)).toMatchObject({kind: 'refused', reason: expect.stringContaining('allows 2 (line 6)')});
		expect(demand('scratch', 1)).toMatchObject({kind: 'type'});
	});

	test('binds a target with unknown attributes', () => {
		const policy = createPolicy({
			readOnly: false,
			targets: [{name: 'cache', production: false}],
			file: {rules: [{match: {kind: ['postgres']}, readOnly: true}]},
		});
		expect(accessState(policy, 'cache', 0).state).toBe('read-only');
		expect(accessState(policy, 'elsewhere', 0).state).toBe('read-only');
	});
});

describe('the names of read-only targets', () => {
	const named = (listed: string, target: string, others: readonly string[] = []) => {
		const all = [target, ...others].map(name => ({name, production: false, attributes: attributesOf('h')}));
		return accessState(createPolicy({readOnly: false, targets: all, file: {readOnlyTargets: [listed]}}), target, 0)
			.state;
	};
	test.each<[string, string, readonly string[], string]>([
		['cache', 'cache', [], 'read-only'],
		['Cache', 'cache', [], 'read-only'],
		['cahce', 'cache', [], 'read-only'],
		['cach', 'cache', [], 'read-only'],
		['orders-cahce', 'orders-cache', [], 'read-only'],
		// Another target has exactly this name.
		['caches', 'cache', ['caches'], 'open'],
		// Different names, not typing errors.
		['orders-1', 'orders-2', [], 'open'],
		['db-a', 'db-b', [], 'open'],
		['eu-orders', 'us-orders', [], 'open'],
		['sessions', 'cache', [], 'open'],
		['cahce', 'cache-eu', [], 'open'],
		['ordres-cahce', 'orders-cache', [], 'open'],
		['orders', 'orders1', [], 'open'],
		['orders1', 'orders', [], 'open'],
		['orders', '1orders', [], 'open'],
		['1orders', 'orders', [], 'open'],
	])('%s, where the target is called %s beside %j: %s', (listed, target, others, state) => {
		expect(named(listed, target, others)).toBe(state);
	});
});

describe('a policy that cannot be used', () => {
	const armed = armTarget(
		createPolicy({readOnly: false, targets: [{name: 'cache', production: true}]}),
		'cache',
		0,
	) as Policy;
	const broken = applyPolicyFile(armed, {state: 'unusable', reason: 'it is missing now'}, attributes);

	test('refuses every action, also on armed targets, and says why', () => {
		expect(refusalFor(broken, 'redis.evict', 'cache', 1)).toMatchObject({
			reason: expect.stringContaining('the policy file of this machine cannot be used: it is missing now'),
			hint: expect.stringContaining('/etc/midwatch/policy.yaml'),
		});
		expect(policySummary(broken)?.text).toContain('cannot be used');
		expect(policyChange(armed, broken)).toMatchObject({
			isWrong: true,
			text: expect.stringContaining('it is missing now'),
		});
	});

	test('allows actions again once it can be used', () => {
		const repaired = applyPolicyFile(broken, {state: 'read', file: {}}, attributes);
		expect(refusalFor(repaired, 'redis.evict', 'cache', 1)).toBeUndefined();
		expect(policyChange(broken, repaired)?.text).toContain('can be used again');
	});

	test('is not mentioned when the file was changed, and nothing is when it was not', () => {
		const read = (file: PolicyFile) => applyPolicyFile(armed, {state: 'read', file}, attributes);
		expect(policyChange(read({}), read({forbid: ['*']}))).toEqual({
			text: expect.stringContaining('was changed'),
			isWrong: false,
		});
		expect(policyChange(read({forbid: ['*']}), read({forbid: ['*']}))).toBeUndefined();
	});
});

describe('texts', () => {
	const file: PolicyFile = {
		forbid: ['redis.flush'],
		readOnlyTargets: ['elsewhere', 'Scratch'],
		rules: [
			{match: {host: ['nowhere.example']}, readOnly: true, line: 9},
			{match: {host: ['cache1.prod.example']}, maxObjects: 3, line: 11},
		],
		lines: {forbid: 2, readOnlyTargets: 3},
	};

	test('the header summarizes how many targets the policy restricts', () => {
		expect(policySummary(under(file))).toEqual({
			text: 'policy: 1 read-only, 1 with forbidden actions',
			short: 'policy',
		});
		expect(policySummary(under({forbid: ['redis.flush']}))?.text).toBe('policy: 2 with forbidden actions');
		expect(policySummary(under({readOnly: true}))).toMatchObject({text: 'read-only by policy'});
		expect(policySummary(under({}))).toMatchObject({text: 'policy'});
		expect(policySummary(createPolicy({readOnly: false, targets}))).toBeUndefined();
	});

	test('the header says that every target is guarded, and counts a read-only target once', () => {
		expect(policySummary(under({guard: 'all'}))?.text).toBe('policy: all guarded');
		const file: PolicyFile = {forbid: ['redis.flush'], readOnlyTargets: ['scratch']};
		expect(policySummary(under(file))?.text).toBe('policy: 1 read-only, 1 with forbidden actions');
		expect(policySummary(createPolicy({readOnly: false, targets: [], file: {guard: 'all'}}))?.text).toBe(
			'policy: all guarded',
		);
	});

	test('a target shows that every action is forbidden, and the least that an action requires', () => {
		expect(describeTargetPolicy(under({forbid: ['*'], leastDemand: 'type'}), 'cache')).toBe(
			'policy: every action is forbidden; any action requires at least type',
		);
	});

	test('a target shows only actions of its own system', () => {
		const policy = under({forbid: ['postgres.*', 'redis.kill']});
		expect(describeTargetPolicy(policy, 'cache')).toBe('policy: redis.kill is forbidden');
		expect(policySummary(under({forbid: ['postgres.*']}))?.text).toBe('policy');
	});

	test('a target shows each limit with its line', () => {
		expect(describeTargetPolicy(under(file), 'cache')).toBe(
			'policy: redis.flush is forbidden (line 2); at most 3 objects (line 11)',
		);
		expect(describeTargetPolicy(under(file), 'scratch')).toContain('makes scratch read-only (line 3)');
		expect(describeTargetPolicy(under({}), 'cache')).toBe('');
	});

	test('rules and names that match no target are reported', () => {
		expect(describeUnmatchedRules(file, targets)).toEqual([
			'readOnlyTargets (line 3): no target here is called elsewhere',
			'the rule at line 9 is about no target here',
		]);
	});

	test('a rule without a line is reported by its number', () => {
		const rules = [{match: {kind: ['redis']}}, {match: {host: ['elsewhere']}}] as const;
		expect(describeUnmatchedRules({rules}, targets)).toEqual(['rule 2 is about no target here']);
	});
});
