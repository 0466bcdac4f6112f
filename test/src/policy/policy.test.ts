import {describe, expect, test} from 'vitest';
import {
	accessState,
	armTarget,
	createPolicy,
	disarmTarget,
	expiredArmings,
	extendArming,
	nextArmingExpiry,
	type Policy,
	refusalFor,
} from '../../../src/policy/policy.ts';
import type {PolicyFile} from '../../../src/policy/rules.ts';

const minute = 60_000;
const targets = [
	{name: 'orders-db', production: true},
	{name: 'scratch', production: false},
];
const policyWith = (file: PolicyFile = {}, readOnly = false): Policy => createPolicy({readOnly, targets, file});

function armed(policy: Policy, target: string, now: number): Policy {
	const next = armTarget(policy, target, now);
	if ('kind' in next) throw new Error(next.reason);
	return next;
}

describe('access state', () => {
	test.each<[string, Policy, string, string]>([
		['what is not declared otherwise is guarded', policyWith(), 'orders-db', 'guarded'],
		['production: false is open', policyWith(), 'scratch', 'open'],
		['a target that is not configured is guarded', policyWith(), 'elsewhere', 'guarded'],
		['guard: all guards also production: false', policyWith({guard: 'all'}), 'scratch', 'guarded'],
		['--read-only', policyWith({}, true), 'scratch', 'read-only'],
		['readOnly in the policy file', policyWith({readOnly: true}), 'scratch', 'read-only'],
		['readOnly: false in the policy file loosens nothing', policyWith({readOnly: false}, true), 'scratch', 'read-only'],
		['one read-only target', policyWith({readOnlyTargets: ['scratch']}), 'scratch', 'read-only'],
		['the others stay as they are', policyWith({readOnlyTargets: ['scratch']}), 'orders-db', 'guarded'],
	])('%s', (_, policy, target, state) => {
		expect(accessState(policy, target, 0).state).toBe(state);
	});
});

describe('arming', () => {
	test('holds for one target, and ends after 10 idle minutes', () => {
		const policy = armed(policyWith({guard: 'all'}), 'orders-db', 0);
		expect(accessState(policy, 'orders-db', 10 * minute - 1)).toEqual({state: 'armed', since: 0, until: 10 * minute});
		expect(accessState(policy, 'orders-db', 10 * minute).state).toBe('guarded');
		expect(accessState(policy, 'scratch', 0).state).toBe('guarded');
	});

	test('activity extends it, but does not restore it after it expired', () => {
		const policy = armed(policyWith(), 'orders-db', 0);
		const active = extendArming(policy, 'orders-db', 9 * minute);
		expect(accessState(active, 'orders-db', 18 * minute)).toEqual({state: 'armed', since: 0, until: 19 * minute});
		expect(extendArming(policy, 'orders-db', 10 * minute)).toBe(policy);
		expect(extendArming(policy, 'scratch', 0)).toBe(policy);
	});

	test('ends when the user disarms it', () => {
		const policy = disarmTarget(armed(policyWith(), 'orders-db', 0), 'orders-db');
		expect(accessState(policy, 'orders-db', 1).state).toBe('guarded');
	});

	test.each([
		['with --read-only', policyWith({}, true), 'orders-db', 'read-only: started with --read-only'],
		['with a policy file that says so', policyWith({readOnly: true}), 'orders-db', 'read-only: the policy file'],
		['an open target', policyWith(), 'scratch', 'scratch is not guarded'],
		['an unknown target', policyWith(), 'elsewhere', 'no target is called elsewhere'],
	])('is refused %s', (_, policy, target, reason) => {
		expect(armTarget(policy, target, 0)).toMatchObject({kind: 'refused', reason: expect.stringContaining(reason)});
	});

	test('the policy file can shorten it, but not extend it', () => {
		expect(accessState(armed(policyWith({armMinutes: 2}), 'orders-db', 0), 'orders-db', 2 * minute).state).toBe(
			'guarded',
		);
		expect(accessState(armed(policyWith({armMinutes: 60}), 'orders-db', 0), 'orders-db', 10 * minute).state).toBe(
			'guarded',
		);
		expect(accessState(armed(policyWith({armMinutes: -1}), 'orders-db', 5), 'orders-db', 5).state).toBe('guarded');
	});

	test('reports which have expired and when the next one will', () => {
		const policy = armed(armed(policyWith({guard: 'all'}), 'orders-db', 0), 'scratch', minute);
		expect(nextArmingExpiry(policy)).toBe(10 * minute);
		expect(expiredArmings(policy, 10 * minute)).toEqual(['orders-db']);
		expect(nextArmingExpiry(policyWith())).toBeUndefined();
	});
});

describe('proposals', () => {
	test.each<[string, Policy, string, string | undefined]>([
		['a guarded target must be armed', policyWith(), 'orders-db', 'orders-db is guarded'],
		['an open target may be acted on', policyWith(), 'scratch', undefined],
		['a forbidden action', policyWith({forbid: ['postgres.cancel']}), 'scratch', 'forbids postgres.cancel'],
		['all of a system', policyWith({forbid: ['postgres.*']}), 'scratch', 'forbids postgres.cancel'],
		[
			'another system',
			policyWith({forbid: ['redis.*', 'prometheus.*', 'postgres.cancellation']}),
			'scratch',
			undefined,
		],
	])('%s', (_, policy, target, reason) => {
		const refusal = refusalFor(policy, 'postgres.cancel', target, 0);
		if (reason === undefined) expect(refusal).toBeUndefined();
		else expect(refusal?.reason).toContain(reason);
	});
});
