/*
 * The statements that midwatch sends, for PostgreSQL 13 to 18. The server's major version selects the text; for pg_stat_statements it is
 * the version of the extension, which may lag behind after an upgrade. Each runs with search_path = pg_catalog.
 */

export const serverSql = `SELECT current_setting('server_version_num') AS version_number, current_setting('server_version') AS version, pg_backend_pid() AS pid,
	current_user AS me, current_database() AS database, pg_is_in_recovery() AS standby,
	(SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
	pg_has_role('pg_read_all_stats', 'usage') AS reads_all_stats, pg_has_role('pg_signal_backend', 'usage') AS signals_backends,
	(SELECT extversion FROM pg_extension WHERE extname = 'pg_stat_statements') AS statements_version,
	CASE WHEN pg_has_role('pg_read_all_settings', 'usage') THEN current_setting('shared_preload_libraries') END AS preloaded`;

/** Set by initdb, and the same on all standbys of a primary. Refused for roles without the privilege. */
export const systemIdentifierSql = 'SELECT system_identifier::text AS id FROM pg_control_system()';

/** Parallel workers count for their leader; before 13.1 a leader named itself. */
const sessionColumns = `a.pid, a.datname, a.usename, a.application_name, host(a.client_addr) AS client, a.backend_type, a.state,
	a.wait_event_type, a.wait_event, a.backend_start::text AS backend_start, a.xact_start::text AS xact_start,
	a.query_start::text AS query_start, extract(epoch FROM clock_timestamp() - a.xact_start) AS xact_s,
	extract(epoch FROM clock_timestamp() - a.query_start) AS query_s, extract(epoch FROM clock_timestamp() - a.state_change) AS state_s,
	greatest(age(a.backend_xid), age(a.backend_xmin)) AS horizon, left(a.query, 2000) AS query, a.backend_type IS NULL AS hidden,
	CASE WHEN (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN 'may'
		WHEN coalesce(r.rolsuper, true) THEN 'superuser'
		WHEN pg_has_role(a.usesysid, 'usage') OR pg_has_role('pg_signal_backend', 'usage') THEN 'may' ELSE 'role' END AS signal`;
const sessionTables = 'FROM pg_stat_activity a LEFT JOIN pg_roles r ON r.oid = a.usesysid';

/** backend_type is NULL where the session is hidden from us: the row is still returned, since an empty table would look healthy. */
export const sessionsSql = `SELECT ${sessionColumns}, count(*) OVER () AS total ${sessionTables}
	WHERE a.pid <> pg_backend_pid() AND (a.leader_pid IS NULL OR a.leader_pid = a.pid)
		AND (a.backend_type IS NULL AND a.datname IS NOT NULL
			OR a.state <> 'idle' AND a.backend_type NOT IN ('walsender', 'parallel worker'))
	ORDER BY a.xact_start NULLS LAST, a.pid LIMIT 500`;

export const sessionsByPidSql = `SELECT ${sessionColumns} ${sessionTables} WHERE a.pid = ANY ($1::int[])`;

/** The mode and relation of the awaited lock. A session that waits for a row's transaction holds that row's tuple lock. */
export const waitsSql = (major: number): string => `WITH w AS MATERIALIZED (
	SELECT l.pid, min(l.locktype) FILTER (WHERE NOT l.granted) AS locktype, min(l.mode) FILTER (WHERE NOT l.granted) AS mode,
		min(l.relation) FILTER (WHERE NOT l.granted OR l.locktype = 'tuple') AS relation,
		min(l.database) FILTER (WHERE NOT l.granted OR l.locktype = 'tuple') AS database,
		${major >= 14 ? 'min(l.waitstart)' : 'NULL::timestamptz'} AS waitstart
	FROM pg_locks l GROUP BY l.pid HAVING bool_or(NOT l.granted) LIMIT 200)
SELECT w.pid, w.locktype, w.mode,
	CASE WHEN w.relation IS NULL THEN NULL WHEN w.database IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())) THEN w.relation::regclass::text
		ELSE format('relation %s of %s', w.relation, (SELECT datname FROM pg_database WHERE oid = w.database)) END AS relation,
	extract(epoch FROM clock_timestamp() - w.waitstart) AS wait_s, array_to_string(pg_blocking_pids(w.pid), ',') AS blockers
FROM w ORDER BY w.pid`;

