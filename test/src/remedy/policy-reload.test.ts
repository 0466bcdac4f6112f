import {describe, expect, test} from 'vitest';
import {accessState, type PolicyFileState} from '../../../src/policy/policy.ts';
import type {PolicyFile} from '../../../src/policy/rules.ts';
import {createRunnerFixture} from './runner-fixture.ts';

/** A policy file that the test writes: undefined is none, a text why it cannot be used. */
function policyFile(first?: PolicyFile) {
	let says: PolicyFile | string | undefined = first;
	let read: PolicyFileState | undefined;
	const write = (next: PolicyFile | string | undefined) => {
		says = next;
		read = typeof next === 'object' ? {state: 'read', file: next} : undefined;
	};
	write(first);
	const source = {
		async read() {
			if (typeof says === 'string') throw new Error(says);
			return read;
		},
		readTargetAttributes: async () => new Map(),
	};
	return {write, source, file: first};
}

const opened = async (first?: PolicyFile, production = false) => {
	const {write, source, file} = policyFile(first);
	const bench = await createRunnerFixture({production, source, ...(file === undefined ? {} : {file})});
	const state = () => accessState(bench.arming.policy.get(), 'tank', bench.clock.monotonic()).state;
	return {...bench, write, state};
};

describe('a policy that is tightened while a console runs', () => {
	test('is obeyed by the next act, before the file would be looked at again', async () => {
		const {propose, now, valve, write} = await opened({});
		write({forbid: ['*']});
		await propose();
		expect(now()).toMatchObject({state: 'refused', reason: expect.stringContaining('forbids')});
		expect(valve.runs).toEqual([]);
	});

	test.each<[string, PolicyFile]>([
		['forbids it', {forbid: ['probe.*']}],
		['makes it read-only', {readOnlyTargets: ['tank']}],
		['allows fewer objects', {maxObjects: 0}],
		['asks for more', {leastDemand: 'type'}],
	])('is obeyed by an answer to what was asked before: one that %s', async (_, file) => {
		const {propose, yes, now, valve, write} = await opened({});
		await propose();
		expect(now()?.state).toBe('ready');
		write(file);
		await yes();
		expect(now()).toMatchObject({state: 'refused'});
		expect(valve.runs).toEqual([]);
	});

	test('takes an open confirmation away within two seconds', async () => {
		const {propose, now, clock, write, told} = await opened({});
		await propose();
		write({readOnly: true});
		await clock.advance(2000);
		expect(now()).toMatchObject({state: 'refused', reason: expect.stringContaining('makes everything read-only')});
		while ((await told()).length < 1) await clock.settle();
	});

	test('ends what is armed, and tells why', async () => {
		const {arming, clock, state, write, audit} = await opened({}, true);
		await arming.arm('tank');
		expect(state()).toBe('armed');
		write({readOnlyTargets: ['tank']});
		await clock.advance(2000);
		expect([state(), arming.policy.get().armed.size]).toEqual(['read-only', 0]);
		while ((await audit.recent(1))[0]?.kind !== 'disarm') await clock.settle();
		expect((await audit.recent(1))[0]).toMatchObject({note: 'the policy file of this machine was changed'});
		write({});
		await clock.advance(2000);
		expect(state()).toBe('guarded');
	});
});

describe('a policy that cannot be used while a console runs', () => {
	test.each([
		['is missing', undefined, 'it is missing now'],
		['has a mistake', 'policy.yaml:1:1: "readonly" is not known', '"readonly" is not known'],
	])('when it %s, refuses every act until it can be used again', async (_, broken, reason) => {
		const {propose, yes, now, valve, write, runner} = await opened({});
		await propose();
		write(broken);
		await yes();
		expect(now()).toMatchObject({state: 'refused', reason: expect.stringContaining(reason)});
		runner.dismiss();
		await propose();
		expect(now()?.state).toBe('refused');
		expect(valve.runs).toEqual([]);
		write({});
		runner.dismiss();
		await propose();
		await yes();
		expect(now()?.state).toBe('done');
	});
});

test('where it is not known what a target is, every rule is about it', async () => {
	const file = {rules: [{match: {host: ['elsewhere.example']}, readOnly: true}]};
	const source = {read: async () => read, readTargetAttributes: () => Promise.reject(new Error('no such file'))};
	const read = {state: 'read', file} as const;
	const {propose, now} = await createRunnerFixture({source, file});
	await propose();
	expect(now()).toMatchObject({state: 'refused', reason: expect.stringContaining('a rule in the policy file')});
});

test('a policy that comes while a console runs is obeyed, and from then on missed', async () => {
	const {clock, state, write} = await opened();
	await clock.advance(10_000);
	expect(state()).toBe('open');
	write({guard: 'all'});
	await clock.advance(2000);
	expect(state()).toBe('guarded');
	write(undefined);
	await clock.advance(2000);
	expect(state()).toBe('read-only');
});

test('a policy that says the same changes nothing, and leaves no call waiting once it is closed', async () => {
	const {arming, clock} = await opened({guard: 'all'});
	let changes = 0;
	arming.policy.subscribe(() => {
		changes += 1;
	});
	await clock.advance(60_000);
	expect(changes).toBe(0);
	arming.close();
	await clock.settle();
	expect(clock.waiting).toBe(0);
});
