import {mkdir, readdir, rm, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {unresolved} from '../../../src/audit/unknown.ts';
import {verifyDirectory} from '../../../src/audit/verify.ts';
import type {Answer} from '../../../src/policy.ts';
import {hasEnded} from '../../../src/remedy/machine.ts';
import {createBench, row} from './bench.ts';

const nobody: ReadonlySet<string> = new Set();

describe('a remedy', () => {
	test('is previewed, checked, confirmed, recorded, sent, seen and recorded again', async () => {
		const {propose, yes, now, valve, told, audit, runner} = await createBench();
		await propose();
		expect(now()).toMatchObject({
			state: 'ready',
			demand: {kind: 'key', key: 'y'},
			checks: [{label: 'not locked', result: 'pass'}],
			preview: {equivalent: 'valvectl set 40', undo: {class: 'exact'}},
			hash: expect.stringMatching(/^[0-9a-f]{64}$/),
		});
		expect(valve.runs).toEqual([]);
		await yes();
		expect(now()).toMatchObject({state: 'done', reason: 'it stands at 40', receipt: {summary: 'turned to 40'}});
		expect(valve.opening).toBe(40);
		expect(valve.runs).toHaveLength(1);
		expect(valve.runs[0]).toMatchObject({
			record: now()?.id,
			written: {
				kind: 'intent',
				id: now()?.id,
				plan_hash: now()?.hash,
				as: 'wheelman',
				params: {to: '40'},
				confirmation: {method: 'key'},
				preview: {equivalent: 'valvectl set 40', bound: 'turn 0'},
			},
		});
		expect(await told()).toEqual(['intent', 'outcome sent', 'verify done']);
		expect((await audit.recent(9)).slice(0, 2).map(record => record.of)).toEqual([now()?.id, now()?.id]);
		expect((await verifyDirectory(audit.dir)).flatMap(report => report.faults)).toEqual([]);
		runner.dismiss();
		expect(now()).toBeUndefined();
	});

	test('runs the frozen plan, whatever the adapter does to its own afterwards', async () => {
		const {runner, action, valve, yes} = await createBench();
		const plan = {to: 40, turns: 0};
		const preview: typeof action.preview = async (...given) => ({...(await action.preview(...given)), plan});
		await runner.propose({...action, preview}, [row], {to: '40'});
		plan.to = 99;
		await yes();
		expect(valve.runs[0]?.plan).toEqual({to: 40, turns: 0});
		expect(Object.isFrozen(valve.runs[0]?.plan)).toBe(true);
	});

	test('is one at a time', async () => {
		const {propose, now} = await createBench();
		await propose('40');
		const {id} = now() ?? {};
		await propose('50');
		expect(now()?.id).toBe(id);
	});

	test('asks for the text, the count and a reason when it is grave, and takes them after 3 s', async () => {
		const {propose, now, valve, runner, clock, audit} = await createBench();
		valve.risk = 'high';
		await propose();
		const answer: Answer = {kind: 'typed', text: 'tank/valve', count: '1', reason: 'the tank runs over'};
		await clock.advance(2900);
		await runner.confirm(answer);
		expect(now()).toMatchObject({state: 'ready', unmet: expect.stringContaining('once more')});
		await clock.advance(100);
		await runner.confirm(answer);
		expect(now()?.state).toBe('done');
		const intent = (await audit.recent(9)).find(record => record.kind === 'intent');
		expect(intent?.confirmation).toEqual({method: 'type-count-reason', reason: 'the tank runs over'});
	});

	test.each<[string, Answer]>([
		['Enter', {kind: 'key', key: '\r'}],
		['the opening key', {kind: 'key', key: 'V'}],
		['a pasted y', {kind: 'key', key: 'y', pasted: true}],
		['a bracketed paste', {kind: 'key', key: '\u001b[200~y\u001b[201~'}],
		['several keys in one read', {kind: 'key', key: 'yyyy'}],
		['a text', {kind: 'typed', text: 'tank/valve'}],
	])('is not confirmed by %s', async (_, answer) => {
		const {propose, now, valve, runner, told} = await createBench();
		await propose();
		await runner.confirm(answer);
		expect(now()).toMatchObject({state: 'ready', unmet: expect.any(String)});
		expect(valve.runs).toEqual([]);
		expect(await told()).toEqual([]);
	});

	test('is not confirmed before it is ready', async () => {
		const {runner, propose, yes, now, valve} = await createBench();
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
		const {propose, yes, now, arming, clock, told, pass} = await createBench({production: true});
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
		const {propose, yes, now, arming, valve} = await createBench({production: true});
		await arming.arm('tank');
		await propose();
		await arming.disarm('tank');
		await yes();
		expect(now()).toMatchObject({state: 'refused', reason: 'tank is guarded'});
		expect(valve.runs).toEqual([]);
	});

	test('anything with --read-only', async () => {
		const {propose, now, arming} = await createBench({readOnly: true});
		expect(await arming.arm('tank')).toMatchObject({kind: 'refused'});
		await propose();
		expect(now()).toMatchObject({state: 'refused', reason: 'read-only: started with --read-only'});
	});

	test('what the action itself does not take', async () => {
		const {runner, action, now} = await createBench();
		await runner.propose(action, [{...row, id: 'welded'}], {to: '40'});
		expect(now()).toMatchObject({state: 'refused', reason: 'it is welded'});
		await runner.propose(action, [row], {to: 'wide'});
		expect(now()).toMatchObject({state: 'refused', reason: 'opening: a number from 0 to 100'});
		await runner.propose(action, [row, {...row, id: 'other'}], {to: '40'});
		expect(now()).toMatchObject({state: 'refused', reason: 'Turn valve takes one row, 2 are marked'});
		await runner.propose(action, [], {to: '40'});
		expect(now()).toMatchObject({state: 'refused', reason: 'Turn valve needs a row'});
	});

	test('what a check blocks', async () => {
		const {propose, now, valve, told} = await createBench();
		valve.blocked = true;
		await propose();
		expect(now()).toMatchObject({state: 'blocked', reason: 'not locked: the wheel'});
		expect(await told()).toEqual(['refuse blocked']);
	});

	test('what moved while the confirmation waited: it says what it was and what it is', async () => {
		const {propose, yes, now, valve, clock} = await createBench();
		await propose();
		valve.turns = 3;
		await clock.advance(2000);
		expect(now()).toMatchObject({state: 'stale', changed: [{field: 'bound to', before: 'turn 0', after: 'turn 3'}]});
		await yes();
		expect(valve.runs).toEqual([]);
	});

	test('what moved between the last look and the answer', async () => {
		const {propose, yes, now, valve, told} = await createBench();
		await propose();
		valve.turns = 3;
		await yes();
		expect(now()).toMatchObject({state: 'stale', changed: [{before: 'turn 0', after: 'turn 3'}]});
		expect(valve.runs).toEqual([]);
		expect(await told()).toEqual(['refuse stale']);
	});

	test('what could not be looked at for 60 s', async () => {
		const {propose, yes, now, valve, clock} = await createBench();
		await propose();
		valve.unreachable = true;
		await clock.advance(2000);
		expect(now()).toMatchObject({state: 'ready', checkTrouble: {kind: 'unreachable'}});
		await clock.advance(60_000);
		expect(now()?.state).toBe('expired');
		await yes();
		expect(valve.runs).toEqual([]);
	});

	test('what is looked at again and again does not expire', async () => {
		const {propose, now, clock} = await createBench();
		await propose();
		await clock.advance(10 * 60_000);
		expect(now()?.state).toBe('ready');
	});

	test('what did not help three times in ten minutes, in whichever console', async () => {
		const {propose, yes, now, valve, clock, stateDir, runner} = await createBench();
		valve.sticks = true;
		for (const turn of [1, 2, 3]) {
			await propose();
			await yes();
			expect(now()).toMatchObject({state: 'ineffective', reason: 'it stands at 10'});
			expect(valve.runs).toHaveLength(turn);
		}
		const second = await createBench({stateDir, clock});
		await second.propose();
		expect(second.now()).toMatchObject({
			state: 'refused',
			reason: 'this was done 3 times in the last 10 minutes and did not help',
		});
		await propose('41');
		expect(now()?.state).toBe('ready');
		runner.cancel();
		await clock.advance(10 * 60_000);
		await propose();
		expect(now()?.state).toBe('ready');
	});

	test('what another console is doing right now', async () => {
		const one = await createBench();
		const two = await createBench({stateDir: one.stateDir, clock: one.clock});
		one.valve.slow = true;
		await one.propose();
		await two.propose();
		const going = one.yes();
		while (one.now()?.state !== 'verifying') await new Promise(resolve => setTimeout(resolve, 1));
		await two.yes();
		expect(two.now()).toMatchObject({
			state: 'refused',
			reason: expect.stringContaining('tank/valve is held by a console doing probe.turn (pid '),
		});
		expect(two.valve.runs).toEqual([]);
		one.valve.slow = false;
		await one.pass(going);
		expect(await readdir(join(one.stateDir, 'locks'))).toEqual([]);
	});
});

describe('what cannot be recorded is not done', () => {
	test('when something else stands in the place of the record', async () => {
		const {propose, yes, now, valve, audit} = await createBench();
		await propose();
		await writeFile(audit.dir, '');
		await yes();
		expect(now()).toMatchObject({
			state: 'refused',
			reason: expect.stringContaining('nothing was sent: the record cannot be written: EEXIST'),
			hint: expect.stringContaining('something else stands where the directory'),
		});
		expect(valve.runs).toEqual([]);
	});

	test.skipIf(process.platform !== 'linux')('when the disk is full', async () => {
		const {propose, yes, now, valve, audit} = await createBench();
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
		const {arming, audit} = await createBench({production: true});
		await writeFile(audit.dir, '');
		expect(await arming.arm('tank')).toMatchObject({kind: 'refused', reason: expect.stringContaining('EEXIST')});
		expect(arming.policy.get().armed.size).toBe(0);
	});

	test('what came of it is still shown when the disk fills after it was sent', async () => {
		const {propose, yes, now, runner, action, audit} = await createBench();
		const run: typeof action.run = async (...given) => {
			const receipt = await action.run(...given);
			await rm(audit.dir, {recursive: true});
			await writeFile(audit.dir, '');
			return receipt;
		};
		await runner.propose({...action, run}, [row], {to: '40'});
		await yes();
		expect(now()).toMatchObject({state: 'done', recordTrouble: expect.stringContaining('cannot be written')});
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
		const {propose, yes, now, valve, told, clock, runner} = await createBench();
		valve.fault = fault;
		await propose();
		await yes();
		await clock.advance(60_000);
		expect(now()).toMatchObject({state, reason});
		expect(valve.runs).toHaveLength(1);
		expect(await told()).toEqual(['intent', outcome]);
		expect(runner.undoable()).toEqual([]);
	});

	test('no answer at all is unknown after 30 s, and not tried again', async () => {
		const {propose, yes, now, valve, told, pass} = await createBench();
		valve.fault = 'silent';
		await propose();
		await pass(yes());
		expect(now()).toMatchObject({state: 'unknown', trouble: {kind: 'timeout'}});
		expect(valve.runs).toHaveLength(1);
		expect(await told()).toEqual(['intent', 'outcome unknown']);
	});

	test('what does not show within its time did not help', async () => {
		const {propose, yes, now, valve, pass} = await createBench();
		valve.slow = true;
		await propose();
		await pass(yes());
		expect(now()).toMatchObject({state: 'ineffective', reason: 'not within 5 s: it still turns'});
	});

	test('a look afterwards that fails is tried again, and says unknown only when its time is over', async () => {
		const {propose, yes, now, valve, pass, runner, action} = await createBench();
		let looks = 0;
		const verify: typeof action.verify = async (...given) => {
			looks += 1;
			valve.unreachable = looks < 3;
			return action.verify(...given);
		};
		await runner.propose({...action, verify}, [row], {to: '40'});
		await pass(yes());
		expect(now()?.state).toBe('done');
		expect(looks).toBe(3);
		const blind: typeof action.verify = async () => {
			throw new Error('no eyes');
		};
		await runner.propose({...action, verify: blind}, [row], {to: '50'});
		await pass(yes());
		expect(now()).toMatchObject({state: 'unknown', reason: expect.stringContaining('no eyes')});
		await propose();
	});
});

describe('undo', () => {
	test('is a remedy of its own, and can be undone as well', async () => {
		const {propose, yes, now, valve, runner, told, audit} = await createBench();
		await propose();
		await yes();
		const first = now()?.id ?? '';
		expect(runner.undoable()).toMatchObject([
			{record: first, summary: 'turned to 40', object: 'valve', impossible: undefined},
		]);
		await runner.undo(first);
		expect(now()).toMatchObject({state: 'ready', undoOf: first, preview: {equivalent: 'valvectl set 10'}});
		await yes();
		expect(now()?.state).toBe('done');
		expect(valve.opening).toBe(10);
		const second = now()?.id ?? '';
		expect(runner.undoable()).toMatchObject([
			{record: second, impossible: undefined, undoneBy: undefined},
			{record: first, impossible: 'it was undone already', undoneBy: second},
		]);
		expect(await told()).toEqual(['intent', 'outcome sent', 'verify done', 'undo', 'outcome sent', 'verify done']);
		expect((await audit.recent(3)).map(record => record.undo_of)).toEqual([first, first, first]);
		await runner.undo(first);
		expect(now()).toMatchObject({state: 'refused', reason: 'it was undone already'});
		await runner.undo(second);
		expect(now()?.state).toBe('ready');
	});

	test('says why there is none', async () => {
		const {runner, action, yes, now} = await createBench();
		await runner.propose({...action, undo: {impossible: 'water does not run back'}}, [row], {to: '40'});
		await yes();
		await runner.undo(now()?.id ?? '');
		expect(now()).toMatchObject({state: 'refused', reason: 'water does not run back'});
	});
});

describe('the end of a console', () => {
	test('lets what was sent be recorded, and says that it was not seen through', async () => {
		const {propose, yes, now, valve, runner, told} = await createBench();
		valve.slow = true;
		await propose();
		const going = yes();
		while (now()?.state !== 'verifying') await new Promise(resolve => setTimeout(resolve, 1));
		await runner.close();
		await going;
		expect(now()).toMatchObject({state: 'unknown', reason: expect.stringContaining('console was closed')});
		expect(await told()).toEqual(['intent', 'outcome sent', 'verify unknown']);
		await runner.close();
		await propose();
		expect(now()?.state).toBe('unknown');
	});

	test('cancels what waits', async () => {
		const {propose, now, runner, clock} = await createBench();
		await propose();
		await runner.close();
		expect(now()?.state).toBe('cancelled');
		expect(clock.waiting).toBe(0);
	});

	test('a crash after the intent is listed at the next start, until somebody has settled it', async () => {
		const bench = await createBench();
		bench.valve.fault = 'silent';
		await bench.propose();
		void bench.yes();
		while (bench.valve.runs.length === 0) await new Promise(resolve => setTimeout(resolve, 1));
		const next = await createBench({stateDir: bench.stateDir, clock: bench.clock});
		const listed = async (live: ReadonlySet<string>) => unresolved((await next.audit.recent(100)).toReversed(), live);
		expect(await listed(nobody)).toMatchObject([
			{
				id: bench.now()?.id,
				action: {id: 'probe.turn'},
				target: 'tank',
				object: 'valve',
				why: 'the console ended after it was begun: it may have been sent',
				look: 'look on tank whether this is still as it was: turn 0',
				equivalent: 'valvectl set 40',
			},
		]);
		expect(await listed(new Set([bench.audit.session]))).toEqual([]);
		await next.audit.append({kind: 'settle', of: bench.now()?.id ?? '', note: 'looked: it was turned'});
		expect(await listed(nobody)).toEqual([]);
	});

	test('a lost reply is listed too; what failed or was seen through is not', async () => {
		const {propose, yes, valve, audit} = await createBench();
		for (const fault of ['none', 'denied', 'lost'] as const) {
			valve.fault = fault;
			await propose();
			await yes();
		}
		const list = unresolved((await audit.recent(100)).toReversed(), nobody);
		expect(list).toMatchObject([{why: 'the outcome is not known: the valve does not answer'}]);
	});
});

describe('whatever is pressed, in whatever order', () => {
	type Step = (bench: Awaited<ReturnType<typeof createBench>>) => unknown;
	/** What a person does who means it, and who may be too quick. */
	const asAsked = async (bench: Parameters<Step>[0], ms: number): Promise<void> => {
		await bench.propose();
		await bench.clock.advance(ms);
		const demand = bench.now()?.demand;
		const typed = {kind: 'typed', text: 'tank/valve', count: '1', reason: 'it leaks'} as const;
		await bench.pass(bench.runner.confirm(demand?.kind === 'key' ? {kind: 'key', key: 'y'} : typed));
	};
	const answer = fc.oneof(
		fc.constantFrom<Answer>(
			{kind: 'key', key: 'y'},
			{kind: 'key', key: '\r'},
			{kind: 'key', key: 'y', pasted: true},
			{kind: 'typed', text: 'tank/valve'},
			{kind: 'typed', text: 'tank/valve', count: '1', reason: 'it leaks'},
		),
		fc.record({kind: fc.constant('typed' as const), text: fc.string()}),
	);
	const step = fc.oneof(
		{weight: 2, arbitrary: fc.constant<Step>(bench => bench.propose())},
		{
			weight: 3,
			arbitrary: fc.nat(4000).map(
				(ms): Step =>
					bench =>
						asAsked(bench, ms),
			),
		},
		answer.map(
			(given): Step =>
				bench =>
					void bench.runner.confirm(given),
		),
		{
			weight: 4,
			arbitrary: answer.map(
				(given): Step =>
					bench =>
						bench.pass(bench.runner.confirm(given)),
			),
		},
		fc.constant<Step>(bench => bench.runner.cancel()),
		fc.constant<Step>(bench => bench.runner.dismiss()),
		fc.constant<Step>(bench => bench.runner.undo(bench.runner.undoable()[0]?.record ?? '')),
		fc.nat(5000).map(
			(ms): Step =>
				bench =>
					bench.clock.advance(ms),
		),
		fc.constantFrom('low' as const, 'medium' as const, 'high' as const).map(
			(risk): Step =>
				bench => {
					bench.valve.risk = risk;
				},
		),
		fc.constantFrom('none' as const, 'lost' as const, 'denied' as const).map(
			(fault): Step =>
				bench => {
					bench.valve.fault = fault;
				},
		),
		fc.constant<Step>(bench => {
			bench.valve.turns += 1;
		}),
	);

	test('each run has its intent on disk before it, confirmed as it was asked for, and runs once', {
		timeout: 60_000,
	}, async () => {
		let ran = 0;
		await fc.assert(
			fc.asyncProperty(fc.array(step, {minLength: 5, maxLength: 25}), async steps => {
				const bench = await createBench();
				for (const one of steps) await one(bench);
				await bench.pass(bench.runner.close());
				const last = bench.now();
				if (last) expect(hasEnded(last)).toBe(true);
				for (const {record, written, plan} of bench.valve.runs) {
					ran += 1;
					expect(written).toMatchObject({id: record, confirmation: {method: expect.any(String)}});
					expect(['intent', 'undo']).toContain(written?.kind);
					const asked = {low: 'key', medium: 'type', high: 'type-count-reason'} as const;
					const {risk = 'high'} = written?.preview ?? {};
					expect(written?.confirmation?.method).toBe(asked[risk]);
					expect(written?.preview?.equivalent).toBe(`valvectl set ${plan.to}`);
				}
				const ids = bench.valve.runs.map(run => run.record);
				expect(new Set(ids).size).toBe(ids.length);
				expect((await verifyDirectory(bench.audit.dir)).flatMap(report => report.faults)).toEqual([]);
			}),
			{numRuns: 60},
		);
		expect(ran).toBeGreaterThan(20);
	});
});
