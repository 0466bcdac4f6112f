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

/*
 * `default` and `locks`: 14 sessions wait for an idle transaction. Also in `locks`: a migration waits for a report, and three writers wait
 * for the migration. In both a second, long report runs, which blocks no one.
 */
const idleTransaction = 4411;
const blockingReport = 5020;
const migration = 5021;
const harmlessReport = 4990;

/** Connects to the demo of PostgreSQL in a scenario, with a clock that only `advance` moves. */
async function openDemo(name: ScenarioName, readOnly = false) {
	let now = Date.UTC(2026, 10, 21, 14, 5, 22);
	const system = demoPostgres(createScenario(name, {now: () => now}));
	const target = {name: 'orders-db', kind: 'postgres', production: false, settings} as const;
	const connection = await system.connect(target, {readOnly});
	const context = () => ({signal: new AbortController().signal, now: () => now});
	const readers = new Map(system.sources.map(source => [source.kind as string, source.open(connection.port, target)]));
	const read = (kind: string): Promise<Snapshot> => readers.get(kind)?.(context()) ?? Promise.reject(new Error(kind));
	const actionContext = (): ActionContext<PostgresPort, PostgresSettings> => ({
		...context(),
		port: connection.port,
		target,
		record: 'record-1',
		saveFile: fakeSaveFile,
	});
	return {
		read,
		/** Moves the clock on. */
		advance(seconds: number) {
			now += seconds * 1000;
		},
		async findings(): Promise<readonly Finding[]> {
			const snapshot = await read('postgres.session');
			const source = system.sources.find(({kind}) => kind === 'postgres.session') as Source;
			return source.findings(snapshot, undefined, {target: target.name, now});
		},
		async row(pid: number): Promise<PostgresSessionRow> {
			const {rows} = await read('postgres.session');
			const row = (rows as readonly PostgresSessionRow[]).find(session => session.pid === pid);
			if (row === undefined) throw new Error(`there is no session with pid ${pid}`);
			return row;
		},
		async preview(id: string, rows: readonly Row[]) {
			const action = system.actions.find(candidate => candidate.id === id);
			if (action === undefined) throw new Error(id);
			return {...(await action.preview(rows, {}, actionContext())), action, context: actionContext()};
		},
		/** Previews, checks, runs and verifies an action. Returns the outcome, or `block: ` and the reason. */
		async act(id: string, ...rows: readonly Row[]): Promise<string> {
			const action = system.actions.find(candidate => candidate.id === id);
			if (action === undefined) throw new Error(id);
			const {plan} = await action.preview(rows, {}, actionContext());
			const blocked = (await action.preflight(plan, actionContext())).find(({result}) => result === 'block');
			if (blocked !== undefined) return `block: ${blocked.detail}`;
			const receipt = await action.run(plan, actionContext());
			return (await action.verify(plan, receipt, actionContext())).result;
		},
	};
}

const sentencesOf = (findings: readonly Finding[]) => findings.map(({sentence}) => sentence);
/** The findings on sessions that wait for another one. */
const waitFindings = (findings: readonly Finding[]) =>
	sentencesOf(findings).filter(sentence => /sessions? waits? for/.test(sentence));

