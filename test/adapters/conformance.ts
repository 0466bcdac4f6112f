import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {Action, ActionContext, Preview} from '../../src/contract/action.ts';
import {initialParams} from '../../src/contract/initial-params.ts';
import type {Row, RowKind, Snapshot} from '../../src/contract/row.ts';
import type {Connection} from '../../src/contract/system.ts';
import type {Target} from '../../src/contract/target.ts';
import {AdapterError} from '../../src/errors.ts';
import {type ActionCase, type ConformanceSubject, fakeSaveFile, testContext} from './conformance-subject.ts';
import {connectionFaultTests} from './connection-faults.ts';

/** The tests that every system has to pass. Called in a `describe` of one real server. */
export function conformanceTests<Port>(subject: ConformanceSubject<Port>): void {
	const {system, server} = subject;
	const target = subject.target(server);
	let connection: Connection<Port>;
	let busy: {readonly steady: (row: Row) => boolean; end(): Promise<void>};

	const read = (kind: string, over = connection) => {
		const source = system.sources.find(each => each.kind === kind);
		if (source === undefined) throw new Error(`${system.kind} has no source of ${kind}`);
		return source.open(over.port, target)(testContext(AbortSignal.timeout(120_000)));
	};

	beforeAll(async () => {
		connection = await system.connect(target, {readOnly: false});
	});
	afterAll(() => connection.close());

	describe('sources', () => {
		beforeAll(async () => {
			busy = await subject.generateLoad();
		});
		afterAll(() => busy.end());

		for (const source of system.sources) {
			test(`${source.kind}: rows keep their ids, and say why they are not well`, async () => {
				const poll = source.open(connection.port, target);
				const snapshots: Snapshot[] = [];
				for (let turn = 0; turn < 3; turn++) {
					// Continuous load must show between two reads, also on a busy machine.
					if (turn > 0) await new Promise(resolve => setTimeout(resolve, 100));
					snapshots.push(await poll(testContext(AbortSignal.timeout(120_000))));
				}
				for (const snapshot of snapshots) checkSnapshot(snapshot, source.kind, target);
				const steady = snapshots.map(({rows}) => rows.filter(busy.steady).map(row => row.id));
				// A rate needs two reads, so the first may have less.
				expect(steady[1]?.length).toBeGreaterThan(0);
				expect(new Set(steady[2])).toEqual(new Set(steady[1]));
				expect(steady[1]).toEqual(expect.arrayContaining(steady[0] ?? []));
				const [before, , now] = snapshots;
				if (now === undefined) throw new Error('unreachable');
				const about = {target: target.name, now: Date.now()};
				for (const findings of [source.findings(now, before, about), source.findings(now, undefined, about)]) {
					expect(new Set(findings.map(finding => finding.id)).size).toBe(findings.length);
					for (const finding of findings) {
						expect(finding).toMatchObject({target: target.name, sentence: expect.stringMatching(/^\S[^\n]*$/)});
						const type = system.findingTypes.find(declared => declared.type === finding.type);
						expect(type?.actions).toEqual(expect.arrayContaining([...finding.actions]));
						expect(type?.inspections).toEqual(expect.arrayContaining([...finding.inspections]));
						if (finding.row?.kind === source.kind) expect(now.rows.map(row => row.id)).toContain(finding.row.id);
					}
				}
			});

			test(`${source.kind}: has a CLI equivalent`, () => {
				expect(source.cliEquivalent(target).length).toBeGreaterThan(0);
				for (const line of source.cliEquivalent(target)) expect(line).toMatch(/^\S.*$/);
			});
		}

		test('reading writes nothing', async () => {
			const before = await subject.countWrites();
			for (const source of system.sources) await read(source.kind);
			expect(await subject.countWrites()).toBe(before);
		});

		for (const inspection of system.inspections) {
			test(`${inspection.id}: opens on a row, and writes nothing`, async () => {
				const {rows} = await read(inspection.kind);
				const row = rows.find(each => busy.steady(each) && inspection.disabled?.(each) === undefined);
				if (row === undefined) throw new Error(`the server has no row for ${inspection.id}`);
				const before = await subject.countWrites();
				const document = await inspection.open(row, {
					...testContext(AbortSignal.timeout(120_000)),
					port: connection.port,
					target,
					rows: [row],
					params: initialParams(inspection.params, [row]),
				});
				expect(document.title).toMatch(/^\S.*$/);
				expect(document.lines.length).toBeGreaterThan(0);
				expect(document.cliEquivalent.length).toBeGreaterThan(0);
				expect(await subject.countWrites()).toBe(before);
			});
		}
	});

	if (subject.testsConnectionFaults) describe('a bad link', () => connectionFaultTests(subject));

	describe('the connection', () => {
		test('identifies the server and our user', async () => {
			const {version, who, latencyMs, channel, server} = await connection.identify(
				testContext(AbortSignal.timeout(120_000)),
			);
			expect(version).toMatch(/\d/);
			expect(who).toMatch(/\S/);
			expect(latencyMs).toBeGreaterThanOrEqual(0);
			// All of them are on this machine; those with TLS name the CA.
			expect(['local', 'verified']).toContain(channel);
			// What speaks plain HTTP has no name for itself.
			const isNamed = !['prometheus', 'alertmanager'].includes(system.kind);
			const {host, port} = subject.targetEndpoint ?? subject.server;
			expect(server).toEqual({host, port, ...(isNamed ? {id: expect.stringMatching(/^[\w-]{8,}$/)} : {})});
		});

		test('reports its permissions, and the statement that grants each missing one', async () => {
			const permissions = await connection.permissions(testContext(AbortSignal.timeout(120_000)));
			expect(permissions.length).toBeGreaterThan(0);
			for (const {needs, name, state, grant} of permissions) {
				expect(needs).toMatch(/^\S.*$/);
				expect(name).toMatch(/^\S.*$/);
				if (state === 'have') expect(grant).toBe('');
				if (state === 'lack') expect(grant).toMatch(/^\S.*$/);
			}
			if (subject.hasLeastGrants) expect(permissions.filter(({state}) => state !== 'have')).toEqual([]);
		});

		test('closes twice, and reads nothing afterwards', async () => {
			const over = await system.connect(target, {readOnly: false});
			await over.identify(testContext());
			await over.close();
			await over.close();
			for (const source of system.sources) {
				await expect(source.open(over.port, target)(testContext())).rejects.toBeInstanceOf(AdapterError);
			}
		});
	});

	describe('actions', () => {
		test('each has a scene here', () => {
			expect(Object.keys(subject.actionCases).sort()).toEqual(system.actions.map(action => action.id).sort());
		});

		for (const action of system.actions) {
			const play = async (
				body: (scene: ActionCase, preview: Preview, about: ActionContext<Port>) => Promise<void>,
			): Promise<void> => {
				const setTheScene = subject.actionCases[action.id];
				if (setTheScene === undefined) throw new Error(`${action.id} has no scene`);
				const scene = await setTheScene();
				try {
					const about = {
						...testContext(),
						port: connection.port,
						target,
						record: 'conformance-1',
						saveFile: fakeSaveFile,
					};
					await body(scene, await previewOf(action, scene, about), about);
				} finally {
					await scene.cleanUp();
				}
			};
			const previewOf = async (of: Action<Row, Port>, scene: ActionCase, about: ActionContext<Port>) => {
				const {rows} = await read(of.kind);
				const chosen = rows.filter(scene.isTarget);
				expect(chosen).toHaveLength(1);
				expect(of.disabled(chosen)).toBeUndefined();
				for (const param of of.params) expect(param.problem(scene.params[param.name] ?? '')).toBeUndefined();
				return of.preview(chosen, scene.params, about);
			};

			test(`${action.id}: a preview and its checks write nothing, and say everything`, () =>
				play(async (scene, preview, about) => {
					const before = await subject.countWrites();
					await previewOf(action, scene, about);
					const checks = await action.preflight(preview.plan, about);
					expect(await subject.countWrites()).toBe(before);
					expect(await scene.isApplied()).toBe(false);
					expect(checks.length).toBeGreaterThan(0);
					expect(checks.filter(check => check.result === 'block')).toEqual([]);
					expect(preview.target).toBe(target.name);
					expect(JSON.parse(JSON.stringify(preview.plan))).toEqual(preview.plan);
					expect(preview.touches.length).toBeGreaterThan(0);
					expect(preview.count).toBe((preview.objects ?? preview.touches).length);
					expect(preview.lockNames.length).toBeGreaterThan(0);
					for (const text of [
						preview.object,
						preview.cliEquivalent,
						preview.impact,
						preview.checkedIdentity,
						preview.undo.text,
					]) {
						expect(text).toMatch(/^\S/);
					}
				}));

			test(`${action.id}: what has moved meanwhile is stale, and nothing is done`, () =>
				play(async (scene, preview, about) => {
					await scene.changeServer();
					const checks = await action.preflight(preview.plan, about);
					expect(checks).toContainEqual(expect.objectContaining({result: 'block', conflict: true}));
					await expect(action.run(preview.plan, about)).rejects.toMatchObject({
						name: 'AdapterError',
						kind: 'conflict',
					});
					expect(await scene.isApplied()).toBe(false);
				}));

			test(`${action.id}: a read-only connection does not do it`, () =>
				play(async (scene, preview, about) => {
					const over = await system.connect(target, {readOnly: true});
					try {
						const attempt = action.run(preview.plan, {...about, port: over.port});
						await expect(attempt).rejects.toMatchObject({name: 'AdapterError', kind: 'denied'});
					} finally {
						await over.close();
					}
					expect(await scene.isApplied()).toBe(false);
				}));

			test(`${action.id}: does it, sees that it is done, and knows the way back or why there is none`, () =>
				play(async (scene, preview, about) => {
					const receipt = await action.run(preview.plan, about);
					expect(receipt.summary).toMatch(/^\S/);
					await expect.poll(async () => (await action.verify(preview.plan, receipt, about)).result).toBe('done');
					expect(await scene.isApplied()).toBe(true);
					if ('impossible' in action.undo) {
						expect(preview.undo.class).toBe('none');
						expect(action.undo.impossible).toMatch(/^[A-Z].*\.$/);
						return;
					}
					if (preview.undo.class === 'none') return;
					const back = await action.undo.propose(preview.plan, receipt, about);
					expect(await scene.isApplied()).toBe(true);
					await action.run(back.plan, about);
					expect(await scene.isApplied()).toBe(false);
				}));
		}
	});
}

function checkSnapshot(snapshot: Snapshot, kind: RowKind, target: Target): void {
	expect(new Set(snapshot.rows.map(row => row.id)).size).toBe(snapshot.rows.length);
	expect(new Set(snapshot.gauges.map(gauge => gauge.id)).size).toBe(snapshot.gauges.length);
	for (const row of snapshot.rows) {
		expect(row.id).toMatch(/\S/);
		expect(row.kind).toBe(kind);
		expect(row.target).toBe(target.name);
		if (row.severity !== 'ok') expect(row.why, `${row.id} is ${row.severity}`).toMatch(/\S/);
	}
	for (const gauge of snapshot.gauges) if (gauge.value === undefined) expect(gauge.text, gauge.id).toMatch(/\S/);
	expect(snapshot.omitted).toBeGreaterThanOrEqual(0);
	for (const note of snapshot.notes) expect(note.text).toMatch(/\S/);
}
