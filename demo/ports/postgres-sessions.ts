import type {WaitRecord} from '../../src/port/postgres.ts';
import type {Scenario} from '../scenario.ts';

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
	readonly waitsFor?: LockWait;
};

/** The lock that a session waits for. */
type LockWait = Omit<WaitRecord, 'pid' | 'waitSeconds'>;

/** What a user ended, and when (epoch milliseconds). */
export type Ended = {readonly at: number; readonly how: 'cancel' | 'terminate'};

/** What the sessions follow from: the scenario, and what was ended by the user, by pid. */
export type SessionHistory = {readonly scenario: Scenario; readonly ended: ReadonlyMap<number, Ended>};

/** The pid of the session that locks the stock table. */
export const stockLocker = 4411;
const reader = 5020;
const migration = 5021;
const reporter = 4990;

const second = 1000;
const hour = 3_600_000;

const pidOf = ({stableRandom}: Scenario, slot: number) => 5200 + slot * 7 + Math.floor(stableRandom(`pid ${slot}`) * 7);
const addressOf = ({stableRandom}: Scenario, slot: number) =>
	`10.2.${1 + (slot % 4)}.${10 + Math.floor(stableRandom(`host ${slot}`) * 200)}`;

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

/** Pools whose connections each run a short statement every few seconds. */
export function poolSessions({scenario, ended}: SessionHistory, now: number): readonly DemoSession[] {
	return work.flatMap(({user, application, query, wait}, slot): readonly DemoSession[] => {
		const pid = pidOf(scenario, slot);
		const period = 4000 + scenario.stableRandom(`period ${slot}`) * 9000;
		const turn = Math.floor((now + slot * 1700) / period);
		const startedAt = turn * period - slot * 1700;
		const lasts = period * (0.2 + 0.5 * scenario.stableRandom(`busy ${slot} ${turn}`));
		const end = ended.get(pid);
		if (now - startedAt > lasts || (end !== undefined && end.at >= startedAt)) return [];
		// The pool of a terminated session connects again, as another session.
		const sessionAt = end?.how === 'terminate' ? end.at + 1500 : scenario.startedAt - hour - slot * 61_003;
		return [
			{
				pid,
				user,
				application,
				client: addressOf(scenario, slot),
				startedAt: sessionAt,
				transactionAt: startedAt,
				queryAt: startedAt,
				stateAt: startedAt,
				state: 'active',
				waitType: wait?.[0],
				waitEvent: wait?.[1],
				query,
			},
		];
	});
}

/** The session that locks the stock table, and those that wait for it. */
export const stockLockSessions = (history: SessionHistory, now: number): readonly DemoSession[] => [
	lockHolder(history.scenario.startedAt),
	...stockWaiters(history, now),
];

const lockHolder = (born: number): DemoSession => ({
	pid: stockLocker,
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
});

/** Every 25 s one more session waits for the lock, up to 40; each tries again a second after it was cancelled. */
function stockWaiters({scenario, ended}: SessionHistory, now: number): readonly DemoSession[] {
	const born = scenario.startedAt;
	const count = Math.min(40, 14 + Math.floor((now - born) / 25_000));
	const queue = Array.from({length: count}, (_, index) => {
		const pid = pidOf(scenario, 100 + index);
		const end = ended.get(pid);
		const arrived = index < 14 ? born - 242_000 + index * 16_000 : born + (index - 13) * 25_000;
		return {
			pid,
			client: addressOf(scenario, index),
			queryAt: end === undefined ? arrived : end.at + 1000,
			startedAt: end?.how === 'terminate' ? end.at + 900 : born - 2 * hour - index * 7013,
		};
	})
		.filter(({queryAt}) => queryAt <= now)
		.sort((a, b) => a.queryAt - b.queryAt);
	return queue.map((session, place) => {
		const before = queue.slice(0, place).map(({pid}) => pid);
		return {
			...session,
			user: 'checkout',
			application: 'checkout',
			transactionAt: session.queryAt,
			stateAt: session.queryAt,
			...waitingFor(stockWait(before)),
			query: "UPDATE stock SET quantity = quantity - 1 WHERE sku = 'A-4711'",
		};
	});
}

/** The first in the queue waits for the holder's transaction and holds the row's tuple lock meanwhile; the others wait for that. */
const stockWait = (before: readonly number[]): LockWait =>
	before.length === 0
		? {lockType: 'transactionid', mode: 'ShareLock', relation: 'public.stock', blockers: [stockLocker]}
		: {lockType: 'tuple', mode: 'ExclusiveLock', relation: 'public.stock', blockers: before};

const waitingFor = (waitsFor: LockWait) =>
	({state: 'active', waitType: 'Lock', waitEvent: waitsFor.lockType, waitsFor}) as const;

/** A report reads audit_log for minutes, a migration waits for an exclusive lock on it, and all other sessions queue behind the migration. */
export function migrationQueue({scenario, ended}: SessionHistory): readonly DemoSession[] {
	const born = scenario.startedAt;
	if (ended.has(reader)) return [];
	const since = (seconds: number) => {
		const at = born - seconds * second;
		return {startedAt: born - hour, transactionAt: at, queryAt: at, stateAt: at};
	};
	const report: DemoSession = {
		...since(541),
		...reporting,
		pid: reader,
		query: 'SELECT actor, count(*) FROM audit_log GROUP BY actor',
		holds: {relation: 'public.audit_log', mode: 'AccessShareLock'},
	};
	// Without the migration nothing blocks: readers and writers do not conflict.
	if (ended.has(migration)) return [report];
	const waitOnLog = (mode: string, blocker: number) =>
		waitingFor({lockType: 'relation', mode, relation: 'public.audit_log', blockers: [blocker]});
	const queue: readonly DemoSession[] = [
		{
			...since(95),
			transactionAt: born - 96 * second,
			pid: migration,
			user: 'deploy',
			application: 'migrate',
			client: '10.2.9.12',
			query: 'ALTER TABLE audit_log ADD COLUMN tenant bigint',
			...waitOnLog('AccessExclusiveLock', reader),
		},
		...[88, 71, 40].map((seconds, index) => ({
			...since(seconds),
			pid: 5030 + index,
			user: 'checkout',
			application: 'checkout',
			client: addressOf(scenario, 40 + index),
			query: "INSERT INTO audit_log (actor, verb, object, at) VALUES ('checkout', 'paid', '81220', now())",
			...waitOnLog('RowExclusiveLock', migration),
		})),
	];
	return [report, ...queue.filter(({pid}) => !ended.has(pid))];
}

/** A session of the reporting tool that reads a table. */
const reporting = {
	user: 'reporting',
	application: 'metabase',
	client: '10.2.9.9',
	state: 'active',
	waitType: 'IO',
	waitEvent: 'DataFileRead',
} as const;

/** A report that runs during the first quarter of an hour. */
export function longReport({scenario, ended}: SessionHistory, now: number): readonly DemoSession[] {
	const born = scenario.startedAt;
	if (ended.has(reporter) || now - born > 900_000) return [];
	const at = born - 48_000;
	return [
		{
			...reporting,
			pid: reporter,
			startedAt: born - hour,
			transactionAt: at,
			queryAt: at,
			stateAt: at,
			query:
				"SELECT count(*) FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE o.created_at > now() - interval '90 days'",
		},
	];
}
