import {describe, expect, it} from 'vitest';
import {demoPostgres} from '../../demo/postgres.ts';
import {createScenario, type ScenarioName} from '../../demo/scenario.ts';
import type {ActionContext} from '../../src/contract/action.ts';
import type {Finding} from '../../src/contract/finding.ts';
import type {Row, Snapshot} from '../../src/contract/row.ts';
import type {Source} from '../../src/contract/source.ts';
import type {PostgresSessionRow} from '../../src/model/postgres/postgres-session.ts';
import type {PostgresPort, PostgresSettings} from '../../src/port/postgres.ts';
import {fakeSaveFile} from '../adapters/conformance-subject.ts';

const settings: PostgresSettings = {
	hosts: [{host: 'orders-db.example.test', port: 5432}],
	database: 'orders',
	user: 'midwatch',
	tls: {mode: 'verify-full'},
	connectTimeoutMs: 3000,
	statementTimeoutMs: 3000,
};

async function demo(name: ScenarioName, readOnly = false) {
	let now = Date.UTC(2026, 10, 21, 14, 5, 22);
	const system = demoPostgres(createScenario(name, {now: () => now}));
	const target = {name: 'orders-db', kind: 'postgres', production: false, settings} as const;
	const connection = await system.connect(target, {readOnly});
	const context = () => ({signal: new AbortController().signal, now: () => now});
	const polls = new Map(system.sources.map(source => [source.kind as string, source.open(connection.port, target)]));
	const read = (kind: string): Promise<Snapshot> => polls.get(kind)?.(context()) ?? Promise.reject(new Error(kind));
	const about = (): ActionContext<PostgresPort, PostgresSettings> => ({
		...context(),
		port: connection.port,
		target,
		record: 'record-1',
		saveFile: fakeSaveFile,
	});
	return {
		read,
		pass(seconds: number) {
			now += seconds * 1000;
		},
		async findings(): Promise<readonly Finding[]> {
			const snapshot = await read('postgres.session');
			const source = system.sources.find(({kind}) => kind === 'postgres.session') as Source;
			return source.findings(snapshot, undefined, {target: target.name, now});
		},
		async row(pid: number): Promise<PostgresSessionRow> {
			const {rows} = await read('postgres.session');
			const row = (rows as readonly PostgresSessionRow[]).find(each => each.pid === pid);
			if (row === undefined) throw new Error(`pid ${pid} is not there`);
			return row;
		},
		async preview(id: string, rows: readonly Row[]) {
			const action = system.actions.find(each => each.id === id);
			if (action === undefined) throw new Error(id);
			return {...(await action.preview(rows, {}, about())), action, about: about()};
		},
		async act(id: string, ...rows: readonly Row[]): Promise<string> {
			const action = system.actions.find(each => each.id === id);
			if (action === undefined) throw new Error(id);
			const {plan} = await action.preview(rows, {}, about());
			const blocked = (await action.preflight(plan, about())).find(({result}) => result === 'block');
			if (blocked !== undefined) return `block: ${blocked.detail}`;
			const receipt = await action.run(plan, about());
			return (await action.verify(plan, receipt, about())).result;
		},
	};
}

const sentences = (findings: readonly Finding[]) => findings.map(({sentence}) => sentence);
const waiting = (findings: readonly Finding[]) =>
	sentences(findings).filter(sentence => /sessions? waits? for/.test(sentence));

