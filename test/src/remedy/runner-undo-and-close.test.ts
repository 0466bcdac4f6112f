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

const noSessions: ReadonlySet<string> = new Set();

describe('undo', () => {
	test('is a separate remedy and can be undone itself', async () => {
		const {propose, confirm, now, server, runner, recorded, audit} = await createRunnerFixture();
		await propose();
		await confirm();
		const first = now()?.id ?? '';
		expect(runner.sentActions()).toMatchObject([
			{record: first, summary: 'set to 40', object: 'setting', whyNotUndoable: undefined},
		]);
		await runner.undo(first);
		expect(now()).toMatchObject({state: 'ready', undoOf: first, preview: {cliEquivalent: 'settingctl set 10'}});
		await confirm();
		expect(now()?.state).toBe('done');
		expect(server.value).toBe(10);
		const second = now()?.id ?? '';
		expect(runner.sentActions()).toMatchObject([
			{record: second, whyNotUndoable: undefined, undoneBy: undefined},
			{record: first, whyNotUndoable: 'it was undone already', undoneBy: second},
		]);
		expect(await recorded()).toEqual(['intent', 'outcome sent', 'verify done', 'undo', 'outcome sent', 'verify done']);
		expect((await audit.recent(3)).map(record => record.undo_of)).toEqual([first, first, first]);
		await runner.undo(first);
		expect(now()).toMatchObject({state: 'refused', reason: 'it was undone already'});
		await runner.undo(second);
		expect(now()?.state).toBe('ready');
	});

	test('refuses an action without an undo, with the reason', async () => {
		const {runner, action, confirm, now} = await createRunnerFixture();
		await runner.propose({...action, undo: {impossible: 'a setting cannot be restored'}}, [serverRow], {to: '40'});
		await confirm();
		await runner.undo(now()?.id ?? '');
		expect(now()).toMatchObject({state: 'refused', reason: 'a setting cannot be restored'});
	});
});

describe('closing a console', () => {
	test('records what was sent, with an unknown outcome', async () => {
		const {propose, confirm, now, server, runner, recorded} = await createRunnerFixture();
		server.slow = true;
		await propose();
		const going = confirm();
		while (now()?.state !== 'verifying') await new Promise(resolve => setTimeout(resolve, 1));
		await runner.close();
		await going;
		expect(now()).toMatchObject({state: 'unknown', reason: expect.stringContaining('console was closed')});
		expect(await recorded()).toEqual(['intent', 'outcome sent', 'verify unknown']);
		await runner.close();
		await propose();
		expect(now()?.state).toBe('unknown');
	});

	test('cancels a remedy that waits for an answer', async () => {
		const {propose, now, runner, clock} = await createRunnerFixture();
		await propose();
		await runner.close();
		expect(now()?.state).toBe('cancelled');
		expect(clock.waiting).toBe(0);
	});

	test('an intent without an outcome is listed after a crash until a person resolves it', async () => {
		const fixture = await createRunnerFixture();
		fixture.server.fault = 'silent';
		await fixture.propose();
		void fixture.confirm();
		while (fixture.server.runs.length === 0) await new Promise(resolve => setTimeout(resolve, 1));
		const next = await createRunnerFixture({stateDir: fixture.stateDir, clock: fixture.clock});
		const listed = async (live: ReadonlySet<string>) =>
			findUnresolvedIntents((await next.audit.recent(100)).toReversed(), live);
		expect(await listed(noSessions)).toMatchObject([
			{
				id: fixture.now()?.id,
				action: {id: 'probe.set'},
				target: 'demo-target',
				object: 'setting',
				why: 'the console ended before an answer: it may have been sent',
				whatToCheck: 'check on demo-target whether this has changed: revision 0',
				cliEquivalent: 'settingctl set 40',
			},
		]);
		expect(await listed(new Set([fixture.audit.session]))).toEqual([]);
		await next.audit.append({kind: 'resolve', of: fixture.now()?.id ?? '', note: 'it was changed'});
		expect(await listed(noSessions)).toEqual([]);
	});

	test('a console killed while it waits for the server leaves an unresolved intent and no valid lock', async () => {
		const fixture = await createRunnerFixture();
		const script = fileURLToPath(new URL('hang-in-run.ts', import.meta.url));
		const child = spawn(process.execPath, [script, fixture.stateDir], {stdio: ['pipe', 'pipe', 'inherit']});
		await once(child.stdout, 'data');
		const listed = async () => {
			const {stateDir, clock} = fixture;
			const presence = await createPresence({stateDir, session: 'looks', clock, actor});
			const live = new Set(presence.others.get().map(other => other.session));
			await presence.close();
			return findUnresolvedIntents((await fixture.audit.recent(100)).toReversed(), live);
		};
		await fixture.propose();
		await fixture.confirm();
		expect(fixture.now()).toMatchObject({state: 'refused', reason: expect.stringContaining(`(pid ${child.pid} on `)});
		expect(await listed()).toEqual([]);
		child.kill('SIGKILL');
		await once(child, 'close');
		expect(await listed()).toMatchObject([{action: {id: 'probe.set'}, object: 'setting'}]);
		await fixture.propose();
		await fixture.confirm();
		expect(fixture.now()?.state).toBe('done');
		expect((await verifyDirectory(fixture.audit.dir)).flatMap(report => report.faults)).toEqual([]);
	});

	test('a lost reply is unresolved; a failure and a known outcome are not', async () => {
		const {propose, confirm, server, audit} = await createRunnerFixture();
		for (const fault of ['none', 'denied', 'lost'] as const) {
			server.fault = fault;
			await propose();
			await confirm();
		}
		const list = findUnresolvedIntents((await audit.recent(100)).toReversed(), noSessions);
		expect(list).toMatchObject([{why: 'the outcome is not known: the server does not answer'}]);
	});
});
