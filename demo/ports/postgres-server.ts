import type {SessionRecord, WaitRecord} from '../../src/port/postgres.ts';
import type {Scenario} from '../scenario.ts';

/*
 * A PostgreSQL server as far as midwatch reads it: sessions that connect, run, wait and end, and locks that one holds and others wait for.
 * It heals when the blocking session ends, and only then: a waiting statement that is cancelled is tried again.
 */

/** Epoch milliseconds throughout. */
export type DemoSession = {
	readonly pid: number;
	readonly user: string;
	readonly application: string;
	readonly client: string;
	readonly startedAt: number;
	readonly transactionAt: number;
	readonly queryAt: number;
	readonly stateAt: number;
	readonly state: 'active' | 'idle in transaction';
	readonly waitType: string | undefined;
	readonly waitEvent: string | undefined;
	readonly query: string;
	/** The lock it holds, for which others wait. */
	readonly holds?: {readonly relation: string; readonly mode: string};
	readonly waitsFor?: Omit<WaitRecord, 'pid' | 'waitSeconds'>;
};

export type DemoPostgresServer = {
	sessions(): readonly DemoSession[];
	waits(): readonly WaitRecord[];
	/** All client connections, idle ones included. */
	connections(): number;
	isStockLocked(): boolean;
	/** Ends the statement (`cancel`) or the session (`terminate`). */
	end(pid: number, how: 'cancel' | 'terminate'): void;
};

export const connectionLimit = 197;

const troubled = new Set(['locks', 'storm', 'default']);
const root = 4411;
const reader = 5020;
const migration = 5021;

type Ended = {readonly at: number; readonly how: 'cancel' | 'terminate'};

const stockQuery = "UPDATE stock SET quantity = quantity - 1 WHERE sku = 'A-4711'";

const work: readonly {
	readonly user: string;
	readonly application: string;
	readonly query: string;
	readonly wait?: readonly [string, string];
}[] = [
	{
		user: 'web',
		application: 'storefront',
		query: "SELECT * FROM sessions WHERE token = '…'",
		wait: ['Client', 'ClientRead'],
	},
	{
		user: 'checkout',
		application: 'checkout',
		query:
			"SELECT o.id, o.total, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.created_at > now() - interval '1 day'",
	},
	{
		user: 'billing',
		application: 'billing',
		query: "INSERT INTO invoices (order_id, amount, currency) VALUES (81220, 4900, 'EUR') RETURNING id",
		wait: ['IO', 'WALSync'],
	},
	{
		user: 'reporting',
		application: 'metabase',
		query: "SELECT count(*) FROM orders WHERE status = 'open'",
		wait: ['IO', 'DataFileRead'],
	},
	{user: 'web', application: 'storefront', query: 'UPDATE customers SET last_seen_at = now() WHERE id = 99120'},
];