describe('the demo of PostgreSQL', () => {
	it.each(['calm', 'still', 'crashloop', 'memory', 'lag', 'scrape'] as const)(
		'%s has nothing wrong for ten minutes',
		async name => {
			const {findings, pass} = await demo(name);
			for (let minute = 0; minute < 20; minute++) {
				expect(sentences(await findings())).toEqual([]);
				pass(30);
			}
		},
	);

	it('default has 14 sessions waiting for one idle transaction', async () => {
		const {findings} = await demo('default');
		expect(waiting(await findings())).toEqual([
			'14 sessions wait for pid 4411 (idle in transaction 6m12s, app checkout)',
		]);
	});

	it('still does not change at all from one poll to the next', async () => {
		const {read, pass} = await demo('still');
		for (const kind of ['postgres.session', 'postgres.statement']) {
			await read(kind);
			const before = await read(kind);
			pass(100);
			expect(await read(kind)).toEqual(before);
		}
	});

	it('heals when the session in the way is ended, and the connections come down after it', async () => {
		const {findings, row, act, pass} = await demo('default');
		expect(sentences(await findings())).toContainEqual(expect.stringMatching(/connections are taken/));
		expect(await act('postgres.terminate', await row(4411))).toBe('done');
		expect(waiting(await findings())).toEqual([]);
		pass(30);
		expect(sentences(await findings())).toEqual([]);
	});

	it('does not heal when one that only waits is cancelled or ended, or the idle one is cancelled', async () => {
		const {findings, read, row, act, pass} = await demo('default');
		for (const id of ['postgres.cancel', 'postgres.terminate']) {
			const {rows} = await read('postgres.session');
			const waiter = (rows as readonly PostgresSessionRow[]).find(each => each.wait !== undefined);
			if (waiter === undefined) throw new Error('no session waits');
			expect(await act(id, waiter)).toBe('done');
			pass(3);
			expect(waiting(await findings())).toEqual([expect.stringMatching(/^14 sessions wait for pid 4411/)]);
		}
		expect(await act('postgres.cancel', await row(4411))).toMatch(/^block: .*there is nothing to cancel$/);
		expect(waiting(await findings())).toHaveLength(1);
	});

	it('locks has a second tree, which a cancel at its root heals alone', async () => {
		const {findings, row, act} = await demo('locks');
		expect(waiting(await findings()).sort()).toEqual([
			'14 sessions wait for pid 4411 (idle in transaction 6m12s, app checkout)',
			'4 sessions wait for pid 5020 (active 9m01s, app metabase)',
		]);
		expect(await act('postgres.cancel', await row(5020))).toBe('done');
		expect(waiting(await findings())).toEqual([expect.stringContaining('pid 4411')]);
	});

	it('lets the queue go when the migration in its middle is cancelled: those behind it get along with the report', async () => {
		const {findings, row, act} = await demo('locks');
		expect(await act('postgres.cancel', await row(5021))).toBe('done');
		expect(waiting(await findings())).toEqual([expect.stringContaining('pid 4411')]);
		expect((await row(5020)).blocks).toBe(0);
	});

	it('counts statements between two reads, and those on the locked table stand still', async () => {
		const {read, pass} = await demo('default');
		await read('postgres.statement');
		pass(10);
		const {rows} = await read('postgres.statement');
		const stock = rows.filter(row => 'query' in row && /stock/.test(String(row.query)));
		expect(stock.map(row => 'callsPerSecond' in row && row.callsPerSecond)).toEqual([0, 0]);
		expect(rows[0]).toMatchObject({share: expect.any(Number), meanMs: expect.any(Number)});
	});

	it('ends several by one plan, and those that moved meanwhile are left alone', async () => {
		const {preview, act, row, findings} = await demo('locks');
		const rows = [await row(4411), await row(5020), await row(4990)];
		const {plan, action, about, ...shown} = await preview('postgres.terminate', rows);
		expect(shown).toMatchObject({
			object: '3 sessions',
			touches: [/^pid 4411, checkout on orders: /, /^pid 5020, /, /^pid 4990, /].map(line =>
				expect.stringMatching(line),
			),
			impact: expect.stringMatching(/^3 connections are closed\. 3 transactions .* Up to 18 sessions wait for them\.$/),
		});
		expect(await act('postgres.cancel', await row(5020))).toBe('done');
		const checks = await action.preflight(plan, about);
		expect(checks).toContainEqual(expect.objectContaining({conflict: true, detail: 'pid 5020 has ended'}));
		const receipt = await action.run(plan, about);
		expect(receipt.summary).toBe('terminated 2 of 3 sessions; ended or changed before: pid 5020');
		expect((await action.verify(plan, receipt, about)).result).toBe('done');
		expect(waiting(await findings())).toEqual([]);
		await expect(action.run(plan, about)).rejects.toMatchObject({kind: 'conflict'});
	});

	it('says that it does not help when all selected sessions only wait, but not when the root is among them', async () => {
		const {preview, read, row} = await demo('default');
		const {rows} = await read('postgres.session');
		const waiters = (rows as readonly PostgresSessionRow[]).filter(each => each.wait !== undefined).slice(0, 3);
		const {unhelpful} = await preview('postgres.terminate', waiters);
		expect(unhelpful?.reason).toMatch(/^not one of them: pid \d+, it only waits: pid 4411 holds the lock/);
		expect((await preview('postgres.terminate', [await row(4411), ...waiters])).unhelpful).toBeUndefined();
	});

	it('does nothing on a read-only connection', async () => {
		const {row, act, findings} = await demo('default', true);
		await expect(act('postgres.terminate', await row(4411))).rejects.toMatchObject({kind: 'denied'});
		expect(waiting(await findings())).toHaveLength(1);
	});
});
