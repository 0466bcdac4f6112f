import {describe, expect, test} from 'vitest';
import {type Answer, type Demand, demandFor, unmet} from '../../../src/policy/demand.ts';
import type {PolicyFile} from '../../../src/policy/rules.ts';
import {
	arm,
	createPolicy,
	disarm,
	lapsed,
	nextLapse,
	type Policy,
	permitted,
	standing,
	touch,
} from '../../../src/policy/standing.ts';

const minute = 60_000;
const targets = [
	{name: 'orders-db', production: true},
	{name: 'scratch', production: false},
];
const policyWith = (file: PolicyFile = {}, readOnly = false): Policy => createPolicy({readOnly, targets, file});

function armed(policy: Policy, target: string, now: number): Policy {
	const next = arm(policy, target, now);
	if ('kind' in next) throw new Error(next.reason);
	return next;
}

const deed = (risk: 'low' | 'medium' | 'high', count: number, target = 'scratch') => ({
	action: 'postgres.cancel',
	preview: {target, object: '4411', count, risk},
});

describe('standing', () => {
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
		expect(standing(policy, target, 0).state).toBe(state);
	});
});

describe('arming', () => {
	test('holds for one target, and ends after 10 idle minutes', () => {
		const policy = armed(policyWith({guard: 'all'}), 'orders-db', 0);
		expect(standing(policy, 'orders-db', 10 * minute - 1)).toEqual({state: 'armed', since: 0, until: 10 * minute});
		expect(standing(policy, 'orders-db', 10 * minute).state).toBe('guarded');
		expect(standing(policy, 'scratch', 0).state).toBe('guarded');
	});

	test('activity extends it, and does not bring it back', () => {
		const policy = armed(policyWith(), 'orders-db', 0);
		const active = touch(policy, 'orders-db', 9 * minute);
		expect(standing(active, 'orders-db', 18 * minute)).toEqual({state: 'armed', since: 0, until: 19 * minute});
		expect(touch(policy, 'orders-db', 10 * minute)).toBe(policy);
		expect(touch(policy, 'scratch', 0)).toBe(policy);
	});

	test('ends by hand', () => {
		const policy = disarm(armed(policyWith(), 'orders-db', 0), 'orders-db');
		expect(standing(policy, 'orders-db', 1).state).toBe('guarded');
	});

	test.each([
		['with --read-only', policyWith({}, true), 'orders-db', 'read-only: started with --read-only'],
		['with a policy file that says so', policyWith({readOnly: true}), 'orders-db', 'read-only: the policy file'],
		['an open target', policyWith(), 'scratch', 'scratch is not guarded'],
		['an unknown target', policyWith(), 'elsewhere', 'no target is called elsewhere'],
	])('is refused %s', (_, policy, target, reason) => {
		expect(arm(policy, target, 0)).toMatchObject({kind: 'refused', reason: expect.stringContaining(reason)});
	});

	test('the policy file can shorten it and cannot lengthen it', () => {
		expect(standing(armed(policyWith({armMinutes: 2}), 'orders-db', 0), 'orders-db', 2 * minute).state).toBe('guarded');
		expect(standing(armed(policyWith({armMinutes: 60}), 'orders-db', 0), 'orders-db', 10 * minute).state).toBe(
			'guarded',
		);
		expect(standing(armed(policyWith({armMinutes: -1}), 'orders-db', 5), 'orders-db', 5).state).toBe('guarded');
	});

	test('tells which have ended and when the next one will', () => {
		const policy = armed(armed(policyWith({guard: 'all'}), 'orders-db', 0), 'scratch', minute);
		expect(nextLapse(policy)).toBe(10 * minute);
		expect(lapsed(policy, 10 * minute)).toEqual(['orders-db']);
		expect(nextLapse(policyWith())).toBeUndefined();
	});
});

describe('what may be proposed', () => {
	test.each<[string, Policy, string, string | undefined]>([
		['a guarded target must be armed', policyWith(), 'orders-db', 'orders-db is guarded'],
		['an open target may be acted on', policyWith(), 'scratch', undefined],
		['a forbidden action', policyWith({forbid: ['postgres.cancel']}), 'scratch', 'forbids postgres.cancel'],
		['all of a system', policyWith({forbid: ['postgres.*']}), 'scratch', 'forbids postgres.cancel'],
		['another system', policyWith({forbid: ['redis.*', 'postgres.cancellation']}), 'scratch', undefined],
	])('%s', (_, policy, target, reason) => {
		const refusal = permitted(policy, 'postgres.cancel', target, 0);
		if (reason === undefined) expect(refusal).toBeUndefined();
		else expect(refusal?.reason).toContain(reason);
	});
});

