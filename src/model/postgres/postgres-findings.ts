import type {Finding} from '../../contract/finding.ts';
import {createFinding, type FindingType} from '../../contract/finding-type.ts';
import type {Snapshot} from '../../contract/row.ts';
import {formatBytes, formatDuration, formatPercent, formatThousands} from '../../text/format.ts';
import {formatThreshold} from '../threshold.ts';
import {
	connectionsTaken,
	idleInTransaction,
	longStatement,
	replicationLag,
	sessionsBlocked,
	slotKeepsWal,
	wraparoundNear,
} from './postgres-finding-types.ts';
import {connectionsThreshold, lagBytesThreshold, lagSecondsThreshold, type PostgresGauge} from './postgres-health.ts';
import {preparedTransaction} from './postgres-locks.ts';
import {
	blockingSeverity,
	idleTransactionCritSeconds,
	idleTransactionWarnSeconds,
	isClient,
	isIdleInTransaction,
	type PostgresSessionRow,
	sessionKind,
	statementCritSeconds,
	statementLongSeconds,
} from './postgres-session.ts';

type About = {readonly target: string; readonly now: number};
type Rows = readonly PostgresSessionRow[];

const since = (about: About, seconds: number): number => about.now - Math.round(seconds * 1000);

const sessions = (n: number): string => (n === 1 ? '1 session' : `${n} sessions`);
const waits = (n: number): string => (n === 1 ? '1 session waits' : `${n} sessions wait`);

/** `idle in transaction 6m12s, app checkout`, with only what we may see. */
export function describeSession(row: PostgresSessionRow): string {
	const doing = row.hidden
		? 'its doings are hidden from us'
		: isClient(row)
			? `${row.state ?? 'no state'} ${formatDuration(row.ageSeconds)}`
			: `${row.backendType} ${formatDuration(row.ageSeconds)}`;
	if (row.application !== '') return `${doing}, app ${row.application}`;
	return row.user === undefined ? doing : `${doing}, user ${row.user}`;
}

function helpfulActions(root: PostgresSessionRow): typeof sessionsBlocked.actions {
	if (root.hidden || !isClient(root)) return [];
	return root.state === 'active' ? ['postgres.cancel', 'postgres.terminate'] : ['postgres.terminate'];
}

/** Each waiter is reported once, under the oldest of the sessions that it waits for. */
function waitersByLead(rows: Rows): ReadonlyMap<number, Rows> {
	const byPid = new Map(rows.map(row => [row.pid, row]));
	const age = (pid: number) => byPid.get(pid)?.transactionSeconds ?? Number.POSITIVE_INFINITY;
	const groups = new Map<number, PostgresSessionRow[]>();
	for (const row of rows) {
		const lead = row.roots.toSorted((a, b) => age(b) - age(a) || a - b)[0];
		if (lead === undefined) continue;
		const group = groups.get(lead);
		if (group === undefined) groups.set(lead, [row]);
		else group.push(row);
	}
	return groups;
}

function blockingFindings(rows: Rows, about: About): readonly Finding[] {
	const byPid = new Map(rows.map(row => [row.pid, row]));
	return [...waitersByLead(rows)].flatMap(([pid, waiters]) => {
		const root = byPid.get(pid);
		const longest = Math.max(...waiters.map(row => row.wait?.seconds ?? 0));
		const severity = blockingSeverity(waiters.length, longest);
		if (severity === 'ok' || severity === 'unknown') return [];
		const otherRoots = new Set(waiters.flatMap(row => row.roots).filter(other => other !== pid));
		const name = pid === preparedTransaction ? 'a prepared transaction' : `pid ${pid}`;
		const phrase = root === undefined ? '' : ` (${describeSession(root)})`;
		const otherRootsText = otherRoots.size === 0 ? '' : ` and ${otherRoots.size} more`;
		const first = waiters.toSorted((a, b) => (b.wait?.seconds ?? 0) - (a.wait?.seconds ?? 0))[0];
		return [
			createFinding(sessionsBlocked, {
				id: `blocked:${root?.id ?? name}`,
				target: about.target,
				severity,
				sentence: `${waits(waiters.length)} for ${name}${phrase}${otherRootsText}`,
				since: since(about, longest),
				kind: sessionKind,
				...(root === undefined ? {} : {row: {kind: sessionKind, id: root.id} as const}),
				evidence: [
					`longest wait ${formatDuration(longest)}, pid ${first?.pid}`,
					...(first?.wait === undefined
						? []
						: [`waits for ${first.wait.mode} on ${first.wait.relation ?? first.wait.lockType}`]),
					...(root?.transactionSeconds === undefined
						? []
						: [`the transaction of pid ${pid} is ${formatDuration(root.transactionSeconds)} old`]),
					...(pid === preparedTransaction
						? ['pg_prepared_xacts lists it; COMMIT PREPARED or ROLLBACK PREPARED ends it']
						: []),
				],
				actions: root === undefined ? [] : helpfulActions(root),
			}),
		];
	});
}