/** Reads the relations that sessions hold locks on, without system catalogs: every session locks these for an instant. */
export const heldLocksSql = `SELECT l.pid, l.relation::regclass::text AS relation, max(l.mode) AS mode FROM pg_locks l
	WHERE l.granted AND l.locktype = 'relation' AND l.pid = ANY ($1::int[]) AND l.relation >= 16384
		AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND EXISTS (SELECT 1 FROM pg_class c WHERE c.oid = l.relation AND c.relkind IN ('r', 'p', 'm'))
	GROUP BY 1, 2, l.mode ORDER BY 1, 2 LIMIT 200`;

export const overviewSql = `WITH c AS MATERIALIZED (
	SELECT pid, coalesce(state, 'hidden') AS state, xact_start FROM pg_stat_activity
	WHERE backend_type = 'client backend' OR backend_type IS NULL AND datname IS NOT NULL),
d AS (SELECT datname, age(datfrozenxid) AS xids, mxid_age(datminmxid) AS mxids FROM pg_database
	ORDER BY greatest(age(datfrozenxid), mxid_age(datminmxid)) DESC LIMIT 1)
SELECT (SELECT coalesce(json_object_agg(s.state, s.n), '{}') FROM (SELECT state, count(*) AS n FROM c GROUP BY state) s) AS by_state,
	(SELECT count(*) FROM c) AS connections,
	current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
		- coalesce(current_setting('reserved_connections', true), '0')::int AS connection_limit,
	(SELECT max(extract(epoch FROM clock_timestamp() - xact_start)) FROM c WHERE pid <> pg_backend_pid()) AS longest_s,
	(SELECT sum(blks_hit) FROM pg_stat_database) AS hit, (SELECT sum(blks_read) FROM pg_stat_database) AS read, d.datname, d.xids, d.mxids
FROM d`;

/** WAL that the server has written, or received on a standby. */
const head = 'CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END';

export const standbysSql = `SELECT coalesce(nullif(application_name, ''), host(client_addr), pid::text) AS name,
	coalesce(state, 'hidden') AS state, extract(epoch FROM replay_lag) AS lag_s, pg_wal_lsn_diff(${head}, replay_lsn) AS lag_bytes
FROM pg_stat_replication WHERE state IS DISTINCT FROM 'backup' ORDER BY 1`;

export const slotsSql = `SELECT slot_name, active, wal_status, pg_wal_lsn_diff(${head}, restart_lsn) AS retained
FROM pg_replication_slots ORDER BY retained DESC NULLS LAST LIMIT 50`;

/** The time of the last replayed commit grows on an idle primary: it is meaningful only while there is WAL to replay. */
export const ownLagSql = `SELECT
	CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
		ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END AS lag_s,
	pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) AS lag_bytes,
	EXISTS (SELECT 1 FROM pg_stat_wal_receiver) AS receiving`;

export const extensionSql = `SELECT e.extversion AS version, quote_ident(n.nspname) AS schema FROM pg_extension e
	JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'`;

/** `schema` comes quoted from the server. */
export type Extension = {readonly schema: string; readonly major: number; readonly minor: number};

const since = (extension: Extension, minor: number): boolean =>
	extension.major > 1 || (extension.major === 1 && extension.minor >= minor);

const keyOf = (extension: Extension): string =>
	`concat_ws('/', s.userid, s.dbid, s.queryid, ${since(extension, 9) ? 's.toplevel' : 'true'})`;

/** Reads the counters of statements without their texts: for these the server would read its complete text file. Entries of other users have no queryid unless we may see them. */
export const statementsSql = (extension: Extension): string => `WITH s AS MATERIALIZED (
	SELECT * FROM ${extension.schema}.pg_stat_statements(false))
SELECT ${keyOf(extension)} AS key, r.rolname AS user, d.datname AS database, s.calls,
	${since(extension, 8) ? 's.total_exec_time' : 's.total_time'} AS ms, s.rows, s.shared_blks_hit AS hit, s.shared_blks_read AS read,
	s.temp_blks_written AS temp, count(*) OVER () AS total
FROM s LEFT JOIN pg_roles r ON r.oid = s.userid LEFT JOIN pg_database d ON d.oid = s.dbid
WHERE s.queryid IS NOT NULL ORDER BY ms DESC LIMIT 1000`;

export const statementsStateSql = (
	extension: Extension,
): string => `SELECT extract(epoch FROM clock_timestamp()) AS now_s,
	(SELECT count(*) FROM ${extension.schema}.pg_stat_statements(false) WHERE queryid IS NULL) AS hidden,
	${
		since(extension, 9)
			? `i.stats_reset::text AS reset_at, i.dealloc FROM ${extension.schema}.pg_stat_statements_info i`
			: 'NULL AS reset_at, NULL AS dealloc'
	}`;

