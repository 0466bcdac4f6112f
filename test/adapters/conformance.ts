import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import type {
	Action,
	ActionContext,
	Connection,
	Context,
	Params,
	Preview,
	Row,
	Snapshot,
	System,
	Target,
} from '../../src/contract.ts';
import {AdapterError, type ErrorKind} from '../../src/errors.ts';
import {type FaultProxy, faultProxy} from '../faults/fault-proxy.ts';

/** What must be there for one action to have something to do, made on the real server by its own client. */
export type Scene = {
	readonly params: Params;
	/** The rows that the action is meant for, among those its source reads. */
	readonly chosen: (row: Row) => boolean;
	/** Changes what the plan is bound to, by hand: the session goes on to another statement, the limit is changed by someone else. */
	move(): Promise<void>;
	/** Whether the server shows the effect of the action. */
	happened(): Promise<boolean>;
	/** Puts everything back. Called once, whatever happened. */
	clear(): Promise<void>;
};

export type Subject<Port> = {
	readonly system: System<Port>;
	/** Of the real server; faults are put in front of it. */
	readonly server: {readonly host: string; readonly port: number};
	target(at: {readonly host: string; readonly port: number}): Target;
	/** Something for every source to see, while all tests of the sources run; ids of `steady` rows may not change meanwhile. */
	busy(): Promise<{readonly steady: (row: Row) => boolean; end(): Promise<void>}>;
	/** One for each action of the system, by its id. */
	readonly scenes: Readonly<Record<string, () => Promise<Scene>>>;
	/** False leaves out the bad links: they are the client's doing, so that one server of a system is enough. */
	readonly links: boolean;
	/** How many writes the server has ever been sent by anyone, from its own log or statistics. */
	writes(): Promise<number>;
};

const context = (signal: AbortSignal = new AbortController().signal): Context => ({signal, now: Date.now});

/** Fault by fault: what is done to a link that stands, and the kinds of error that tell it truly. */
const faults: readonly {
	readonly name: string;
	/** False when the fault is there before the first read. */
	readonly standing: boolean;
	readonly kinds: readonly ErrorKind[];
	cause(proxy: FaultProxy): Promise<void>;
}[] = [
	{name: 'refused', standing: false, kinds: ['unreachable'], cause: proxy => proxy.set({mode: 'refuse'})},
	{name: 'silent', standing: false, kinds: ['timeout', 'unreachable'], cause: proxy => proxy.set({mode: 'silent'})},
	{name: 'reset on connect', standing: false, kinds: ['unreachable'], cause: proxy => proxy.set({mode: 'reset'})},
	// What claims to be a message of four gigabytes is waited for in vain.
	{
		name: 'malformed',
		standing: false,
		kinds: ['malformed', 'unreachable', 'timeout'],
		cause: proxy => proxy.set({garble: true}),
	},
	{
		name: 'reset while connected',
		standing: true,
		kinds: ['unreachable'],
		async cause(proxy) {
			await proxy.set({mode: 'reset'});
			proxy.resetAll();
		},
	},
	{
		name: 'half-open',
		standing: true,
		kinds: ['timeout', 'unreachable'],
		async cause(proxy) {
			await proxy.set({mode: 'silent'});
			proxy.halfOpen();
		},
	},
	{name: 'cut off', standing: true, kinds: ['timeout', 'unreachable'], cause: proxy => proxy.set({mode: 'hold'})},
	{
		name: 'malformed while connected',
		standing: true,
		kinds: ['malformed', 'unreachable', 'timeout'],
		cause: proxy => proxy.set({garble: true}),
	},
];