describe('demand', () => {
	const text = 'scratch/4411';
	const grave = (count: number) => ({kind: 'type-count-reason', text, count, delayMs: 3000});
	test.each<[string, PolicyFile, Parameters<typeof demandFor>[1], unknown]>([
		['low, one object', {}, deed('low', 1), {kind: 'key', key: 'y'}],
		['low, no touch told', {}, deed('low', 0), {kind: 'key', key: 'y'}],
		['low, two objects', {}, deed('low', 2), {kind: 'type', text}],
		['low, 10 objects', {}, deed('low', 10), {kind: 'type', text}],
		['low, 11 objects', {}, deed('low', 11), grave(11)],
		['medium', {}, deed('medium', 1), {kind: 'type', text}],
		['medium, 11 objects', {}, deed('medium', 11), grave(11)],
		['high', {}, deed('high', 1), grave(1)],
		['a key that would also open it', {}, {...deed('low', 1), openedBy: 'y'}, {kind: 'type', text}],
		['any other key that opens it', {}, {...deed('low', 1), openedBy: 'C'}, {kind: 'key', key: 'y'}],
		['the file asks for typing', {leastDemand: 'type'}, deed('low', 1), {kind: 'type', text}],
		['the file does not lower it', {leastDemand: 'type'}, deed('high', 1), grave(1)],
		['the file asks for the gravest', {leastDemand: 'type-count-reason'}, deed('low', 1), grave(1)],
		['at most so many', {maxObjects: 2}, deed('low', 3), {kind: 'refused'}],
		['just so many', {maxObjects: 2}, deed('low', 2), {kind: 'type', text}],
		['a guarded target', {}, deed('low', 1, 'orders-db'), {kind: 'refused'}],
	])('%s', (_, file, about, demand) => {
		expect(demandFor(policyWith(file), about, 0)).toMatchObject(demand as object);
	});

	test('asks for what can be seen and typed', () => {
		const about = {...deed('medium', 1), preview: {...deed('medium', 1).preview, object: 'a\u202e\u001b[31mb'}};
		expect(demandFor(policyWith(), about, 0)).toEqual({kind: 'type', text: 'scratch/a<202e>b'});
	});
});

describe('answer', () => {
	const key: Demand = {kind: 'key', key: 'y'};
	const type: Demand = {kind: 'type', text: 'scratch/4411'};
	const grave: Demand = {kind: 'type-count-reason', text: 'scratch/4411', count: 12, delayMs: 3000};
	const full = {kind: 'typed', text: 'scratch/4411', count: '12', reason: 'locks held'} as const;
	test.each<[string, Demand, Answer, number, boolean]>([
		['y', key, {kind: 'key', key: 'y'}, 0, true],
		['Y', key, {kind: 'key', key: 'Y'}, 0, false],
		['Enter', key, {kind: 'key', key: '\r'}, 0, false],
		['Enter by name', key, {kind: 'key', key: 'return'}, 0, false],
		['the opening key', key, {kind: 'key', key: 'C'}, 0, false],
		['several keys at once', key, {kind: 'key', key: 'yy'}, 0, false],
		['a pasted y', key, {kind: 'key', key: 'y', pasted: true}, 0, false],
		['a typed y', key, {kind: 'typed', text: 'y'}, 0, false],
		['the text', type, {kind: 'typed', text: 'scratch/4411'}, 0, true],
		['a y where a text is asked', type, {kind: 'key', key: 'y'}, 0, false],
		['part of the text', type, {kind: 'typed', text: 'scratch/441'}, 0, false],
		['more than the text', type, {kind: 'typed', text: 'scratch/4411 '}, 0, false],
		['nothing', type, {kind: 'typed', text: ''}, 0, false],
		['another case', type, {kind: 'typed', text: 'Scratch/4411'}, 0, false],
		['the pasted text', type, {kind: 'typed', text: 'scratch/4411', pasted: true}, 0, false],
		['a text with a line end', type, {kind: 'typed', text: 'scratch/4411\n'}, 0, false],
		['a text in paste brackets', type, {kind: 'typed', text: '\u001b[200~scratch/4411\u001b[201~'}, 0, false],
		['all of it after 3 s', grave, full, 3000, true],
		['all of it too early', grave, full, 2999, false],
		['without the count', grave, {kind: 'typed', text: full.text, reason: full.reason}, 3000, false],
		['another count', grave, {...full, count: '11'}, 3000, false],
		['the count written otherwise', grave, {...full, count: '012'}, 3000, false],
		['without a reason', grave, {kind: 'typed', text: full.text, count: '12'}, 3000, false],
		['an empty reason', grave, {...full, reason: '    '}, 3000, false],
		['a reason of several lines', grave, {...full, reason: 'locks\nheld'}, 3000, false],
		['the wrong text', grave, {...full, text: 'scratch/4412'}, 3000, false],
		['anything to a refusal', {kind: 'refused', reason: 'no', hint: ''}, {kind: 'key', key: 'y'}, 9999, false],
	])('%s', (_, demand, answer, shownForMs, meets) => {
		expect(unmet(demand, answer, shownForMs) === undefined).toBe(meets);
	});
});
