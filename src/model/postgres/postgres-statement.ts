import type {Note, Row} from '../../contract/row.ts';
import type {StatementRecord, StatementsRecord} from '../../port/postgres.ts';
import {formatDuration, formatThousands} from '../../text/format.ts';

export const statementKind = 'postgres.statement';

/** One normalised statement of one user in one database. Figures cover the time between the last two reads; undefined when there is no such pair. */
export type PostgresStatementRow = Row<typeof statementKind> & {
	readonly user: string | undefined;
	readonly database: string | undefined;
	/** At most the first 2,000 characters; undefined when the server no longer stores it. */
	readonly query: string | undefined;
	readonly callsPerSecond: number | undefined;
	/** Milliseconds per call; undefined when none ended in between. */
	readonly meanMs: number | undefined;
	/** Its share of the time of all statements, 0 to 1. */
	readonly share: number | undefined;
	/** Seconds of work per second: the number of sessions that it keeps busy. */
	readonly load: number | undefined;
	readonly rowsPerSecond: number | undefined;
	/** Blocks found in the buffer cache, 0 to 1. */
	readonly hits: number | undefined;
	/** Loads of the last reads, oldest first. */
	readonly history: readonly (number | undefined)[];
	/** Since the entry came into pg_stat_statements. */
	readonly calls: number;
	readonly totalMs: number;
};

export type StatementFigures = Omit<PostgresStatementRow, 'query' | 'history' | keyof Row> & {readonly key: string};

export type StatementComparison = {
	/** Most time first, see `byTime`. */
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

type Timed = {readonly load: number | undefined; readonly totalMs: number};

/** New statements come after those that took time and before those that did nothing: they may be the cause of a problem. */
const weight = ({load}: Timed): number => {
	if (load === undefined) return 0;
	return load > 0 ? load : -1;
};

/** Most time first. */
export const byTime = (a: Timed, b: Timed): number => weight(b) - weight(a) || b.totalMs - a.totalMs;

type StatementDelta = {
	readonly calls: number;
	readonly ms: number;
	readonly rows: number;
	readonly hit: number;
	readonly read: number;
};

/**
 * Undefined for a new entry: it may have been evicted and created again, and then its totals do not cover one interval. Also for an entry
 * whose totals fell: it alone was reset.
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
	// Time without a call shows a reset: before PostgreSQL 14 nothing else shows one after which it was called as often again.
	return fell || (change.calls === 0 && change.ms > 0) ? undefined : change;
}

/** `user` is our role on this server, for the notes. */
export function compareStatements(
	before: StatementsRecord | undefined,
	now: StatementsRecord,
	about: {readonly user: string; readonly grant: string},
): StatementComparison {
	const notes: Note[] = [];
	const seconds = before === undefined ? 0 : now.serverSeconds - before.serverSeconds;
	const restarted = before !== undefined && before.resetAt !== now.resetAt;
	// The clock was set back, or has not advanced: no rate can be computed.
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
			text: `the server evicted its least used entries ${times} because pg_stat_statements.max is too small: new entries have no figures at first`,
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
		const fixed = {key, user, database, calls, totalMs: milliseconds};
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
