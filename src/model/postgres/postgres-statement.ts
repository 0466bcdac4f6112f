import type {Note, Row} from '../../contract/row.ts';
import type {StatementRecord, StatementsRecord} from '../../port/postgres.ts';
import {formatDuration, formatThousands} from '../../text/format.ts';

export const statementKind = 'postgres.statement';

/** One normalised statement of one user in one database. Figures are those between the last two reads; blank when there is no such pair. */
export type PostgresStatementRow = Row & {
	readonly user: string | undefined;
	readonly database: string | undefined;
	/** At most the first 2,000 characters; undefined when the server no longer has it. */
	readonly query: string | undefined;
	readonly callsPerSecond: number | undefined;
	/** Milliseconds a call, undefined when none ended in between. */
	readonly meanMs: number | undefined;
	/** Of the time of all statements, 0 to 1. */
	readonly share: number | undefined;
	/** Seconds of work each second: how many sessions it keeps busy. */
	readonly load: number | undefined;
	readonly rowsPerSecond: number | undefined;
	/** Blocks found in the buffer cache, 0 to 1. */
	readonly hits: number | undefined;
	/** Loads of the last reads, oldest first. */
	readonly history: readonly (number | undefined)[];
	/** Since the entry came into pg_stat_statements. */
	readonly calls: number;
	readonly milliseconds: number;
};

export type StatementFigures = Omit<PostgresStatementRow, 'query' | 'history' | keyof Row> & {readonly key: string};

export type StatementComparison = {
	/** The most time first, see `byTime`. */
	readonly figures: readonly StatementFigures[];
	readonly notes: readonly Note[];
	readonly sample?: string;
};

const blank = {
	callsPerSecond: undefined,
	meanMs: undefined,
	share: undefined,
	load: undefined,
	rowsPerSecond: undefined,
	hits: undefined,
};

type Timed = {readonly load: number | undefined; readonly milliseconds: number};

/** What is new stands after what took time and before what did nothing: it may well be what hurts. */
const weight = ({load}: Timed): number => {
	if (load === undefined) return 0;
	return load > 0 ? load : -1;
};

/** The most time first. */
export const byTime = (a: Timed, b: Timed): number => weight(b) - weight(a) || b.milliseconds - a.milliseconds;

type StatementDelta = {
	readonly calls: number;
	readonly ms: number;
	readonly rows: number;
	readonly hit: number;
	readonly read: number;
};

/**
 * Undefined for an entry that was not there before: it may have been thrown out and come back, and then its totals are not those of one
 * interval. Also for one whose totals fell: it was reset alone.
 */
function statementDelta(before: StatementRecord | undefined, now: StatementRecord): StatementDelta | undefined {
	if (before === undefined) return undefined;
	const change = {
		calls: now.calls - before.calls,
		ms: now.milliseconds - before.milliseconds,
		rows: now.rows - before.rows,
		hit: now.blocksHit - before.blocksHit,
		read: now.blocksRead - before.blocksRead,
	};
	const fell = change.calls < 0 || change.ms < 0 || change.rows < 0;
	// Time without a call is none of its own: before PostgreSQL 14 nothing else tells of a reset after which it was called as often again.
	return fell || (change.calls === 0 && change.ms > 0) ? undefined : change;
}

/** `user` is who we are on this server, for the notes. */
export function compareStatements(
	before: StatementsRecord | undefined,
	now: StatementsRecord,
	about: {readonly user: string; readonly grant: string},
): StatementComparison {
	const notes: Note[] = [];
	const seconds = before === undefined ? 0 : now.serverSeconds - before.serverSeconds;
	const restarted = before !== undefined && before.resetAt !== now.resetAt;
	// A clock that was set back, or stands still, divides by nothing.
	const comparable = before !== undefined && !restarted && seconds > 0;
	if (restarted) {
		const at = now.resetAt === undefined ? '' : ` at ${now.resetAt}`;
		notes.push({text: `the statistics were reset${at}: rates come with the next read`, severity: 'ok'});
	}
	if (!comparable && !restarted) notes.push({text: 'rates come with the next read', severity: 'ok'});
	const evicted = (now.evictions ?? 0) - (before?.evictions ?? now.evictions ?? 0);
	if (evicted > 0 && !restarted) {
		const times = evicted === 1 ? 'once' : `${evicted} times`;
		notes.push({
			text: `the server threw out its least used entries ${times} for lack of room: new ones stay blank at first`,
			hint: 'Raise pg_stat_statements.max and restart the server.',
			severity: 'warn',
		});
	}
	if (now.hidden > 0) {
		notes.push({
			text: `${formatThousands(now.hidden)} statements of other users are hidden from ${about.user}`,
			hint: about.grant,
			severity: 'unknown',
		});
	}
	const old = new Map(comparable ? before.statements.map(entry => [entry.key, entry]) : []);
	const changes = now.statements.map(entry => ({entry, change: statementDelta(old.get(entry.key), entry)}));
	const total = changes.reduce((sum, {change}) => sum + (change?.ms ?? 0), 0);
	const figures = changes.map(({entry, change}): StatementFigures => {
		const {key, user, database, calls, milliseconds} = entry;
		const fixed = {key, user, database, calls, milliseconds};
		if (change === undefined) return {...fixed, ...blank};
		const blocks = change.hit + change.read;
		return {
			...fixed,
			callsPerSecond: change.calls / seconds,
			meanMs: change.calls === 0 ? undefined : change.ms / change.calls,
			share: total === 0 ? 0 : change.ms / total,
			load: change.ms / 1000 / seconds,
			rowsPerSecond: change.rows / seconds,
			hits: blocks <= 0 ? undefined : change.hit / blocks,
		};
	});
	return {
		figures: figures.toSorted(byTime),
		notes,
		...(comparable ? {sample: `measured over the last ${formatDuration(Math.round(seconds))}`} : {}),
	};
}
