import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {verifyDirectory} from '../../../src/audit/verify-log.ts';
import type {DemandAnswer} from '../../../src/policy/demand.ts';
import {serverRow} from './fake-server.ts';
import {createRunnerFixture} from './runner-fixture.ts';

describe('a remedy', () => {
	test('is previewed, checked, confirmed, recorded, sent, seen and recorded again', async () => {
		const {propose, yes, now, valve, told, audit, runner} = await createRunnerFixture();
		await propose();
		expect(now()).toMatchObject({
			state: 'ready',
			demand: {kind: 'key', key: 'y'},
			checks: [{label: 'not locked', result: 'pass'}],
			preview: {cliEquivalent: 'valvectl set 40', undo: {class: 'exact'}},
			hash: expect.stringMatching(/^[0-9a-f]{64}$/),
		});
		expect(valve.runs).toEqual([]);
		await yes();
		expect(now()).toMatchObject({state: 'done', reason: 'it stands at 40', receipt: {summary: 'turned to 40'}});
		expect(valve.value).toBe(40);
		expect(valve.runs).toHaveLength(1);
		expect(valve.runs[0]).toMatchObject({
			record: now()?.id,
			written: {
				kind: 'intent',
				id: now()?.id,
				plan_hash: now()?.hash,
				target_user: 'wheelman',
				params: {to: '40'},
				confirmation: {method: 'key', typed: 'y'},
				preview: {cli_equivalent: 'valvectl set 40', bound_to: 'turn 0'},
			},
		});
		expect(await told()).toEqual(['intent', 'outcome sent', 'verify done']);
		expect((await audit.recent(9)).slice(0, 2).map(record => record.of)).toEqual([now()?.id, now()?.id]);
		expect((await verifyDirectory(audit.dir)).flatMap(report => report.faults)).toEqual([]);
		runner.dismiss();
		expect(now()).toBeUndefined();
	});

	test('names in every record the server that it was done to, and in the intent who armed it and when', async () => {
		const {propose, yes, arming, audit} = await createRunnerFixture({production: true});
		await arming.arm('tank');
		const [armed] = await audit.recent(1);
		await propose();
		await yes();
		const records = (await audit.recent(9)).toReversed();
		const server = {host: 'tank.example', port: 7, id: 'tank-1'};
		const by = {record: armed?.id, ts: armed?.ts, user: 'mira', uid: 1000};
		expect(records.map(record => [record.kind, record.server, record.armed])).toEqual([
			['arm', undefined, undefined],
			['intent', server, by],
			['outcome', server, undefined],
			['verify', server, undefined],
		]);
	});

	test('takes a reason for any action, and no line break in it', async () => {
		const {propose, yes, now, audit} = await createRunnerFixture();
		await propose();
		await yes('the tank\nruns over');
		expect(now()).toMatchObject({state: 'ready', unmet: 'pasted text is not taken: type it'});
		await yes(' the tank runs over ');
		expect(now()?.state).toBe('done');
		const intent = (await audit.recent(9)).find(record => record.kind === 'intent');
		expect(intent?.confirmation).toEqual({method: 'key', typed: 'y', reason: 'the tank runs over'});
	});

	test('runs the frozen plan, whatever the adapter does to its own afterwards', async () => {
		const {runner, action, valve, yes} = await createRunnerFixture();
		const plan = {to: 40, revision: 0};
		const preview: typeof action.preview = async (...given) => ({...(await action.preview(...given)), plan});
		await runner.propose({...action, preview}, [serverRow], {to: '40'});
		plan.to = 99;
		await yes();
		expect(valve.runs[0]?.plan).toEqual({to: 40, revision: 0});
		expect(Object.isFrozen(valve.runs[0]?.plan)).toBe(true);
	});

	test('is one at a time', async () => {
		const {propose, now} = await createRunnerFixture();
		await propose('40');
		const {id} = now() ?? {};
		await propose('50');
		expect(now()?.id).toBe(id);
	});

	test('asks for the text, the count and a reason when it is grave, and takes them after 3 s', async () => {
		const {propose, now, valve, runner, clock, audit} = await createRunnerFixture();
		valve.risk = 'high';
		await propose();
		const answer: DemandAnswer = {kind: 'typed', text: 'valve', count: '1', reason: 'the tank runs over'};
		await clock.advance(2900);
		await runner.confirm(answer);
		expect(now()).toMatchObject({state: 'ready', unmet: expect.stringContaining('once more')});
		await clock.advance(100);
		await runner.confirm(answer);
		expect(now()?.state).toBe('done');
		const intent = (await audit.recent(9)).find(record => record.kind === 'intent');
		expect(intent?.confirmation).toEqual({
			method: 'type-count-reason',
			typed: 'valve',
			count: 1,
			reason: 'the tank runs over',
		});
	});

	test.each<[string, DemandAnswer]>([
		['Enter', {kind: 'key', key: '\r'}],
		['the opening key', {kind: 'key', key: 'V'}],
		['a pasted y', {kind: 'key', key: 'y', pasted: true}],
		['a bracketed paste', {kind: 'key', key: '\u001b[200~y\u001b[201~'}],
		['several keys in one read', {kind: 'key', key: 'yyyy'}],
		['a text', {kind: 'typed', text: 'valve'}],
	])('is not confirmed by %s', async (_, answer) => {
		const {propose, now, valve, runner, told} = await createRunnerFixture();
		await propose();
		await runner.confirm(answer);
		expect(now()).toMatchObject({state: 'ready', unmet: expect.any(String)});
		expect(valve.runs).toEqual([]);
		expect(await told()).toEqual([]);
	});

	test('is not confirmed before it is ready', async () => {
		const {runner, propose, yes, now, valve} = await createRunnerFixture();
		const proposing = propose();
		await yes();
		await proposing;
		expect(now()?.state).toBe('ready');
		expect(valve.runs).toEqual([]);
		runner.cancel();
		expect(now()).toMatchObject({state: 'cancelled', reason: 'cancelled, nothing was sent'});
		await yes();
		expect(valve.runs).toEqual([]);
	});
});

