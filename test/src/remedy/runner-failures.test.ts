import {mkdir, rm, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {createOpenIntentReader} from '../../../src/audit/open-intents.ts';
import type {ObjectLocks} from '../../../src/remedy/object-lock.ts';
import {createFakeClock} from '../../fake-clock.ts';
import {serverRow} from './fake-server.ts';
import {createRunnerFixture} from './runner-fixture.ts';

describe('a console that slept between the last checks and sending', () => {
	/** Locks that run `isHeld` in the last check before sending. */
	const locks = (isHeld: () => Promise<boolean>): ObjectLocks => ({
		acquire: async () => ({isHeld, release: async () => {}}),
		refresh: async () => {},
	});

	test.each([
		['another console took its lock', async () => false],
		['its lock cannot be read', () => Promise.reject(new Error('EIO'))],
	])('sends nothing when %s, and the record says so', async (_, isHeld) => {
		const {propose, confirm, now, server, recorded, audit} = await createRunnerFixture({locks: locks(isHeld)});
		await propose();
		await confirm();
		expect(now()).toMatchObject({state: 'stale', reason: expect.stringContaining('another console took its lock')});
		expect(server.runs).toEqual([]);
		expect(await recorded()).toEqual(['intent', 'outcome stale']);
		expect(await createOpenIntentReader(audit.dir).read()).toEqual([]);
	});

	test('sends nothing when its last checks are too old, even without another console', async () => {
		const clock = createFakeClock();
		let sleep = 0;
		const {propose, confirm, now, server} = await createRunnerFixture({
			clock: {...clock, now: () => clock.now() + sleep},
			locks: locks(async () => {
				sleep = 8 * 3_600_000;
				return true;
			}),
		});
		await propose();
		await confirm();
		expect(now()).toMatchObject({state: 'stale', reason: expect.stringContaining('its last checks are too old')});
		expect(server.runs).toEqual([]);
	});
});

test('an action whose lock cannot be written is not sent', async () => {
	const {propose, confirm, now, server} = await createRunnerFixture({
		locks: {acquire: () => Promise.reject(new Error('EROFS: read-only file system')), refresh: async () => {}},
	});
	await propose();
	await confirm();
	expect(now()).toMatchObject({
		state: 'refused',
		reason: expect.stringMatching(/^the lock on demo-target\/.+ cannot be written: EROFS/),
		hint: 'make the state directory writable',
	});
	expect(server.runs).toEqual([]);
});

describe('an action that cannot be recorded is not sent', () => {
	test('when a file is in the place of the record directory', async () => {
		const {propose, confirm, now, server, audit} = await createRunnerFixture();
		await propose();
		await writeFile(audit.dir, '');
		await confirm();
		expect(now()).toMatchObject({
			state: 'refused',
			reason: expect.stringContaining('nothing was sent: the record cannot be written: EEXIST'),
			hint: expect.stringContaining('something else is in its place'),
		});
		expect(server.runs).toEqual([]);
		expect(now()?.recorded).toBeUndefined();
		expect(now()?.recordFailure).toContain('the record cannot be written: EEXIST');
	});

	test.skipIf(process.platform !== 'linux')('when the disk is full', async () => {
		const {propose, confirm, now, server, audit} = await createRunnerFixture();
		await propose();
		await mkdir(audit.dir);
		await symlink('/dev/full', join(audit.dir, '2026-11.jsonl'));
		await confirm();
		expect(now()).toMatchObject({state: 'refused', hint: expect.stringContaining('free some space')});
		expect(server.runs).toEqual([]);
		await rm(join(audit.dir, '2026-11.jsonl'));
		await propose();
		await confirm();
		expect(now()?.state).toBe('done');
	});

	test('and its target is not armed', async () => {
		const {arming, audit} = await createRunnerFixture({production: true});
		await writeFile(audit.dir, '');
		expect(await arming.arm('demo-target')).toMatchObject({kind: 'refused', reason: expect.stringContaining('EEXIST')});
		expect(arming.policy.get().armed.size).toBe(0);
	});

	test('but its outcome is shown when the disk is full only after sending', async () => {
		const {propose, confirm, now, runner, action, audit} = await createRunnerFixture();
		const run: typeof action.run = async (...given) => {
			const receipt = await action.run(...given);
			await rm(audit.dir, {recursive: true});
			await writeFile(audit.dir, '');
			return receipt;
		};
		await runner.propose({...action, run}, [serverRow], {to: '40'});
		await confirm();
		expect(now()).toMatchObject({
			state: 'done',
			recorded: true,
			recordFailure: expect.stringContaining('cannot be written'),
		});
		await propose();
	});
});

describe('a failure', () => {
	test.each([
		['denied', 'failed', 'nothing happened: permission denied', 'outcome failed'],
		['conflict', 'stale', 'nothing happened: it was changed meanwhile', 'outcome stale'],
		['lost', 'unknown', 'the outcome is not known: the server does not answer', 'outcome unknown'],
		['bug', 'unknown', 'the outcome is not known: undefined is not a setting', 'outcome unknown'],
	] as const)('%s', async (fault, state, reason, outcome) => {
		const {propose, confirm, now, server, recorded, clock, runner} = await createRunnerFixture();
		server.fault = fault;
		await propose();
		await confirm();
		await clock.advance(60_000);
		expect(now()).toMatchObject({state, reason});
		expect(server.runs).toHaveLength(1);
		expect(await recorded()).toEqual(['intent', outcome]);
		expect(runner.sentActions()).toEqual([]);
	});

	test('after the confirmation and before the intent is recorded, under the id that is shown', async () => {
		const {propose, confirm, now, server, audit, recorded} = await createRunnerFixture();
		await propose();
		server.unreachable = true;
		await confirm();
		expect(now()).toMatchObject({
			state: 'failed',
			reason: 'the checks could not be repeated, nothing was sent: the server does not answer',
		});
		expect(server.runs).toEqual([]);
		expect(await recorded()).toEqual(['refuse failed']);
		expect((await audit.recent(1))[0]).toMatchObject({
			id: now()?.id,
			action: {id: 'probe.set'},
			target: 'demo-target',
			object: 'setting',
			note: now()?.reason,
			error: {kind: 'unreachable', message: 'the server does not answer', hint: 'check the network'},
			confirmation: {method: 'key', typed: 'y'},
		});
	});

	test('before the confirmation is not recorded', async () => {
		const {propose, now, server, recorded} = await createRunnerFixture();
		server.unreachable = true;
		await propose();
		expect(now()?.state).toBe('failed');
		expect(await recorded()).toEqual([]);
	});

	test('a refusal is recorded under the id that is shown', async () => {
		const {propose, now, server, audit} = await createRunnerFixture();
		server.blocked = true;
		await propose();
		expect(now()?.state).toBe('blocked');
		expect((await audit.recent(1))[0]).toMatchObject({id: now()?.id, kind: 'refuse', result: 'blocked'});
	});

	test('by a timeout of 30 s has an unknown outcome and is not retried', async () => {
		const {propose, confirm, now, server, recorded, pass} = await createRunnerFixture();
		server.fault = 'silent';
		await propose();
		await pass(confirm());
		expect(now()).toMatchObject({state: 'unknown', failure: {kind: 'timeout'}});
		expect(server.runs).toHaveLength(1);
		expect(await recorded()).toEqual(['intent', 'outcome unknown']);
	});

	test('an outcome still pending after settleMs is ineffective', async () => {
		const {propose, confirm, now, server, pass} = await createRunnerFixture();
		server.slow = true;
		await propose();
		await pass(confirm());
		expect(now()).toMatchObject({state: 'ineffective', reason: 'not within 5 s: it is being applied'});
	});

	test('of the verification is retried, and makes the outcome unknown only after settleMs', async () => {
		const {propose, confirm, now, server, pass, runner, action} = await createRunnerFixture();
		let looks = 0;
		const verify: typeof action.verify = async (...given) => {
			looks += 1;
			server.unreachable = looks < 3;
			return action.verify(...given);
		};
		await runner.propose({...action, verify}, [serverRow], {to: '40'});
		await pass(confirm());
		expect(now()?.state).toBe('done');
		expect(looks).toBe(3);
		const blind: typeof action.verify = async () => {
			throw new Error('unreadable');
		};
		await runner.propose({...action, verify: blind}, [serverRow], {to: '50'});
		await pass(confirm());
		expect(now()).toMatchObject({state: 'unknown', reason: expect.stringContaining('unreadable')});
		await propose();
	});
});

describe('`recorded` is set exactly when a record with that id is on disk', () => {
	test.each([
		['refused by policy', {production: true}, {}, ['refuse refused']],
		['blocked by a check', {}, {blocked: true}, ['refuse blocked']],
		['unreachable', {}, {unreachable: true}, []],
	] as const)('%s', async (_, options, like, kinds) => {
		const {propose, now, server, audit} = await createRunnerFixture(options);
		Object.assign(server, like);
		await propose();
		const records = (await audit.recent(10)).filter(one => one.id === now()?.id);
		expect(records.map(one => `${one.kind} ${one.result}`)).toEqual(kinds);
		expect(now()?.recorded === true).toBe(kinds.length > 0);
	});

	test.each(['none', 'denied', 'conflict', 'lost'] as const)('sent, fault %s', async fault => {
		const {propose, confirm, now, server, audit, clock} = await createRunnerFixture();
		server.fault = fault;
		await propose();
		expect(now()?.recorded).toBeUndefined();
		await confirm();
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
