import {Client} from 'pg';
import {afterAll, beforeAll} from 'vitest';
import {postgresSystem} from '../../../adapters/postgres/system.ts';
import type {Action} from '../../../src/contract/action.ts';
import type {Row} from '../../../src/contract/row.ts';
import type {PostgresPort} from '../../../src/port/postgres.ts';
import {describePostgres} from '../../estate/describe-server.ts';
import type {PostgresServer} from '../../estate/estate-record.ts';
import {pgConfig, runQuery} from '../../estate/postgres.ts';
import {type BindingCases, planBindingTests, type ShownPlan} from '../plan-bindings.ts';
import {
	type OtherSession,
	openPostgres,
	openSession,
	type PostgresFixture,
	pollUntil,
	readRow,
} from './postgres-fixture.ts';

/** The members that the plans of both actions have for each session. */
type Sessions = readonly Readonly<Record<string, unknown>>[];

/** A plan as if the pid had been given to another session. */
function withPid(plan: unknown, pid: number): unknown {
	const members = Object.entries(plan as Readonly<Record<string, Sessions>>);
	return Object.fromEntries(members.map(([name, sessions]) => [name, sessions.map(one => ({...one, pid}))]));
}

type Scene = {
	readonly guest: OtherSession;
	/** How the statement that runs while the plan is shown ends. */
	readonly running: Promise<string>;
	/** Changes one fact; resolves with a pid when the plan is to be about that one. */
	change(): Promise<number | undefined>;
	end(): Promise<unknown>;
};

describePostgres('postgres-15', 'what a plan is bound to', server => {
	let watch: PostgresFixture;
	beforeAll(async () => {
		watch = await openPostgres(server, 'operator');
	});
	afterAll(() => watch.close());

	/** The plan for the session of a scene, while that session waits in its statement. */
	const shown =
		(scene: () => Promise<Scene>) =>
		async (action: Action<Row, PostgresPort>): Promise<ShownPlan<PostgresPort>> => {
			const {guest, running, change, end} = await scene();
			const row = await readRow(watch, guest.pid, one => one.state === 'active' && one.wait !== undefined);
			const {plan} = await action.preview([row], {}, watch.actionContext());
			let current: unknown = plan;
			let ended = 'not yet';
			void running.then(how => {
				ended = how;
			});
			let victim = guest.pid;
			return {
				plan: () => current,
				context: watch.actionContext(),
				async change() {
					const pid = await change();
					if (pid === undefined) return;
					victim = pid;
					current = withPid(plan, pid);
				},
				async wasApplied() {
					// A signal takes effect before the next statement of the same session is answered.
					const [{there} = {there: 0}] = await runQuery<{there: number}>(
						server,
						'SELECT count(*)::int AS there FROM pg_stat_activity WHERE pid = $1',
						[victim],
					);
					return there === 0 || ended === '57014' || ended === '57P01';
				},
				async cleanUp() {
					await end();
					await guest.end();
				},
			};
		};

	const cases = {
		pid: shown(() => reusedPid(server, 'app')),
		'user and database': shown(() => reusedPid(server, 'operator')),
		state: shown(() => statementEnds(server, watch)),
		statement: shown(() => nextStatement(server, watch)),
		transaction: shown(() => nextTransaction(server, watch)),
		'whether midwatch may signal it': shown(() => becomesSuperuser(server)),
	};
	const all: BindingCases<PostgresPort> = {'postgres.cancel': cases, 'postgres.terminate': cases};
	planBindingTests(postgresSystem.actions as readonly Action<Row, PostgresPort>[], all);
});

/** Somebody who holds the locks that the statements of a scene wait for. */
async function keeper(server: PostgresServer) {
	const holder = await openSession(server, 'bindings-keeper');
	await holder.client.query('SELECT pg_advisory_lock($1, 1), pg_advisory_lock($1, 2)', [holder.pid]);
	return {
		pid: holder.pid,
		end: holder.end,
		release: (key: number) => holder.client.query('SELECT pg_advisory_unlock($1, $2)', [holder.pid, key]),
	};
}