/** What every system has to hold, whatever it watches. To be called in a `describe` of one real server. */
export function conformance<Port>(subject: Subject<Port>): void {
	const {system, server} = subject;
	const target = subject.target(server);
	let connection: Connection<Port>;
	let busy: {readonly steady: (row: Row) => boolean; end(): Promise<void>};

	const read = (kind: string, over = connection) => {
		const source = system.sources.find(each => each.kind === kind);
		if (source === undefined) throw new Error(`${system.kind} has no source of ${kind}`);
		return source.open(over.port, target)(context(AbortSignal.timeout(30_000)));
	};

	beforeAll(async () => {
		connection = await system.connect(target, {readOnly: false});
	});
	afterAll(() => connection.close());

	describe('sources', () => {
		beforeAll(async () => {
			busy = await subject.busy();
		});
		afterAll(() => busy.end());

		for (const source of system.sources) {
			test(`${source.kind}: rows keep their ids, and say why they are not well`, async () => {
				const poll = source.open(connection.port, target);
				const snapshots: Snapshot[] = [];
				for (let turn = 0; turn < 3; turn++) snapshots.push(await poll(context(AbortSignal.timeout(30_000))));
				for (const snapshot of snapshots) checkSnapshot(snapshot, target);
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
						for (const id of finding.actions) expect(system.actions.map(action => action.id)).toContain(id);
						for (const id of finding.inspections) expect(system.inspections.map(each => each.id)).toContain(id);
						if (finding.row?.kind === source.kind) expect(now.rows.map(row => row.id)).toContain(finding.row.id);
					}
				}
			});

			test(`${source.kind}: says how it is read by hand`, () => {
				expect(source.reads(target).length).toBeGreaterThan(0);
				for (const line of source.reads(target)) expect(line).toMatch(/^\S.*$/);
			});
		}

		test('reading writes nothing', async () => {
			const before = await subject.writes();
			for (const source of system.sources) await read(source.kind);
			expect(await subject.writes()).toBe(before);
		});

		for (const inspection of system.inspections) {
			test(`${inspection.id}: opens on a row, and writes nothing`, async () => {
				const {rows} = await read(inspection.kind);
				const row = rows.find(each => busy.steady(each) && inspection.disabled?.(each) === undefined);
				if (row === undefined) throw new Error(`the server has no row for ${inspection.id}`);
				const before = await subject.writes();
				const document = await inspection.open(row, {
					...context(AbortSignal.timeout(30_000)),
					port: connection.port,
					target,
				});
				expect(document.title).toMatch(/^\S.*$/);
				expect(document.lines.length).toBeGreaterThan(0);
				expect(document.reads.length).toBeGreaterThan(0);
				expect(await subject.writes()).toBe(before);
			});
		}
	});

	const badLinks = () => {
		let proxy: FaultProxy;
		beforeAll(async () => {
			proxy = await faultProxy(server);
		});
		afterAll(() => proxy.close());

		/** All sources at once, each within the time it declares for itself. */
		const readAll = (over: Connection<Port>, at: Target) =>
			Promise.allSettled(
				system.sources.map(async source => source.open(over.port, at)(context(AbortSignal.timeout(source.timeoutMs)))),
			);

		/**
		 * One read may still join a connection that was begun before the link healed, and end with it; the one after it may not. Sources
		 * that share a connection are read at once, and the second time a moment later, as the poller does.
		 */
		const recover = async (over: Connection<Port>, at: Target) => {
			if (failuresOf(await readAll(over, at)).length === 0) return;
			await new Promise(resolve => setTimeout(resolve, 100));
			expect(failuresOf(await readAll(over, at))).toEqual([]);
		};

		for (const fault of faults) {
			test(`${fault.name}: an AdapterError within the time of the source, and good reads once it heals`, async () => {
				await proxy.heal();
				const at = subject.target(proxy);
				const over = await system.connect(at, {readOnly: true});
				try {
					if (fault.standing) expect(failuresOf(await readAll(over, at))).toEqual([]);
					await fault.cause(proxy);
					const failures = failuresOf(await readAll(over, at));
					expect(failures).toHaveLength(system.sources.length);
					for (const failure of failures) {
						expect(failure).toBeInstanceOf(AdapterError);
						expect(fault.kinds).toContain((failure as AdapterError).kind);
						expect((failure as AdapterError).hint).toMatch(/\S/);
					}
					await proxy.heal();
					await recover(over, at);
				} finally {
					await over.close();
				}
			});
		}

		for (const standing of [false, true]) {
			test(`an abort ends a read while the server is silent ${standing ? 'on a link that stands' : 'from the start'}`, async () => {
				for (const source of system.sources) {
					await proxy.heal();
					const at = subject.target(proxy);
					const over = await system.connect(at, {readOnly: true});
					try {
						const poll = source.open(over.port, at);
						if (standing) await poll(context());
						const acceptedBefore = proxy.accepted;
						await proxy.set({mode: standing ? 'hold' : 'silent'});
						const abort = new AbortController();
						let ended: unknown;
						const reading = poll(context(abort.signal)).catch(error => (ended = error));
						// It is under way: it has connected, or had the time to send what it asks.
						if (!standing) await expect.poll(() => proxy.accepted).toBeGreaterThan(acceptedBefore);
						else await new Promise(resolve => setTimeout(resolve, 50));
						abort.abort();
						// At once is a few turns of the event loop, and not whenever a timer of its own fires.
						for (let turn = 0; turn < 10; turn++) await new Promise(resolve => setImmediate(resolve));
						expect(ended, source.kind).toBeInstanceOf(AdapterError);
						await reading;
						await proxy.heal();
						await recover(over, at);
					} finally {
						await over.close();
					}
				}
			});
		}

		test('an abort before the read starts ends it too', async () => {
			for (const source of system.sources) {
				const poll = source.open(connection.port, target);
				await expect(poll(context(AbortSignal.abort()))).rejects.toBeInstanceOf(AdapterError);
			}
		});

		test('closing ends while the server is silent', async () => {
			await proxy.heal();
			const at = subject.target(proxy);
			const over = await system.connect(at, {readOnly: true});
			expect(failuresOf(await readAll(over, at))).toEqual([]);
			await proxy.set({mode: 'hold'});
			const reads = readAll(over, at);
			await over.close();
			await over.close();
			for (const failure of failuresOf(await reads)) expect(failure).toBeInstanceOf(AdapterError);
			await proxy.heal();
		});
	};
	if (subject.links) describe('a bad link', badLinks);

	describe('the connection', () => {
		test('tells who answers and who we are', async () => {
			const {version, who, latencyMs} = await connection.identify(context(AbortSignal.timeout(10_000)));
			expect(version).toMatch(/\d/);
			expect(who).toMatch(/\S/);
			expect(latencyMs).toBeGreaterThanOrEqual(0);
		});

		test('tells what it may do, and the line that grants what it may not', async () => {
			const permissions = await connection.permissions(context(AbortSignal.timeout(10_000)));
			expect(permissions.length).toBeGreaterThan(0);
			for (const {needs, name, state, grant} of permissions) {
				expect(needs).toMatch(/^\S.*$/);
				expect(name).toMatch(/^\S.*$/);
				if (state === 'have') expect(grant).toBe('');
				if (state === 'lack') expect(grant).toMatch(/^\S.*$/);
			}
		});

		test('closes twice, and reads nothing afterwards', async () => {
			const over = await system.connect(target, {readOnly: false});
			await over.identify(context());
			await over.close();
			await over.close();
			for (const source of system.sources) {
				await expect(source.open(over.port, target)(context())).rejects.toBeInstanceOf(AdapterError);
			}
		});
	});

	describe('actions', () => {
		test('each has a scene here, a capital letter and an id of its own', () => {
			expect(Object.keys(subject.scenes).sort()).toEqual(system.actions.map(action => action.id).sort());
			for (const action of system.actions) {
				expect(action.key).toMatch(/^[A-Z]$/);
				expect(action.id.startsWith(`${system.kind}.`)).toBe(true);
				expect(system.sources.map(source => source.kind)).toContain(action.kind);
			}
		});

		for (const action of system.actions) {
			const play = async (
				body: (scene: Scene, preview: Preview, about: ActionContext<Port>) => Promise<void>,
			): Promise<void> => {
				const setTheScene = subject.scenes[action.id];
				if (setTheScene === undefined) throw new Error(`${action.id} has no scene`);
				const scene = await setTheScene();
				try {
					const about = {...context(), port: connection.port, target, record: 'conformance-1'};
					await body(scene, await previewOf(action, scene, about), about);
				} finally {
					await scene.clear();
				}
			};
			const previewOf = async (of: Action<Row, Port>, scene: Scene, about: ActionContext<Port>) => {
				const {rows} = await read(of.kind);
				const chosen = rows.filter(scene.chosen);
				expect(chosen).toHaveLength(1);
				expect(of.disabled(chosen)).toBeUndefined();
				for (const param of of.params) expect(param.problem(scene.params[param.name] ?? '')).toBeUndefined();
				return of.preview(chosen, scene.params, about);
			};

			test(`${action.id}: a preview and its checks write nothing, and say everything`, () =>
				play(async (scene, preview, about) => {
					const before = await subject.writes();
					await previewOf(action, scene, about);
					const checks = await action.preflight(preview.plan, about);
					expect(await subject.writes()).toBe(before);
					expect(await scene.happened()).toBe(false);
					expect(checks.length).toBeGreaterThan(0);
					expect(checks.filter(check => check.result === 'block')).toEqual([]);
					expect(preview.target).toBe(target.name);
					expect(JSON.parse(JSON.stringify(preview.plan))).toEqual(preview.plan);
					expect(preview.touches.length).toBeGreaterThan(0);
					for (const text of [preview.object, preview.equivalent, preview.impact, preview.bound, preview.undo.text]) {
						expect(text).toMatch(/^\S/);
					}
				}));

			test(`${action.id}: what has moved meanwhile is stale, and nothing is done`, () =>
				play(async (scene, preview, about) => {
					await scene.move();
					const checks = await action.preflight(preview.plan, about);
					expect(checks).toContainEqual(expect.objectContaining({result: 'block', moved: true}));
					await expect(action.run(preview.plan, about)).rejects.toMatchObject({
						name: 'AdapterError',
						kind: 'conflict',
					});
					expect(await scene.happened()).toBe(false);
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
					expect(await scene.happened()).toBe(false);
				}));

			test(`${action.id}: does it, sees that it is done, and knows the way back or why there is none`, () =>
				play(async (scene, preview, about) => {
					const receipt = await action.run(preview.plan, about);
					expect(receipt.summary).toMatch(/^\S/);
					await expect
						.poll(async () => (await action.verify(preview.plan, receipt, about)).result, {timeout: action.settleMs})
						.toBe('done');
					expect(await scene.happened()).toBe(true);
					if ('impossible' in action.undo) {
						expect(preview.undo.class).toBe('none');
						expect(action.undo.impossible).toMatch(/^[A-Z].*\.$/);
						return;
					}
					if (preview.undo.class === 'none') return;
					const back = await action.undo.propose(preview.plan, receipt, about);
					expect(await scene.happened()).toBe(true);
					await action.run(back.plan, about);
					expect(await scene.happened()).toBe(false);
				}));
		}
	});
}

const failuresOf = (results: readonly PromiseSettledResult<unknown>[]): readonly unknown[] =>
	results.flatMap(result => (result.status === 'rejected' ? [result.reason] : []));

function checkSnapshot(snapshot: Snapshot, target: Target): void {
	expect(new Set(snapshot.rows.map(row => row.id)).size).toBe(snapshot.rows.length);
	expect(new Set(snapshot.gauges.map(gauge => gauge.id)).size).toBe(snapshot.gauges.length);
	for (const row of snapshot.rows) {
		expect(row.id).toMatch(/\S/);
		expect(row.target).toBe(target.name);
		if (row.severity !== 'ok') expect(row.why, `${row.id} is ${row.severity}`).toMatch(/\S/);
	}
	for (const gauge of snapshot.gauges) if (gauge.value === undefined) expect(gauge.text, gauge.id).toMatch(/\S/);
	expect(snapshot.omitted).toBeGreaterThanOrEqual(0);
	for (const note of snapshot.notes) expect(note.text).toMatch(/\S/);
}
