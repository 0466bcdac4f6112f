import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {verifyDirectory} from '../../../src/audit/verify-log.ts';
import type {DemandAnswer} from '../../../src/policy/demand.ts';
import {serverRow} from './fake-server.ts';
import {createRunnerFixture} from './runner-fixture.ts';

describe('a remedy', () => {
	test('is previewed, checked, confirmed, recorded, sent, verified and recorded again', async () => {
		const {propose, confirm, now, server, recorded, audit, runner} = await createRunnerFixture();
		await propose();
		expect(now()).toMatchObject({
			state: 'ready',
			demand: {kind: 'key', key: 'y'},
			checks: [{label: 'not locked', result: 'pass'}],
			preview: {cliEquivalent: 'settingctl set 40', undo: {class: 'exact'}},
			hash: expect.stringMatching(/^[0-9a-f]{64}$/),
		});
		expect(server.runs).toEqual([]);
		await confirm();
		expect(now()).toMatchObject({state: 'done', reason: 'it is 40', receipt: {summary: 'set to 40'}});
		expect(server.value).toBe(40);
		expect(server.runs).toHaveLength(1);
		expect(server.runs[0]).toMatchObject({
			record: now()?.id,
			written: {
				kind: 'intent',
				id: now()?.id,
				plan_hash: now()?.hash,
				target_user: 'operator',
				params: {to: '40'},
				confirmation: {method: 'key', typed: 'y'},
				preview: {cli_equivalent: 'settingctl set 40', bound_to: 'revision 0'},
			},
		});
		expect(await recorded()).toEqual(['intent', 'outcome sent', 'verify done']);
		expect((await audit.recent(9)).slice(0, 2).map(record => record.of)).toEqual([now()?.id, now()?.id]);
		expect((await verifyDirectory(audit.dir)).flatMap(report => report.faults)).toEqual([]);
		runner.dismiss();
		expect(now()).toBeUndefined();
	});

	test('has the server in every record, and in the intent who armed the target and when', async () => {
		const {propose, confirm, arming, audit} = await createRunnerFixture({production: true});
		await arming.arm('demo-target');
		const [armed] = await audit.recent(1);
		await propose();
		await confirm();
		const records = (await audit.recent(9)).toReversed();
		const server = {host: 'server.example', port: 7, id: 'server-1'};
		const by = {record: armed?.id, ts: armed?.ts, user: 'mira', uid: 1000};
		expect(records.map(record => [record.kind, record.server, record.armed])).toEqual([
			['arm', undefined, undefined],
			['intent', server, by],
			['outcome', server, undefined],
			['verify', server, undefined],
		]);
	});

	test('accepts a reason for any action, without line breaks', async () => {
		const {propose, confirm, now, audit} = await createRunnerFixture();
		await propose();
		await confirm('the disk\nis full');
		expect(now()).toMatchObject({state: 'ready', unmet: 'pasted text is not taken: type it'});
		await confirm(' the disk is full ');
		expect(now()?.state).toBe('done');
		const intent = (await audit.recent(9)).find(record => record.kind === 'intent');
		expect(intent?.confirmation).toEqual({method: 'key', typed: 'y', reason: 'the disk is full'});
	});

	test('runs the frozen plan even when the adapter changes its own copy', async () => {
		const {runner, action, server, confirm} = await createRunnerFixture();
		const plan = {to: 40, revision: 0};
		const preview: typeof action.preview = async (...given) => ({...(await action.preview(...given)), plan});
		await runner.propose({...action, preview}, [serverRow], {to: '40'});
		plan.to = 99;
		await confirm();
		expect(server.runs[0]?.plan).toEqual({to: 40, revision: 0});
		expect(Object.isFrozen(server.runs[0]?.plan)).toBe(true);
	});

	test('is proposed only when no other one waits', async () => {
		const {propose, now} = await createRunnerFixture();
		await propose('40');
		const {id} = now() ?? {};
		await propose('50');
		expect(now()?.id).toBe(id);
	});

	test('with a high risk requires the text, the count and a reason, and accepts them after 3 s', async () => {
		const {propose, now, server, runner, clock, audit} = await createRunnerFixture();
		server.risk = 'high';
		await propose();
		const answer: DemandAnswer = {kind: 'typed', text: 'setting', count: '1', reason: 'the disk is full'};
		await clock.advance(2900);
		await runner.confirm(answer);
		expect(now()).toMatchObject({state: 'ready', unmet: expect.stringContaining('once more')});
		await clock.advance(100);
		await runner.confirm(answer);
		expect(now()?.state).toBe('done');
		const intent = (await audit.recent(9)).find(record => record.kind === 'intent');
		expect(intent?.confirmation).toEqual({
			method: 'type-count-reason',
			typed: 'setting',
			count: 1,
			reason: 'the disk is full',
		});
	});

	test.each<[string, DemandAnswer]>([
		['Enter', {kind: 'key', key: '\r'}],
		['the opening key', {kind: 'key', key: 'V'}],
		['a pasted y', {kind: 'key', key: 'y', pasted: true}],
		['a bracketed paste', {kind: 'key', key: '\u001b[200~y\u001b[201~'}],
		['several keys in one read', {kind: 'key', key: 'yyyy'}],
		['a text', {kind: 'typed', text: 'setting'}],
	])('is not confirmed by %s', async (_, answer) => {
		const {propose, now, server, runner, recorded} = await createRunnerFixture();
		await propose();
		await runner.confirm(answer);
		expect(now()).toMatchObject({state: 'ready', unmet: expect.any(String)});
		expect(server.runs).toEqual([]);
		expect(await recorded()).toEqual([]);
	});

	test('is not confirmed before it is ready', async () => {
		const {runner, propose, confirm, now, server} = await createRunnerFixture();
		const proposing = propose();
		await confirm();
		await proposing;
		expect(now()?.state).toBe('ready');
		expect(server.runs).toEqual([]);
		runner.cancel();
		expect(now()).toMatchObject({state: 'cancelled', reason: 'cancelled, nothing was sent'});
		await confirm();
		expect(server.runs).toEqual([]);
	});
});