describe('the demo of PostgreSQL', () => {
	it.each(['calm', 'still', 'crashloop', 'memory', 'lag', 'scrape'] as const)(
		'%s has nothing wrong for ten minutes',
		async name => {
			const {findings, advance} = await openDemo(name);
			for (let halfMinute = 0; halfMinute < 20; halfMinute++) {
				expect(sentencesOf(await findings())).toEqual([]);
				advance(30);
			}
		},
	);

	it('default has 14 sessions waiting for one idle transaction', async () => {
		const {findings} = await openDemo('default');
		expect(waitFindings(await findings())).toEqual([
			'14 sessions wait for pid 4411 (idle in transaction 6m12s, app checkout)',
		]);
	});

	it('still does not change at all from one poll to the next', async () => {
		const {read, advance} = await openDemo('still');
		for (const kind of ['postgres.session', 'postgres.statement']) {
			await read(kind);
			const before = await read(kind);
			advance(100);
			expect(await read(kind)).toEqual(before);
		}
	});

	it('has nothing wrong soon after the blocking session was ended, and its connections are released', async () => {
		const {findings, row, act, advance} = await openDemo('default');
		expect(sentencesOf(await findings())).toContainEqual(expect.stringMatching(/connections are taken/));
		expect(await act('postgres.terminate', await row(idleTransaction))).toBe('done');
		expect(waitFindings(await findings())).toEqual([]);
		advance(30);
		expect(sentencesOf(await findings())).toEqual([]);
	});

	it('still has 14 waiting sessions after a waiting one was cancelled or ended, because another takes its place', async () => {
		const {findings, read, act, advance} = await openDemo('default');
		for (const id of ['postgres.cancel', 'postgres.terminate']) {
			const {rows} = await read('postgres.session');
			const waiter = (rows as readonly PostgresSessionRow[]).find(session => session.wait !== undefined);
			if (waiter === undefined) throw new Error('no session waits');
			expect(await act(id, waiter)).toBe('done');
			advance(3);
			expect(waitFindings(await findings())).toEqual([expect.stringMatching(/^14 sessions wait for pid 4411/)]);
		}
	});

	it('refuses to cancel the idle transaction, because it runs no statement', async () => {
		const {findings, row, act} = await openDemo('default');
		expect(await act('postgres.cancel', await row(idleTransaction))).toMatch(/^block: .*there is nothing to cancel$/);
		expect(waitFindings(await findings())).toHaveLength(1);
	});

	it('locks has a second tree of waiting sessions, which ends when the query at its root is cancelled', async () => {
		const {findings, row, act} = await openDemo('locks');
		expect(waitFindings(await findings()).sort()).toEqual([
			'14 sessions wait for pid 4411 (idle in transaction 6m12s, app checkout)',
			'4 sessions wait for pid 5020 (active 9m01s, app metabase)',
		]);
		expect(await act('postgres.cancel', await row(blockingReport))).toBe('done');
		expect(waitFindings(await findings())).toEqual([expect.stringContaining('pid 4411')]);
	});

	it('locks has no waiting writers any more after the migration was cancelled, because they do not conflict with the report', async () => {
		const {findings, row, act} = await openDemo('locks');
		expect(await act('postgres.cancel', await row(migration))).toBe('done');
		expect(waitFindings(await findings())).toEqual([expect.stringContaining('pid 4411')]);
		expect((await row(blockingReport)).blocks).toBe(0);
	});

	it('counts no calls of the statements that wait for the locked table', async () => {
		const {read, advance} = await openDemo('default');
		await read('postgres.statement');
		advance(10);
		const {rows} = await read('postgres.statement');
		const stock = rows.filter(row => 'query' in row && /stock/.test(String(row.query)));
		expect(stock.map(row => 'callsPerSecond' in row && row.callsPerSecond)).toEqual([0, 0]);
		expect(rows[0]).toMatchObject({share: expect.any(Number), meanMs: expect.any(Number)});
	});

	it('ends several sessions by one plan, without those that ended meanwhile', async () => {
		const {preview, act, row, findings} = await openDemo('locks');
		const rows = [await row(idleTransaction), await row(blockingReport), await row(harmlessReport)];
		const {plan, action, context, ...shown} = await preview('postgres.terminate', rows);
		expect(shown).toMatchObject({
			object: '3 sessions',
			touches: [/^pid 4411, checkout on orders: /, /^pid 5020, /, /^pid 4990, /].map(line =>
				expect.stringMatching(line),
			),
			impact: expect.stringMatching(/^3 connections are closed\. 3 transactions .* Up to 18 sessions wait for them\.$/),
		});
		expect(await act('postgres.cancel', await row(blockingReport))).toBe('done');
		const checks = await action.preflight(plan, context);
		expect(checks).toContainEqual(expect.objectContaining({conflict: true, detail: 'pid 5020 has ended'}));
		const receipt = await action.run(plan, context);
		expect(receipt.summary).toBe('terminated 2 of 3 sessions; ended or changed before: pid 5020');
		expect((await action.verify(plan, receipt, context)).result).toBe('done');
		expect(waitFindings(await findings())).toEqual([]);
		await expect(action.run(plan, context)).rejects.toMatchObject({kind: 'conflict'});
	});

	it('warns that ending waiting sessions does not help, unless the blocking session is among them', async () => {
		const {preview, read, row} = await openDemo('default');
		const {rows} = await read('postgres.session');
		const waiters = (rows as readonly PostgresSessionRow[]).filter(session => session.wait !== undefined).slice(0, 3);
		const {unhelpful} = await preview('postgres.terminate', waiters);
		expect(unhelpful?.reason).toMatch(/^not one of them: pid \d+, it only waits: pid 4411 holds the lock/);
		expect((await preview('postgres.terminate', [await row(idleTransaction), ...waiters])).unhelpful).toBeUndefined();
	});

	it('does nothing on a read-only connection', async () => {
		const {row, act, findings} = await openDemo('default', true);
		await expect(act('postgres.terminate', await row(idleTransaction))).rejects.toMatchObject({kind: 'denied'});
		expect(waitFindings(await findings())).toHaveLength(1);
	});
});