export const statementTextsSql = (
	extension: Extension,
): string => `SELECT ${keyOf(extension)} AS key, left(s.query, $2::int) AS query
FROM ${extension.schema}.pg_stat_statements(true) s WHERE ${keyOf(extension)} = ANY ($1::text[])`;

export const sessionQuerySql = `SELECT left(query, $3::int) AS query, pg_size_bytes(current_setting('track_activity_query_size')) AS stored_bytes
FROM pg_stat_activity WHERE pid = $1::int AND backend_start = $2::timestamptz`;

export const connectionGroupsSql = `SELECT coalesce(application_name, '') AS application, coalesce(usename, '') AS user,
	coalesce(datname, '') AS database, coalesce(state, 'hidden') AS state, count(*) AS n,
	max(extract(epoch FROM clock_timestamp() - state_change)) AS oldest_s
FROM pg_stat_activity WHERE backend_type = 'client backend' OR backend_type IS NULL AND datname IS NOT NULL
GROUP BY 1, 2, 3, 4 ORDER BY n DESC, 1, 2, 3, 4 LIMIT 200`;

/*
 * The guard is the WHERE of the statement that signals: it compares and signals within one scan of pg_stat_activity. A pid alone is no
 * identity, since the operating system reuses it, and neither is a session, which runs one statement after the other.
 */

export type SignalFunction = 'pg_cancel_backend' | 'pg_terminate_backend';

/** The fields that identify a session, each as an SQL expression for one value or for an array. */
export type SessionExpressions = {
	readonly pid: string;
	readonly backendStart: string;
	/** NULL where there is no transaction, no query or no state. */
	readonly transactionStart: string;
	readonly queryStart: string;
	readonly state: string;
};

export function sessionGuard(act: SignalFunction, session: SessionExpressions): string {
	return [
		`a.pid = ${session.pid}`,
		`a.backend_start = ${session.backendStart}::timestamptz`,
		`a.xact_start IS NOT DISTINCT FROM ${session.transactionStart}::timestamptz`,
		`a.query_start IS NOT DISTINCT FROM ${session.queryStart}::timestamptz`,
		`a.state IS NOT DISTINCT FROM ${session.state}::text`,
		...(act === 'pg_cancel_backend' ? [`a.state = 'active'`] : []),
		`a.backend_type = 'client backend'`,
		'a.pid <> pg_backend_pid()',
	].join(' AND ');
}

const activity = 'pg_catalog.pg_stat_activity a';

/**
 * What the session did when it was signalled. The columns come before the function, so an error in them happens before the signal is sent.
 * Text of another database that cannot be converted would fail after the signal and look like a refusal: it is cut to ASCII.
 */
export const signalledColumns =
	'a.state, a.xact_start::text AS xact_start, a.query_start::text AS query_start, ' +
	'CASE WHEN getdatabaseencoding() = pg_client_encoding() THEN left(a.query, 2000) ' +
	`ELSE regexp_replace(left(a.query, 2000) COLLATE "C", '[^ -~]', '?', 'g') END AS query, `;

type SignalParts = {readonly columns?: string; readonly from?: string};

export const signalSql = (
	act: SignalFunction,
	guard: string,
	{columns = '', from = activity}: SignalParts = {},
): string => `SELECT a.pid, ${columns}${act}(a.pid) AS sent FROM ${from} WHERE ${guard}`;

/**
 * Guards and signals several sessions by one statement: each identity is a row of `i`. The functions are in the select list, which is
 * computed only for rows that passed the guard; a LIMIT around it would not prevent them. Each member of `sessions` is an expression for an
 * array, in the order of the sessions.
 */
export function signalSeveralSql(act: SignalFunction, sessions: SessionExpressions, columns = ''): string {
	const {pid, backendStart, transactionStart, queryStart, state} = sessions;
	const starts = [backendStart, transactionStart, queryStart].map(expression => `${expression}::timestamptz[]`);
	const identities = `unnest(${pid}::int[], ${starts.join(', ')}, ${state}::text[])`;
	const guard = sessionGuard(act, {
		pid: 'i.pid',
		backendStart: 'i.backend_start',
		transactionStart: 'i.xact_start',
		queryStart: 'i.query_start',
		state: 'i.state',
	});
	const names = 'i (pid, backend_start, xact_start, query_start, state)';
	return signalSql(act, guard, {columns, from: `${activity}, ${identities} AS ${names}`});
}