describe('what does not go', () => {
	test('a guarded target until it is armed, and again when the arming has ended', async () => {
		const {propose, yes, now, arming, clock, told, pass} = await createRunnerFixture({production: true});
		await propose();
		expect(now()).toMatchObject({
			state: 'refused',
			reason: 'tank is guarded',
			hint: expect.stringContaining('press O'),
		});
		expect(await arming.arm('tank')).toBeUndefined();
		await propose();
		await yes();
		expect(now()?.state).toBe('done');
		await clock.advance(10 * 60_000);
		expect(arming.policy.get().armed.size).toBe(0);
		await pass(propose());
		expect(now()).toMatchObject({state: 'refused', reason: 'tank is guarded'});
		expect(await told()).toEqual([
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
		const {propose, yes, now, arming, valve} = await createRunnerFixture({production: true});
		await arming.arm('tank');
		await propose();
		await arming.disarm('tank');
		await yes();
		expect(now()).toMatchObject({state: 'refused', reason: 'tank is guarded'});
		expect(valve.runs).toEqual([]);
	});

	test('anything with --read-only', async () => {
		const {propose, now, arming} = await createRunnerFixture({readOnly: true});
		expect(await arming.arm('tank')).toMatchObject({kind: 'refused'});
		await propose();
		expect(now()).toMatchObject({state: 'refused', reason: 'read-only: started with --read-only'});
	});

	test('what the action itself does not take', async () => {
		const {runner, action, now} = await createRunnerFixture();
		await runner.propose(action, [{...serverRow, id: 'welded'}], {to: '40'});
		expect(now()).toMatchObject({state: 'refused', reason: 'it is welded'});
		await runner.propose(action, [serverRow], {to: 'wide'});
		expect(now()).toMatchObject({state: 'refused', reason: 'opening: a number from 0 to 100'});
		await runner.propose(action, [serverRow, {...serverRow, id: 'other'}], {to: '40'});
		expect(now()).toMatchObject({state: 'refused', reason: 'Turn valve takes one row, 2 are marked'});
		await runner.propose(action, [], {to: '40'});
		expect(now()).toMatchObject({state: 'refused', reason: 'Turn valve needs a row'});
	});

	test('what a check blocks', async () => {
		const {propose, now, valve, told} = await createRunnerFixture();
		valve.blocked = true;
		await propose();
		expect(now()).toMatchObject({state: 'blocked', reason: 'not locked: the wheel'});
		expect(await told()).toEqual(['refuse blocked']);
	});

	test('what moved while the confirmation waited: it says what it was and what it is', async () => {
		const {propose, yes, now, valve, clock} = await createRunnerFixture();
		await propose();
		valve.revision = 3;
		await clock.advance(2000);
		expect(now()).toMatchObject({state: 'stale', changed: [{field: 'bound to', before: 'turn 0', after: 'turn 3'}]});
		await yes();
		expect(valve.runs).toEqual([]);
	});

	test('what moved between the last look and the answer', async () => {
		const {propose, yes, now, valve, told} = await createRunnerFixture();
		await propose();
		valve.revision = 3;
		await yes();
		expect(now()).toMatchObject({state: 'stale', changed: [{before: 'turn 0', after: 'turn 3'}]});
		expect(valve.runs).toEqual([]);
		expect(await told()).toEqual(['refuse stale']);
	});

	test('what moved, though a look from before the answer still says that it did not', async () => {
		const {runner, action, yes, now, valve, clock} = await createRunnerFixture();
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
		valve.revision = 3;
		const going = yes();
		await expect.poll(() => [looks, now()?.state]).toEqual([3, 'rechecking']);
		open[0]?.();
		await clock.settle();
		expect(now()?.state).toBe('rechecking');
		open[1]?.();
		await going;
		expect(now()?.state).toBe('stale');
		expect(valve.runs).toEqual([]);
	});

	test('what could not be looked at for 60 s', async () => {
		const {propose, yes, now, valve, clock} = await createRunnerFixture();
		await propose();
		valve.unreachable = true;
		await clock.advance(2000);
		expect(now()).toMatchObject({state: 'ready', preflightFailure: {kind: 'unreachable'}});
		await clock.advance(60_000);
		expect(now()?.state).toBe('expired');
		await yes();
		expect(valve.runs).toEqual([]);
	});

	test('what is looked at again and again does not expire', async () => {
		const {propose, now, clock} = await createRunnerFixture();
		await propose();
		await clock.advance(10 * 60_000);
		expect(now()?.state).toBe('ready');
	});

	test('what did not help three times in ten minutes, in whichever console', async () => {
		const {propose, yes, now, valve, clock, stateDir} = await createRunnerFixture();
		valve.ignoresChanges = true;
		for (const turn of [1, 2, 3]) {
			await propose();
			await yes();
			expect(now()).toMatchObject({state: 'ineffective', reason: 'it stands at 10'});
			expect(valve.runs).toHaveLength(turn);
		}
		const second = await createRunnerFixture({stateDir, clock});
		await second.propose();
		expect(second.now()).toMatchObject({
			state: 'refused',
			reason: 'this was done 3 times in the last 10 minutes to valve and did not help',
		});
		// Another value does not make it another thing that is changed, and another name for it neither.
		second.valve.object = '41 %';
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
		second.valve.locks = ['another valve'];
		await second.propose();
		expect(second.now()?.state).toBe('ready');
		second.runner.cancel();
		await clock.advance(10 * 60_000);
		await propose();
		expect(now()?.state).toBe('ready');
	});

	test('what another console is doing right now, to one of several and with another value', async () => {
		const one = await createRunnerFixture();
		const two = await createRunnerFixture({stateDir: one.stateDir, clock: one.clock});
		one.valve.locks = ['valve', 'pump'];
		two.valve.locks = ['wheel', 'valve'];
		two.valve.object = '41 %';
		one.valve.fault = 'silent';
		await one.propose();
		await two.propose();
		const going = one.yes();
		while (one.valve.runs.length === 0) await new Promise(resolve => setTimeout(resolve, 1));
		await two.yes();
		expect(two.now()).toMatchObject({
			state: 'refused',
			reason: expect.stringContaining('valve is held by a console doing probe.turn (pid '),
		});
		expect(two.valve.runs).toEqual([]);
		await one.pass(going);
		expect(await readdir(join(one.stateDir, 'locks'))).toEqual([]);
	});

	test('but not what another console only looks at', async () => {
		const one = await createRunnerFixture();
		const two = await createRunnerFixture({stateDir: one.stateDir, clock: one.clock});
		one.valve.slow = true;
		await one.propose();
		await two.propose();
		const going = one.yes();
		while (one.now()?.state !== 'verifying') await new Promise(resolve => setTimeout(resolve, 1));
		await two.yes();
		expect(two.now()?.state).toBe('done');
		one.valve.slow = false;
		await one.pass(going);
	});
});
