import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import {describe, expect, test} from 'vitest';
import {createPresence} from '../../../src/audit/presence.ts';
import {findUnresolvedIntents} from '../../../src/audit/unresolved-intents.ts';
import {verifyDirectory} from '../../../src/audit/verify-log.ts';
import {actor} from '../state/test-actor.ts';
import {serverRow} from './fake-server.ts';
import {createRunnerFixture} from './runner-fixture.ts';

const nobody: ReadonlySet<string> = new Set();

describe('undo', () => {
	test('is a remedy of its own, and can be undone as well', async () => {
		const {propose, yes, now, valve, runner, told, audit} = await createRunnerFixture();
		await propose();
		await yes();
		const first = now()?.id ?? '';
		expect(runner.undoable()).toMatchObject([
			{record: first, summary: 'turned to 40', object: 'valve', impossible: undefined},
		]);
		await runner.undo(first);
		expect(now()).toMatchObject({state: 'ready', undoOf: first, preview: {cliEquivalent: 'valvectl set 10'}});
		await yes();
		expect(now()?.state).toBe('done');
		expect(valve.value).toBe(10);
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
		const {runner, action, yes, now} = await createRunnerFixture();
		await runner.propose({...action, undo: {impossible: 'water does not run back'}}, [serverRow], {to: '40'});
		await yes();
		await runner.undo(now()?.id ?? '');
		expect(now()).toMatchObject({state: 'refused', reason: 'water does not run back'});
	});
});

describe('the end of a console', () => {
	test('lets what was sent be recorded, and says that it was not seen through', async () => {
		const {propose, yes, now, valve, runner, told} = await createRunnerFixture();
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
		const {propose, now, runner, clock} = await createRunnerFixture();
		await propose();
		await runner.close();
		expect(now()?.state).toBe('cancelled');
		expect(clock.waiting).toBe(0);
	});

	test('a crash after the intent is listed at the next start, until somebody has settled it', async () => {
		const bench = await createRunnerFixture();
		bench.valve.fault = 'silent';
		await bench.propose();
		void bench.yes();
		while (bench.valve.runs.length === 0) await new Promise(resolve => setTimeout(resolve, 1));
		const next = await createRunnerFixture({stateDir: bench.stateDir, clock: bench.clock});
		const listed = async (live: ReadonlySet<string>) =>
			findUnresolvedIntents((await next.audit.recent(100)).toReversed(), live);
		expect(await listed(nobody)).toMatchObject([
			{
				id: bench.now()?.id,
				action: {id: 'probe.turn'},
				target: 'tank',
				object: 'valve',
				why: 'the console ended after it was begun: it may have been sent',
				whatToCheck: 'look on tank whether this is still as it was: turn 0',
				cliEquivalent: 'valvectl set 40',
			},
		]);
		expect(await listed(new Set([bench.audit.session]))).toEqual([]);
		await next.audit.append({kind: 'resolve', of: bench.now()?.id ?? '', note: 'looked: it was turned'});
		expect(await listed(nobody)).toEqual([]);
	});

	test('a console killed while it waits for the answer leaves an intent, and a lock that does not hold', async () => {
		const bench = await createRunnerFixture();
		const script = fileURLToPath(new URL('hang-in-run.ts', import.meta.url));
		const child = spawn(process.execPath, [script, bench.stateDir], {stdio: ['pipe', 'pipe', 'inherit']});
		await once(child.stdout, 'data');
		const listed = async () => {
			const {stateDir, clock} = bench;
			const presence = await createPresence({stateDir, session: 'looks', clock, actor});
			const live = new Set(presence.others.get().map(other => other.session));
			await presence.close();
			return findUnresolvedIntents((await bench.audit.recent(100)).toReversed(), live);
		};
		await bench.propose();
		await bench.yes();
		expect(bench.now()).toMatchObject({state: 'refused', reason: expect.stringContaining(`(pid ${child.pid} on `)});
		expect(await listed()).toEqual([]);
		child.kill('SIGKILL');
		await once(child, 'close');
		expect(await listed()).toMatchObject([{action: {id: 'probe.turn'}, object: 'valve'}]);
		await bench.propose();
		await bench.yes();
		expect(bench.now()?.state).toBe('done');
		expect((await verifyDirectory(bench.audit.dir)).flatMap(report => report.faults)).toEqual([]);
	});

	test('a lost reply is listed too; what failed or was seen through is not', async () => {
		const {propose, yes, valve, audit} = await createRunnerFixture();
		for (const fault of ['none', 'denied', 'lost'] as const) {
			valve.fault = fault;
			await propose();
			await yes();
		}
		const list = findUnresolvedIntents((await audit.recent(100)).toReversed(), nobody);
		expect(list).toMatchObject([{why: 'the outcome is not known: the valve does not answer'}]);
	});
});
