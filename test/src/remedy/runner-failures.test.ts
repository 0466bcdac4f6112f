import {mkdir, rm, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {createOpenIntentReader} from '../../../src/audit/open-intents.ts';
import type {ObjectLocks} from '../../../src/remedy/object-lock.ts';
import {createFakeClock} from '../../fake-clock.ts';
import {serverRow} from './fake-server.ts';
import {createRunnerFixture} from './runner-fixture.ts';

describe('a console that slept between the last look and sending', () => {
	/** Locks that do something at the very last look before sending. */
	const locks = (isMine: () => Promise<boolean>): ObjectLocks => ({
		acquire: async () => ({isHeld: isMine, release: async () => {}}),
		refresh: async () => {},
	});

	test.each([
		['another console took its lock', async () => false],
		['its lock cannot be read', () => Promise.reject(new Error('EIO'))],
	])('sends nothing when %s, and the record says so', async (_, isMine) => {
		const {propose, yes, now, valve, told, audit} = await createRunnerFixture({locks: locks(isMine)});
		await propose();
		await yes();
		expect(now()).toMatchObject({state: 'stale', reason: expect.stringContaining('another one took its lock')});
		expect(valve.runs).toEqual([]);
		expect(await told()).toEqual(['intent', 'outcome stale']);
		expect(await createOpenIntentReader(audit.dir).read()).toEqual([]);
	});

	test('sends nothing when what it looked at is old, though no other console is there', async () => {
		const clock = createFakeClock();
		let sleep = 0;
		const {propose, yes, now, valve} = await createRunnerFixture({
			clock: {...clock, now: () => clock.now() + sleep},
			locks: locks(async () => {
				sleep = 8 * 3_600_000;
				return true;
			}),
		});
		await propose();
		await yes();
		expect(now()).toMatchObject({state: 'stale', reason: expect.stringContaining('what was looked at is old')});
		expect(valve.runs).toEqual([]);
	});
});

describe('what cannot be recorded is not done', () => {
	test('when something else stands in the place of the record', async () => {
		const {propose, yes, now, valve, audit} = await createRunnerFixture();
		await propose();
		await writeFile(audit.dir, '');
		await yes();
		expect(now()).toMatchObject({
			state: 'refused',
			reason: expect.stringContaining('nothing was sent: the record cannot be written: EEXIST'),
			hint: expect.stringContaining('something else stands where the directory'),
		});
		expect(valve.runs).toEqual([]);
		expect(now()?.recorded).toBeUndefined();
		expect(now()?.recordFailure).toContain('the record cannot be written: EEXIST');
	});

	test.skipIf(process.platform !== 'linux')('when the disk is full', async () => {
		const {propose, yes, now, valve, audit} = await createRunnerFixture();
		await propose();
		await mkdir(audit.dir);
		await symlink('/dev/full', join(audit.dir, '2026-11.jsonl'));
		await yes();
		expect(now()).toMatchObject({state: 'refused', hint: expect.stringContaining('free some space')});
		expect(valve.runs).toEqual([]);
		await rm(join(audit.dir, '2026-11.jsonl'));
		await propose();
		await yes();
		expect(now()?.state).toBe('done');
	});

	test('nor is a target armed', async () => {
		const {arming, audit} = await createRunnerFixture({production: true});
		await writeFile(audit.dir, '');
		expect(await arming.arm('tank')).toMatchObject({kind: 'refused', reason: expect.stringContaining('EEXIST')});
		expect(arming.policy.get().armed.size).toBe(0);
	});

	test('what came of it is still shown when the disk fills after it was sent', async () => {
		const {propose, yes, now, runner, action, audit} = await createRunnerFixture();
		const run: typeof action.run = async (...given) => {
			const receipt = await action.run(...given);
			await rm(audit.dir, {recursive: true});
			await writeFile(audit.dir, '');
			return receipt;
		};
		await runner.propose({...action, run}, [serverRow], {to: '40'});
		await yes();
		expect(now()).toMatchObject({
			state: 'done',
			recorded: true,
			recordFailure: expect.stringContaining('cannot be written'),
		});
		await propose();
	});
});

describe('what went wrong on the way', () => {
	test.each([
		['denied', 'failed', 'nothing happened: not your valve', 'outcome failed'],
		['conflict', 'stale', 'nothing happened: it was turned meanwhile', 'outcome stale'],
		['lost', 'unknown', 'the outcome is not known: the valve does not answer', 'outcome unknown'],
		['bug', 'unknown', 'the outcome is not known: undefined is not a valve', 'outcome unknown'],
	] as const)('%s', async (fault, state, reason, outcome) => {
		const {propose, yes, now, valve, told, clock, runner} = await createRunnerFixture();
		valve.fault = fault;
		await propose();
		await yes();
		await clock.advance(60_000);
		expect(now()).toMatchObject({state, reason});
		expect(valve.runs).toHaveLength(1);
		expect(await told()).toEqual(['intent', outcome]);
		expect(runner.undoable()).toEqual([]);
	});

	test('a confirmed one that fails before its intent is recorded too, under the id that is shown', async () => {
		const {propose, yes, now, valve, audit, told} = await createRunnerFixture();
		await propose();
		valve.unreachable = true;
		await yes();
		expect(now()).toMatchObject({
			state: 'failed',
			reason: 'it could not be checked once more, nothing was sent: the valve does not answer',
		});
		expect(valve.runs).toEqual([]);
		expect(await told()).toEqual(['refuse failed']);
		expect((await audit.recent(1))[0]).toMatchObject({
			id: now()?.id,
			action: {id: 'probe.turn'},
			target: 'tank',
			object: 'valve',
			note: now()?.reason,
			error: {kind: 'unreachable', message: 'the valve does not answer', hint: 'look at its cable'},
			confirmation: {method: 'key', typed: 'y'},
		});
	});

	test('one that fails before anybody confirmed it is not recorded', async () => {
		const {propose, now, valve, told} = await createRunnerFixture();
		valve.unreachable = true;
		await propose();
		expect(now()?.state).toBe('failed');
		expect(await told()).toEqual([]);
	});

	test('a refusal is recorded under the id that is shown', async () => {
		const {propose, now, valve, audit} = await createRunnerFixture();
		valve.blocked = true;
		await propose();
		expect(now()?.state).toBe('blocked');
		expect((await audit.recent(1))[0]).toMatchObject({id: now()?.id, kind: 'refuse', result: 'blocked'});
	});

	test('no answer at all is unknown after 30 s, and not tried again', async () => {
		const {propose, yes, now, valve, told, pass} = await createRunnerFixture();
		valve.fault = 'silent';
		await propose();
		await pass(yes());
		expect(now()).toMatchObject({state: 'unknown', failure: {kind: 'timeout'}});
		expect(valve.runs).toHaveLength(1);
		expect(await told()).toEqual(['intent', 'outcome unknown']);
	});

	test('what does not show within its time did not help', async () => {
		const {propose, yes, now, valve, pass} = await createRunnerFixture();
		valve.slow = true;
		await propose();
		await pass(yes());
		expect(now()).toMatchObject({state: 'ineffective', reason: 'not within 5 s: it still turns'});
	});

	test('a look afterwards that fails is tried again, and says unknown only when its time is over', async () => {
		const {propose, yes, now, valve, pass, runner, action} = await createRunnerFixture();
		let looks = 0;
		const verify: typeof action.verify = async (...given) => {
			looks += 1;
			valve.unreachable = looks < 3;
			return action.verify(...given);
		};
		await runner.propose({...action, verify}, [serverRow], {to: '40'});
		await pass(yes());
		expect(now()?.state).toBe('done');
		expect(looks).toBe(3);
		const blind: typeof action.verify = async () => {
			throw new Error('no eyes');
		};
		await runner.propose({...action, verify: blind}, [serverRow], {to: '50'});
		await pass(yes());
		expect(now()).toMatchObject({state: 'unknown', reason: expect.stringContaining('no eyes')});
		await propose();
	});
});

describe('a record is told of exactly where one is on disk under that id', () => {
	test.each([
		['refused by policy', {production: true}, {}, ['refuse refused']],
		['blocked by a check', {}, {blocked: true}, ['refuse blocked']],
		['not there to be looked at', {}, {unreachable: true}, []],
	] as const)('%s', async (_, options, like, kinds) => {
		const {propose, now, valve, audit} = await createRunnerFixture(options);
		Object.assign(valve, like);
		await propose();
		const told = (await audit.recent(10)).filter(one => one.id === now()?.id);
		expect(told.map(one => `${one.kind} ${one.result}`)).toEqual(kinds);
		expect(now()?.recorded === true).toBe(kinds.length > 0);
	});

	test.each(['none', 'denied', 'conflict', 'lost'] as const)('sent, fault %s', async fault => {
		const {propose, yes, now, valve, audit, clock} = await createRunnerFixture();
		valve.fault = fault;
		await propose();
		expect(now()?.recorded).toBeUndefined();
		await yes();
		await clock.advance(60_000);
		expect(now()?.recorded).toBe(true);
		expect((await audit.recent(10)).some(one => one.id === now()?.id && one.kind === 'intent')).toBe(true);
	});

	test('cancelled', async () => {
		const {propose, now, runner, audit} = await createRunnerFixture();
		await propose();
		runner.cancel();
		expect([now()?.state, now()?.recorded, await audit.recent(10)]).toEqual(['cancelled', undefined, []]);
	});
});