async function reusedPid(server: PostgresServer, role: 'app' | 'operator'): Promise<Scene> {
	const {pid, end} = await keeper(server);
	const guest = await openSession(server, 'bindings');
	const other = await openSession(server, 'bindings-other', role);
	return {
		guest,
		running: guest.startQuery(`SELECT pg_advisory_lock(${pid}, 1)`),
		change: async () => other.pid,
		end: () => Promise.all([end(), other.end()]),
	};
}

/** Its statement ends and the transaction stays open: only the state is another. */
async function statementEnds(server: PostgresServer, watch: PostgresFixture): Promise<Scene> {
	const {pid, release, end} = await keeper(server);
	const guest = await openSession(server, 'bindings');
	const running = guest.startQuery(`BEGIN; SELECT pg_advisory_lock(${pid}, 1)`);
	return {
		guest,
		running,
		async change() {
			await release(1);
			await running;
			await readRow(watch, guest.pid, ({state}) => state === 'idle in transaction');
			return undefined;
		},
		end,
	};
}

/** The next statement runs in the same transaction, and in the same state. */
async function nextStatement(server: PostgresServer, watch: PostgresFixture): Promise<Scene> {
	const {pid, release, end} = await keeper(server);
	const guest = await openSession(server, 'bindings');
	await guest.client.query('BEGIN');
	const first = guest.startQuery(`SELECT pg_advisory_lock(${pid}, 1)`);
	const next = first.then(how => (how === 'done' ? guest.startQuery(`SELECT pg_advisory_lock(${pid}, 2)`) : how));
	return {
		guest,
		running: next,
		async change() {
			await release(1);
			await readRow(watch, guest.pid, one => one.state === 'active' && one.query?.includes(`${pid}, 2`) === true);
			return undefined;
		},
		end,
	};
}

/** A procedure that commits and goes on: the same statement, in another transaction. */
async function nextTransaction(server: PostgresServer, watch: PostgresFixture): Promise<Scene> {
	const {pid, release, end} = await keeper(server);
	const guest = await openSession(server, 'bindings');
	const body = `PERFORM pg_advisory_lock(${pid}, 1); COMMIT; PERFORM pg_advisory_lock(${pid}, 2);`;
	const running = guest.startQuery(`DO $$ BEGIN ${body} END $$`);
	const first = await readRow(watch, guest.pid, ({state}) => state === 'active');
	return {
		guest,
		running,
		async change() {
			await release(1);
			await readRow(watch, guest.pid, one => one.transactionStart !== first.transactionStart);
			return undefined;
		},
		end,
	};
}

async function becomesSuperuser(server: PostgresServer): Promise<Scene> {
	const {pid, end} = await keeper(server);
	const role = `bindings_${pid}`;
	await runQuery(server, `CREATE ROLE ${role} LOGIN PASSWORD 'bindings'`, []);
	const client = new Client({...pgConfig(server, 'app', 'postgres'), user: role, password: 'bindings'});
	client.on('error', () => {});
	await client.connect();
	const {rows} = await client.query<{pid: number}>('SELECT pg_backend_pid() AS pid');
	const guest: OtherSession = {
		client,
		pid: rows[0]?.pid ?? 0,
		startQuery: text =>
			client.query(text).then(
				() => 'done',
				(error: {code?: string}) => error.code ?? 'broken',
			),
		end: async () => undefined,
	};
	return {
		guest,
		running: guest.startQuery(`SELECT pg_advisory_lock(${pid}, 1)`),
		change: () => runQuery(server, `ALTER ROLE ${role} SUPERUSER`, []).then(() => undefined),
		async end() {
			await end();
			await client.end().catch(() => undefined);
			await pollUntil(async () => {
				const left = await runQuery(server, 'SELECT 1 FROM pg_stat_activity WHERE usename = $1', [role]);
				return left.length === 0 ? true : undefined;
			});
			await runQuery(server, `DROP ROLE ${role}`, []);
		},
	};
}
