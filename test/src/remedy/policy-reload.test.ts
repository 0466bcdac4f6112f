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
	const fixture = await createRunnerFixture({production, source, ...(file === undefined ? {} : {file})});
	const state = () => accessState(fixture.arming.policy.get(), 'demo-target', fixture.clock.monotonic()).state;
	return {...fixture, write, state};
};

describe('a policy that is tightened while a console runs', () => {
	test('applies to the next action, before the next regular read of the file', async () => {
		const {propose, now, server, write} = await opened({});
		write({forbid: ['*']});
		await propose();
		expect(now()).toMatchObject({state: 'refused', reason: expect.stringContaining('forbids')});
		expect(server.runs).toEqual([]);
	});

	test.each<[string, PolicyFile]>([
		['forbids it', {forbid: ['probe.*']}],
		['makes it read-only', {readOnlyTargets: ['demo-target']}],
		['allows fewer objects', {maxObjects: 0}],
		['requires more', {leastDemand: 'type'}],
	])('applies to an answer to an earlier demand: a policy that %s', async (_, file) => {
		const {propose, confirm, now, server, write} = await opened({});
		await propose();
		expect(now()?.state).toBe('ready');
		write(file);
		await confirm();
		expect(now()).toMatchObject({state: 'refused'});
		expect(server.runs).toEqual([]);
	});

	test('closes an open confirmation within two seconds', async () => {
		const {propose, now, clock, write, recorded} = await opened({});
		await propose();
		write({readOnly: true});
		await clock.advance(2000);
		expect(now()).toMatchObject({state: 'refused', reason: expect.stringContaining('makes everything read-only')});
		while ((await recorded()).length < 1) await clock.settle();
	});

	test('disarms targets and records why', async () => {
		const {arming, clock, state, write, audit} = await opened({}, true);
		await arming.arm('demo-target');
		expect(state()).toBe('armed');
		write({readOnlyTargets: ['demo-target']});
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
	])('refuses every action when it %s, until it is usable again', async (_, broken, reason) => {
		const {propose, confirm, now, server, write, runner} = await opened({});
		await propose();
		write(broken);
		await confirm();
		expect(now()).toMatchObject({state: 'refused', reason: expect.stringContaining(reason)});
		runner.dismiss();
		await propose();
		expect(now()?.state).toBe('refused');
		expect(server.runs).toEqual([]);
		write({});
		runner.dismiss();
		await propose();
		await confirm();
		expect(now()?.state).toBe('done');
	});
});

test('every rule applies to a target whose attributes are unknown', async () => {
	const file = {rules: [{match: {host: ['elsewhere.example']}, readOnly: true}]};
	const source = {read: async () => read, readTargetAttributes: () => Promise.reject(new Error('no such file'))};
	const read = {state: 'read', file} as const;
	const {propose, now} = await createRunnerFixture({source, file});
	await propose();
	expect(now()).toMatchObject({state: 'refused', reason: expect.stringContaining('a rule in the policy file')});
});

test('a policy file that appears while a console runs applies, and must not disappear again', async () => {
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

test('an unchanged policy file changes nothing, and no timer is left after closing', async () => {
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