describe('the runner refuses', () => {
	test('a guarded target until it is armed, and again when the arming has ended', async () => {
		const {propose, confirm, now, arming, clock, recorded, pass} = await createRunnerFixture({production: true});
		await propose();
		expect(now()).toMatchObject({
			state: 'refused',
			reason: 'demo-target is guarded',
			hint: expect.stringContaining('press O'),
		});
		expect(await arming.arm('demo-target')).toBeUndefined();
		await propose();
		await confirm();
		expect(now()?.state).toBe('done');
		await clock.advance(10 * 60_000);
		expect(arming.policy.get().armed.size).toBe(0);
		await pass(propose());
		expect(now()).toMatchObject({state: 'refused', reason: 'demo-target is guarded'});
		expect(await recorded()).toEqual([
			'refuse refused',
			'arm',
			'intent',
			'outcome sent',
			'verify done',
			'disarm',
			'refuse refused',
		]);
	});

	test('a target disarmed while the confirmation waited', async () => {
		const {propose, confirm, now, arming, server} = await createRunnerFixture({production: true});
		await arming.arm('demo-target');
		await propose();
		await arming.disarm('demo-target');
		await confirm();
		expect(now()).toMatchObject({state: 'refused', reason: 'demo-target is guarded'});
		expect(server.runs).toEqual([]);
	});

	test('anything with --read-only', async () => {
		const {propose, now, arming} = await createRunnerFixture({readOnly: true});
		expect(await arming.arm('demo-target')).toMatchObject({kind: 'refused'});
		await propose();
		expect(now()).toMatchObject({state: 'refused', reason: 'read-only: started with --read-only'});
	});

	test('rows and parameters that the action does not accept', async () => {
		const {runner, action, now} = await createRunnerFixture();
		await runner.propose(action, [{...serverRow, id: 'read-only'}], {to: '40'});
		expect(now()).toMatchObject({state: 'refused', reason: 'it is read-only'});
		await runner.propose(action, [serverRow], {to: 'wide'});
		expect(now()).toMatchObject({state: 'refused', reason: 'value: a number from 0 to 100'});
		await runner.propose(action, [serverRow, {...serverRow, id: 'other'}], {to: '40'});
		expect(now()).toMatchObject({state: 'refused', reason: 'Change setting takes one row, 2 are marked'});
		await runner.propose(action, [], {to: '40'});
		expect(now()).toMatchObject({state: 'refused', reason: 'Change setting needs a row'});
		await runner.propose({...action, selects: 'many'}, [serverRow, {...serverRow, target: 'another'}], {to: '40'});
		expect(now()).toMatchObject({state: 'refused', reason: 'the marked rows belong to several targets'});
		await runner.propose(action, [serverRow], {});
		expect(now()).toMatchObject({state: 'refused', reason: 'value: a number from 0 to 100'});
	});

	test('an action that a check blocks', async () => {
		const {propose, now, server, recorded} = await createRunnerFixture();
		server.blocked = true;
		await propose();
		expect(now()).toMatchObject({state: 'blocked', reason: 'not locked: a maintenance window'});
		expect(await recorded()).toEqual(['refuse blocked']);
	});

	test('a plan that became stale while the confirmation waited, and shows what changed', async () => {
		const {propose, confirm, now, server, clock} = await createRunnerFixture();
		await propose();
		server.revision = 3;
		await clock.advance(2000);
		expect(now()).toMatchObject({
			state: 'stale',
			changed: [{field: 'bound to', before: 'revision 0', after: 'revision 3'}],
		});
		await confirm();
		expect(server.runs).toEqual([]);
	});

	test('a plan that became stale between the last checks and the answer', async () => {
		const {propose, confirm, now, server, recorded} = await createRunnerFixture();
		await propose();
		server.revision = 3;
		await confirm();
		expect(now()).toMatchObject({state: 'stale', changed: [{before: 'revision 0', after: 'revision 3'}]});
		expect(server.runs).toEqual([]);
		expect(await recorded()).toEqual(['refuse stale']);
	});

	test('a stale plan although checks that started before the answer still pass', async () => {
		const {runner, action, confirm, now, server, clock} = await createRunnerFixture();
		const open: (() => void)[] = [];
		let looks = 0;
		const preflight: typeof action.preflight = async (...given) => {
			looks += 1;
			const seen = await action.preflight(...given);
			if (looks > 1) await new Promise<void>(resolve => open.push(resolve));
			return seen;
		};
		await runner.propose({...action, preflight}, [serverRow], {to: '40'});
		await clock.advance(2000);
		server.revision = 3;
		const going = confirm();
		await expect.poll(() => [looks, now()?.state]).toEqual([3, 'rechecking']);
		open[0]?.();
		await clock.settle();
		expect(now()?.state).toBe('rechecking');
		open[1]?.();
		await going;
		expect(now()?.state).toBe('stale');
		expect(server.runs).toEqual([]);
	});

	test('a preview that could not be checked for 60 s', async () => {
		const {propose, confirm, now, server, clock} = await createRunnerFixture();
		await propose();
		server.unreachable = true;
		await clock.advance(2000);
		expect(now()).toMatchObject({state: 'ready', preflightFailure: {kind: 'unreachable'}});
		await clock.advance(60_000);
		expect(now()?.state).toBe('expired');
		await confirm();
		expect(server.runs).toEqual([]);
	});

	test('no preview that is checked regularly', async () => {
		const {propose, now, clock} = await createRunnerFixture();
		await propose();
		await clock.advance(10 * 60_000);
		expect(now()?.state).toBe('ready');
	});

	test('an action that did not help three times in ten minutes, in any console', async () => {
		const {propose, confirm, now, server, clock, stateDir} = await createRunnerFixture();
		server.ignoresChanges = true;
		for (const turn of [1, 2, 3]) {
			await propose();
			await confirm();
			expect(now()).toMatchObject({state: 'ineffective', reason: 'it is 10'});
			expect(server.runs).toHaveLength(turn);
		}
		const second = await createRunnerFixture({stateDir, clock});
		await second.propose();
		expect(second.now()).toMatchObject({
			state: 'refused',
			reason: 'this was done 3 times in the last 10 minutes to setting and did not help',
		});
		await clock.advance(9 * 60_000);
		await second.propose();
		expect(second.now()?.state).toBe('refused');
		// Another value does not make it another thing that is changed, and another name for it neither.
		second.server.object = '41 %';
		await second.propose('41');
		expect(second.now()?.state).toBe('refused');
		// A clock that is set forward makes ten minutes no shorter, and one that is set back makes them longer.
		for (const byMs of [60 * 60_000, -3 * 60 * 60_000]) {
			clock.set(byMs);
			const later = await createRunnerFixture({stateDir, clock});
			await later.propose();
			expect(later.now()?.state).toBe('refused');
		}
		clock.set(2 * 60 * 60_000);
		second.server.locks = ['another setting'];
		await second.propose();
		expect(second.now()?.state).toBe('ready');
		second.runner.cancel();
		await clock.advance(10 * 60_000);
		await propose();
		expect(now()?.state).toBe('ready');
	});

	test('an object that another console is changing, also as one of several and with another value', async () => {
		const one = await createRunnerFixture();
		const two = await createRunnerFixture({stateDir: one.stateDir, clock: one.clock});
		one.server.locks = ['setting', 'pump'];
		two.server.locks = ['other setting', 'setting'];
		two.server.object = '41 %';
		one.server.fault = 'silent';
		await one.propose();
		await two.propose();
		const going = one.confirm();
		while (one.server.runs.length === 0) await new Promise(resolve => setTimeout(resolve, 1));
		await two.confirm();
		expect(two.now()).toMatchObject({
			state: 'refused',
			reason: expect.stringContaining('setting is held by a console running probe.set (pid '),
		});
		expect(two.server.runs).toEqual([]);
		await one.pass(going);
		expect(await readdir(join(one.stateDir, 'locks'))).toEqual([]);
	});

	test('no object that another console only previews', async () => {
		const one = await createRunnerFixture();
		const two = await createRunnerFixture({stateDir: one.stateDir, clock: one.clock});
		one.server.slow = true;
		await one.propose();
		await two.propose();
		const going = one.confirm();
		while (one.now()?.state !== 'verifying') await new Promise(resolve => setTimeout(resolve, 1));
		await two.confirm();
		expect(two.now()?.state).toBe('done');
		one.server.slow = false;
		await one.pass(going);
	});
});