/** Similar sessions are one finding, reported for the worst of them. */
function foldSessions(
	rows: Rows,
	about: About,
	type: FindingType,
	kind: {
		readonly id: string;
		readonly crit: number;
		readonly age: (row: PostgresSessionRow) => number;
		readonly doing: (age: string) => string;
	},
): readonly Finding[] {
	const [worst, ...others] = rows.toSorted((a, b) => kind.age(b) - kind.age(a));
	if (worst === undefined) return [];
	const doing = kind.doing(formatDuration(kind.age(worst)));
	const app = worst.application === '' ? '' : `, app ${worst.application}`;
	return [
		createFinding(type, {
			id: kind.id,
			target: about.target,
			severity: kind.age(worst) >= kind.crit ? 'crit' : 'warn',
			sentence:
				others.length === 0
					? `pid ${worst.pid} ${doing}${app}`
					: `${sessions(rows.length)} ${doing}, the longest is pid ${worst.pid}${app}`,
			since: since(about, kind.age(worst)),
			row: {kind: sessionKind, id: worst.id},
			kind: sessionKind,
			evidence: [worst, ...others].slice(0, 5).map(row => `pid ${row.pid}: ${describeSession(row)}`),
		}),
	];
}

function idleTransactions(rows: Rows, about: About): readonly Finding[] {
	const age = (row: PostgresSessionRow) => row.stateSeconds ?? 0;
	// A session that blocks others is reported as their blocker.
	const idle = rows.filter(
		row =>
			isIdleInTransaction(row) &&
			age(row) >= idleTransactionWarnSeconds &&
			blockingSeverity(row.blocks, row.blocksSeconds) === 'ok',
	);
	return foldSessions(idle, about, idleInTransaction, {
		id: 'idle-in-transaction',
		crit: idleTransactionCritSeconds,
		age,
		doing: text => `idle in transaction for ${text}`,
	});
}

function longStatements(rows: Rows, about: About): readonly Finding[] {
	const age = (row: PostgresSessionRow) => row.querySeconds ?? 0;
	const longRunning = rows.filter(
		row =>
			row.state === 'active' &&
			isClient(row) &&
			row.wait === undefined &&
			age(row) >= statementLongSeconds &&
			blockingSeverity(row.blocks, row.blocksSeconds) === 'ok',
	);
	return foldSessions(longRunning, about, longStatement, {
		id: 'long-statement',
		crit: statementCritSeconds,
		age,
		doing: text => `running one statement for ${text}`,
	});
}

type GaugeMeaning = {
	readonly type: FindingType;
	readonly sentence: string;
	readonly evidence: readonly string[];
};

/** The finding of a gauge that is not ok. Other gauges are only coloured. */
const gaugeMeanings: Readonly<Partial<Record<PostgresGauge['id'], (gauge: PostgresGauge) => GaugeMeaning>>> = {
	connections: ({value = 0, limit = 0}) => ({
		type: connectionsTaken,
		sentence: `${value} of ${limit} connections are taken, ${formatPercent(limit <= 0 ? 1 : value / limit)}`,
		evidence: [`${formatThreshold(connectionsThreshold, formatPercent)}, of max_connections less the reserved ones`],
	}),
	'replication-lag': ({value, text = ''}) =>
		value === undefined
			? {
					type: replicationLag,
					sentence: `the standby's replication has stopped: ${text}`,
					evidence: ['pg_stat_wal_receiver is empty: look at primary_conninfo and the log of this server'],
				}
			: {
					type: replicationLag,
					sentence: `replication is ${formatDuration(value)} behind: ${text}`,
					evidence: [
						formatThreshold(lagSecondsThreshold, formatDuration),
						formatThreshold(lagBytesThreshold, formatBytes),
					],
				},
	'slot-wal': ({value, text = ''}) => ({
		type: slotKeepsWal,
		sentence: `${formatBytes(value)} of WAL are retained for a consumer that is not connected: ${text}`,
		evidence: ['the disk fills until the consumer returns or the slot is dropped: pg_replication_slots'],
	}),
	wraparound: ({value = 0, limit = 1, text = ''}) => ({
		type: wraparoundNear,
		sentence: `database ${text} nears transaction wraparound: age ${formatThousands(value)}, ${formatPercent(value / limit)} of the limit`,
		evidence: [
			'VACUUM FREEZE its oldest tables; look for old transactions, slots and prepared transactions that hold it back',
		],
	}),
};

function fromGauges(gauges: readonly PostgresGauge[], about: About): readonly Finding[] {
	return gauges.flatMap(gauge => {
		const meaning = gaugeMeanings[gauge.id];
		if (meaning === undefined || gauge.severity === 'ok' || gauge.severity === 'unknown') return [];
		const {type, sentence, evidence} = meaning(gauge);
		return [
			createFinding(type, {
				id: gauge.id,
				target: about.target,
				severity: gauge.severity,
				sentence,
				kind: sessionKind,
				evidence,
			}),
		];
	});
}

/** The findings of one PostgreSQL server. Waiting sessions are folded into their blocker. */
export function sessionFindings(
	snapshot: Snapshot<PostgresSessionRow, PostgresGauge['id']>,
	_previous: Snapshot<PostgresSessionRow> | undefined,
	about: About,
): readonly Finding[] {
	return [
		...blockingFindings(snapshot.rows, about),
		...idleTransactions(snapshot.rows, about),
		...longStatements(snapshot.rows, about),
		...fromGauges(snapshot.gauges, about),
	];
}