export function createDemoPostgresServer(scenario: Scenario): DemoPostgresServer {
	const born = scenario.startedAt;
	const ended = new Map<number, Ended>();
	const inTrouble = troubled.has(scenario.name);
	const hour = 3_600_000;

	const pidOf = (slot: number) => 5200 + slot * 7 + Math.floor(scenario.stableRandom(`pid ${slot}`) * 7);
	const addressOf = (slot: number) =>
		`10.2.${1 + (slot % 4)}.${10 + Math.floor(scenario.stableRandom(`host ${slot}`) * 200)}`;

	/** A pool whose connections each run a short statement every few seconds. */
	function pool(now: number): readonly DemoSession[] {
		return work.flatMap((kind, slot): readonly DemoSession[] => {
			const pid = pidOf(slot);
			const period = 4000 + scenario.stableRandom(`period ${slot}`) * 9000;
			const turn = Math.floor((now + slot * 1700) / period);
			const startedAt = turn * period - slot * 1700;
			const lasts = period * (0.2 + 0.5 * scenario.stableRandom(`busy ${slot} ${turn}`));
			const end = ended.get(pid);
			if (now - startedAt > lasts || (end !== undefined && end.at >= startedAt)) return [];
			// The pool of a terminated session connects again, as another session.
			const sessionAt = end?.how === 'terminate' ? end.at + 1500 : born - hour - slot * 61_003;
			return [
				{
					pid,
					user: kind.user,
					application: kind.application,
					client: addressOf(slot),
					startedAt: sessionAt,
					transactionAt: startedAt,
					queryAt: startedAt,
					stateAt: startedAt,
					state: 'active',
					waitType: kind.wait?.[0],
					waitEvent: kind.wait?.[1],
					query: kind.query,
				},
			];
		});
	}

	const lockHolder: DemoSession = {
		pid: root,
		user: 'checkout',
		application: 'checkout',
		client: '10.2.3.40',
		startedAt: born - 3 * hour,
		transactionAt: born - 373_100,
		queryAt: born - 372_400,
		stateAt: born - 372_000,
		state: 'idle in transaction',
		waitType: 'Client',
		waitEvent: 'ClientRead',
		query: "UPDATE stock SET quantity = quantity - 3 WHERE sku = 'A-4711'",
		holds: {relation: 'public.stock', mode: 'RowExclusiveLock'},
	};

	/** Every 25 s one more session waits for the lock of the root, up to 40; each tries again a second after it was cancelled. */
	function stockWaiters(now: number): readonly DemoSession[] {
		if (!inTrouble || ended.has(root)) return [];
		const count = Math.min(40, 14 + Math.floor((now - born) / 25_000));
		const queue = Array.from({length: count}, (_, index) => {
			const pid = pidOf(100 + index);
			const end = ended.get(pid);
			const arrived = index < 14 ? born - 242_000 + index * 16_000 : born + (index - 13) * 25_000;
			return {
				pid,
				client: addressOf(index),
				queryAt: end === undefined ? arrived : end.at + 1000,
				startedAt: end?.how === 'terminate' ? end.at + 900 : born - 2 * hour - index * 7013,
			};
		})
			.filter(({queryAt}) => queryAt <= now)
			.sort((a, b) => a.queryAt - b.queryAt);
		// The first in the queue waits for the root's transaction and holds the row's tuple lock meanwhile; the others wait for that.
		return queue.map(
			(session, place): DemoSession => ({
				...session,
				user: 'checkout',
				application: 'checkout',
				transactionAt: session.queryAt,
				stateAt: session.queryAt,
				state: 'active',
				waitType: 'Lock',
				waitEvent: place === 0 ? 'transactionid' : 'tuple',
				query: stockQuery,
				waitsFor: {
					lockType: place === 0 ? 'transactionid' : 'tuple',
					mode: place === 0 ? 'ShareLock' : 'ExclusiveLock',
					relation: 'public.stock',
					blockers: place === 0 ? [root] : queue.slice(0, place).map(({pid}) => pid),
				},
			}),
		);
	}

	/** A report reads audit_log for minutes, a migration waits for an exclusive lock on it, and all other sessions queue behind the migration. */
	function migrationQueue(): readonly DemoSession[] {
		if ((scenario.name !== 'locks' && scenario.name !== 'storm') || ended.has(reader)) return [];
		const at = (seconds: number) => born - seconds * 1000;
		const common = {startedAt: born - hour, state: 'active' as const};
		const queue: readonly DemoSession[] = [
			{
				...common,
				pid: reader,
				user: 'reporting',
				application: 'metabase',
				client: '10.2.9.9',
				transactionAt: at(541),
				queryAt: at(541),
				stateAt: at(541),
				waitType: 'IO',
				waitEvent: 'DataFileRead',
				query: 'SELECT actor, count(*) FROM audit_log GROUP BY actor',
				holds: {relation: 'public.audit_log', mode: 'AccessShareLock'},
			},
			{
				...common,
				pid: migration,
				user: 'deploy',
				application: 'migrate',
				client: '10.2.9.12',
				transactionAt: at(96),
				queryAt: at(95),
				stateAt: at(95),
				waitType: 'Lock',
				waitEvent: 'relation',
				query: 'ALTER TABLE audit_log ADD COLUMN tenant bigint',
				waitsFor: {lockType: 'relation', mode: 'AccessExclusiveLock', relation: 'public.audit_log', blockers: [reader]},
			},
			...[88, 71, 40].map(
				(seconds, index): DemoSession => ({
					...common,
					pid: 5030 + index,
					user: 'checkout',
					application: 'checkout',
					client: addressOf(40 + index),
					transactionAt: at(seconds),
					queryAt: at(seconds),
					stateAt: at(seconds),
					waitType: 'Lock',
					waitEvent: 'relation',
					query: "INSERT INTO audit_log (actor, verb, object, at) VALUES ('checkout', 'paid', '81220', now())",
					waitsFor: {
						lockType: 'relation',
						mode: 'RowExclusiveLock',
						relation: 'public.audit_log',
						blockers: [migration],
					},
				}),
			),
		];
		// Without the migration nothing blocks: readers and writers do not conflict.
		const remaining = ended.has(migration) ? queue.filter(session => session.pid === reader) : queue;
		return remaining.filter(session => !ended.has(session.pid));
	}

	function longReport(now: number): readonly DemoSession[] {
		const pid = 4990;
		if (!inTrouble || ended.has(pid) || now - born > 900_000) return [];
		const at = born - 48_000;
		return [
			{
				pid,
				user: 'reporting',
				application: 'metabase',
				client: '10.2.9.9',
				startedAt: born - hour,
				transactionAt: at,
				queryAt: at,
				stateAt: at,
				state: 'active',
				waitType: 'IO',
				waitEvent: 'DataFileRead',
				query:
					"SELECT count(*) FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE o.created_at > now() - interval '90 days'",
			},
		];
	}

	function sessions(): readonly DemoSession[] {
		const now = scenario.now();
		const holder = inTrouble && !ended.has(root) ? [lockHolder] : [];
		return [...holder, ...stockWaiters(now), ...migrationQueue(), ...longReport(now), ...pool(now)];
	}

	return {
		sessions,
		waits: () =>
			sessions().flatMap(({pid, queryAt, waitsFor}) =>
				waitsFor === undefined ? [] : [{...waitsFor, pid, waitSeconds: (scenario.now() - queryAt) / 1000}],
			),
		connections() {
			const now = scenario.now();
			const busy = sessions().length;
			const idle = 38 + Math.round(scenario.smoothRandom('idle connections', 60_000) * 6);
			if (!inTrouble) return busy + idle;
			// The pools open more connections while theirs wait, and close them again afterwards.
			const freedAt = ended.get(root)?.at;
			const stuck = 130;
			const left = freedAt === undefined ? stuck : stuck * Math.max(0, 1 - (now - freedAt) / 20_000);
			return Math.min(connectionLimit - 1, busy + idle + Math.round(left) - (freedAt === undefined ? 4 : 0));
		},
		isStockLocked: () => inTrouble && !ended.has(root),
		end(pid, how) {
			ended.set(pid, {at: scenario.now(), how});
		},
	};
}

/** A timestamp as a server in UTC with ISO dates writes it; its last three digits only distinguish sessions. */
export const serverTimestamp = (epochMs: number): string =>
	`${new Date(epochMs).toISOString().replace('T', ' ').slice(0, -1)}${String(Math.floor(epochMs) % 991).padStart(3, '0')}+00`;

export function toSessionRecord(session: DemoSession, now: number, database: string): SessionRecord {
	const since = (at: number) => (now - at) / 1000;
	return {
		pid: session.pid,
		database,
		user: session.user,
		application: session.application,
		client: session.client,
		backendType: 'client backend',
		state: session.state,
		waitType: session.waitType,
		waitEvent: session.waitEvent,
		backendStart: serverTimestamp(session.startedAt),
		transactionStart: serverTimestamp(session.transactionAt),
		queryStart: serverTimestamp(session.queryAt),
		transactionSeconds: since(session.transactionAt),
		querySeconds: since(session.queryAt),
		stateSeconds: since(session.stateAt),
		horizonAge: Math.floor(since(session.transactionAt) * 40),
		query: session.query,
		hidden: false,
		signal: 'may',
	};
}
