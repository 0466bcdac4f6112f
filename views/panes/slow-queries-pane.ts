import {type Cell, type Column, defineSection, type Pane} from '../../src/contract/pane.ts';
import type {Row} from '../../src/contract/row.ts';
import {isIdleInTransaction, type PostgresSessionRow, sessionKind} from '../../src/model/postgres/postgres-session.ts';
import {byTime, type PostgresStatementRow, statementKind} from '../../src/model/postgres/postgres-statement.ts';
import {formatDuration, formatMillis, formatPercentPoints, formatRate} from '../../src/text/format.ts';
import {drawSparkline} from '../../src/text/inline-charts.ts';
import {dim} from './cells.ts';

/** Short forms of the server's session states. */
function stateName(row: PostgresSessionRow): string {
	if (row.hidden) return 'hidden';
	if (row.backendType === 'autovacuum worker') return 'vacuum';
	if (row.state === 'idle in transaction (aborted)') return 'failed tx';
	if (isIdleInTransaction(row)) return 'idle tx';
	return row.state ?? 'none';
}

function waitName(row: PostgresSessionRow): Cell {
	if (row.wait !== undefined) return `Lock:${row.wait.lockType}`;
	if (row.waitType === undefined) return dim('-');
	// An idle transaction always waits for its client.
	return row.waitType === 'Client' ? dim('Client') : `${row.waitType}:${row.waitEvent ?? ''}`;
}

function blockedBy(row: PostgresSessionRow): Cell {
	const [first, ...others] = row.roots;
	if (first === undefined) return dim('-');
	const name = first === 0 ? 'prepared' : String(first);
	return others.length === 0 ? name : `${name} +${others.length}`;
}

/** Whether a session blocks others and is not blocked itself. */
const heads = (row: PostgresSessionRow): number => (row.wait === undefined ? row.blocks : 0);

const oldest = (row: PostgresSessionRow): number => row.ageSeconds ?? row.wait?.seconds ?? -1;

type OwnedRow = Row & {readonly user: string | undefined; readonly database: string | undefined};

const userColumn: Column<OwnedRow> = {
	header: 'USER',
	field: 'user',
	width: 10,
	cut: 'middle',
	hideOrder: 2,
	cell: row => dim(row.user ?? '?'),
};

/** `without`: shown for a row that has no database. */
const databaseColumn = (without: string): Column<OwnedRow> => ({
	header: 'DATABASE',
	field: 'database',
	width: 10,
	cut: 'middle',
	hideOrder: 1,
	cell: row => dim(row.database ?? without),
});

const sessions = defineSection<PostgresSessionRow>({
	kind: sessionKind,
	title: 'Sessions',
	weight: 3,
	empty: 'no session runs, waits or holds a transaction open',
	columns: [
		{header: 'PID', field: 'pid', width: 7, cell: row => String(row.pid)},
		{header: 'AGE', field: 'age', width: 6, align: 'right', cell: row => formatDuration(row.ageSeconds)},
		{header: 'STATE', field: 'state', width: 9, cell: stateName},
		{header: 'WAIT', field: 'wait', width: 18, hideOrder: 4, cell: waitName},
		{header: 'BLOCKER', field: 'blocked', width: 7, hideOrder: 6, cell: blockedBy},
		{
			header: 'BLOCKS',
			field: 'blocks',
			width: 6,
			align: 'right',
			hideOrder: 5,
			cell: row => {
				if (row.blocks === 0) return dim('-');
				return {text: String(row.blocks), tone: heads(row) > 0 ? 'loud' : 'dim'};
			},
		},
		{header: 'APP', field: 'app', width: 14, cut: 'middle', hideOrder: 3, cell: row => row.application},
		userColumn,
		databaseColumn('-'),
		{header: 'QUERY', field: 'query', width: 15, grow: true, cell: row => row.query ?? ''},
	],
	orders: [
		// A blocker comes before the sessions it blocks, whatever their ages.
		{title: 'age', compare: (a, b) => heads(b) - heads(a) || oldest(b) - oldest(a) || a.pid - b.pid},
		{
			title: 'transaction age',
			compare: (a, b) => (b.transactionSeconds ?? -1) - (a.transactionSeconds ?? -1) || a.pid - b.pid,
		},
		{
			title: 'blocked by',
			compare: (a, b) => (a.roots[0] ?? a.pid) - (b.roots[0] ?? b.pid) || b.blocks - a.blocks || a.pid - b.pid,
		},
		{title: 'application', compare: (a, b) => a.application.localeCompare(b.application) || oldest(b) - oldest(a)},
	],
});

/** A statement that takes much of the server's time is loud, healthy or not. */
const largeShare = 0.5;

const figure = (value: number | undefined, text: string): Cell => (value === undefined ? '' : text);

const statements = defineSection<PostgresStatementRow>({
	kind: statementKind,
	title: 'Top by time',
	weight: 2,
	empty: 'no statement was counted yet',
	columns: [
		{
			header: 'STATEMENT',
			field: 'query',
			width: 22,
			grow: true,
			cell: row => row.query ?? dim('text dropped by the server'),
		},
		userColumn,
		databaseColumn('?'),
		{
			header: 'CALLS',
			field: 'calls',
			width: 7,
			align: 'right',
			hideOrder: 5,
			cell: row => figure(row.callsPerSecond, formatRate(row.callsPerSecond)),
		},
		{
			header: 'MEAN',
			field: 'mean',
			width: 6,
			align: 'right',
			cell: row => figure(row.meanMs, formatMillis(row.meanMs)),
		},
		{
			header: '%TIME',
			field: 'time',
			width: 5,
			align: 'right',
			cell: row => {
				if (row.share === undefined) return '';
				return row.share >= largeShare
					? {text: formatPercentPoints(row.share), tone: 'loud'}
					: formatPercentPoints(row.share);
			},
		},
		{
			header: 'ROWS',
			field: 'rows',
			width: 7,
			align: 'right',
			hideOrder: 3,
			cell: row => figure(row.rowsPerSecond, formatRate(row.rowsPerSecond)),
		},
		{header: 'TREND', field: 'trend', width: 10, hideOrder: 4, cell: row => dim(drawSparkline(row.history, 10))},
	],
	orders: [
		{title: 'time', compare: byTime},
		{title: 'mean', compare: (a, b) => (b.meanMs ?? -1) - (a.meanMs ?? -1)},
		{title: 'calls', compare: (a, b) => (b.callsPerSecond ?? -1) - (a.callsPerSecond ?? -1)},
		{title: 'total time', compare: (a, b) => b.totalMs - a.totalMs},
	],
});

export const slowQueriesPane: Pane = {
	id: 'slow-queries',
	title: 'Slow queries',
	tab: 'Queries',
	systems: ['postgres'],
	sections: [sessions, statements],
	gauges: [
		'connections',
		'blocked',
		'longest-transaction',
		'replication-lag',
		'cache-hits',
		'active',
		'idle-in-transaction',
		'slot-wal',
	],
};
