import type {ChannelSecurity} from '../contract/channel-security.ts';
import type {Secret} from '../contract/target.ts';

/**
 * libpq's words with libpq's meaning: `disable` never encrypts · `prefer` encrypts when the server offers it · `require` encrypts and
 * checks nothing · `verify-ca` checks the chain · `verify-full` checks the chain and the host's name. With `ca` given, `require` checks as
 * `verify-ca` does, and so does `prefer` where the host is another machine and offers TLS.
 * https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION
 */
export type PostgresTlsMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

export type PostgresSettings = {
	/** Tried in order; the first that answers is read. `host` is a name, an address, or the folder of a Unix socket. */
	readonly hosts: readonly {readonly host: string; readonly port: number}[];
	readonly database: string;
	readonly user: string;
	/** The password; when it is absent, the password file is read. */
	readonly password?: Secret | undefined;
	/** `PGPASSFILE`, or `~/.pgpass`. `read` resolves with undefined when there is no such file. @throws AdapterError `denied` when it cannot be trusted. */
	readonly passwordFile?: {readonly path: string; readonly read: () => Promise<string | undefined>} | undefined;
	readonly tls: {
		/** Absent: `prefer` for this machine (loopback, Unix socket), `verify-full` for any other host. */
		readonly mode?: PostgresTlsMode | undefined;
		/** A password may be sent to another machine over a connection that is not encrypted, or whose server is not verified. */
		readonly allowCleartext?: boolean | undefined;
		/** Paths of PEM files, read at each connect, so that a renewed certificate is taken up. */
		readonly ca?: string | undefined;
		readonly cert?: string | undefined;
		readonly key?: string | undefined;
	};
	/** Timeout for connecting to one host, including the password exchange. */
	readonly connectTimeoutMs: number;
	/** The server ends a statement of ours after this; the connection is given up 2 s later. */
	readonly statementTimeoutMs: number;
};

/** What a server is and what it lets us do; read once per connection. */
export type ServerRecord = {
	/** `150018` for 15.18. */
	readonly versionNumber: number;
	readonly version: string;
	/** The pid of our own connection, which no action may signal. Undefined behind a pooler, where each read may run on another backend. */
	readonly pid: number | undefined;
	/** There is a pooler before the server, which gives each read any backend that is free. */
	readonly pooled: boolean;
	readonly channel: ChannelSecurity;
	/** The role we act as, as the server says it. */
	readonly user: string;
	readonly database: string;
	/** `host:port` of the one that answered, and its place in the list of settings. */
	readonly host: string;
	readonly hostIndex: number;
	/** What initdb called it; undefined when we may not ask. */
	readonly systemIdentifier?: string | undefined;
	readonly standby: boolean;
	readonly superuser: boolean;
	/** Member of pg_read_all_stats: sees the sessions and statements of other users. */
	readonly readsAllStats: boolean;
	/** Member of pg_signal_backend: may cancel and terminate sessions of other users, superusers' excepted. */
	readonly signalsBackends: boolean;
	/** The extension's version, when it is installed in this database. */
	readonly statementsVersion: string | undefined;
	/** Undefined when the setting may not be read. */
	readonly statementsPreloaded: boolean | undefined;
};

/**
 * One row of pg_stat_activity. Timestamps are the server's own text: a JavaScript date drops the microseconds and would never match again.
 * Everything undefined was NULL, which also means "hidden from this user" when `hidden` is set.
 */
export type SessionRecord = {
	readonly pid: number;
	readonly database: string | undefined;
	readonly user: string | undefined;
	readonly application: string;
	readonly client: string | undefined;
	readonly backendType: string | undefined;
	readonly state: string | undefined;
	readonly waitType: string | undefined;
	readonly waitEvent: string | undefined;
	readonly backendStart: string | undefined;
	readonly transactionStart: string | undefined;
	readonly queryStart: string | undefined;
	readonly transactionSeconds: number | undefined;
	readonly querySeconds: number | undefined;
	readonly stateSeconds: number | undefined;
	/** Transactions since the oldest one this session holds back from vacuum. */
	readonly horizonAge: number | undefined;
	/** At most the first 2,000 characters. */
	readonly query: string | undefined;
	/** The server hides the activity of this session from our user. */
	readonly hidden: boolean;
	/** Whether we may signal it: `superuser` when only a superuser may, `role` when pg_signal_backend is missing. */
	readonly signal: 'may' | 'superuser' | 'role';
};

/** One session that waits for a lock, and the sessions that block it. */
export type WaitRecord = {
	readonly pid: number;
	readonly lockType: string;
	/** The requested mode, `ExclusiveLock`. */
	readonly mode: string;
	/** The relation's name; `relation 16423 of shop` when it is of a database we are not connected to. */
	readonly relation: string | undefined;
	/** Undefined before PostgreSQL 14, and for an instant after the wait began. */
	readonly waitSeconds: number | undefined;
	/** Pids of all sessions ahead, including waiting ones; 0 is a prepared transaction. */
	readonly blockers: readonly number[];
};

/** A lock on a relation that one of the requested sessions holds. */
export type HeldLockRecord = {readonly pid: number; readonly relation: string; readonly mode: string};

export type OverviewRecord = {
	/** Client backends by state; `hidden` where the state may not be seen. */
	readonly byState: Readonly<Record<string, number>>;
	readonly connections: number;
	/** max_connections less those reserved for superusers and for pg_use_reserved_connections. */
	readonly connectionLimit: number;
	readonly longestTransactionSeconds: number | undefined;
	/** Totals over all databases since the statistics were reset. */
	readonly blocksHit: number;
	readonly blocksRead: number;
	/** The database whose oldest unfrozen transaction (or multixact) is the oldest. */
	readonly oldestDatabase: string;
	readonly oldestTransactionAge: number;
	readonly oldestMultixactAge: number;
};

export type StandbyRecord = {
	readonly name: string;
	readonly state: string;
	readonly lagSeconds: number | undefined;
	readonly lagBytes: number | undefined;
};

export type SlotRecord = {
	readonly name: string;
	readonly active: boolean;
	/** reserved, extended, unreserved or lost. */
	readonly walStatus: string | undefined;
	readonly retainedBytes: number | undefined;
};

export type ReplicationRecord = {
	/** The standbys that follow this server. */
	readonly standbys: readonly StandbyRecord[];
	readonly slots: readonly SlotRecord[];
	/** On a standby: how far it is behind what it has received. Undefined on a primary. */
	readonly ownLagSeconds: number | undefined;
	readonly ownLagBytes: number | undefined;
	/** On a standby: whether a WAL receiver runs. Without one its lag does not change and means nothing. */
	readonly receiving: boolean | undefined;
};

/** (userid, dbid, queryid, toplevel), joined by `/`. */
export type StatementKey = string;

/** Totals since the entry came into pg_stat_statements. */
export type StatementRecord = {
	readonly key: StatementKey;
	readonly user: string | undefined;
	readonly database: string | undefined;
	readonly calls: number;
	readonly milliseconds: number;
	readonly rows: number;
	readonly blocksHit: number;
	readonly blocksRead: number;
	readonly tempBlocksWritten: number;
};

export type StatementsRecord = {
	readonly statements: readonly StatementRecord[];
	/** Entries the server holds that are not among `statements`. */
	readonly omitted: number;
	/** Number of entries of other users whose key is hidden from us, so they are not shown. */
	readonly hidden: number;
	/** Seconds on the server's clock at the moment of reading. */
	readonly serverSeconds: number;
	/** Time of the last reset, and how often entries were evicted because the table was full. Undefined before PostgreSQL 14. */
	readonly resetAt: string | undefined;
	readonly evictions: number | undefined;
};

export type ConnectionGroupRecord = {
	readonly application: string;
	readonly user: string;
	readonly database: string;
	readonly state: string;
	readonly count: number;
	readonly oldestSeconds: number | undefined;
};

/** One session in one state, statement and transaction: what a cancel or a terminate is bound to. Null where the server has NULL. */
export type SessionIdentity = {
	readonly pid: number;
	readonly backendStart: string;
	readonly transactionStart: string | null;
	readonly queryStart: string | null;
	readonly state: string | null;
};

/** What a session did at the moment when it was signalled. `query` is redacted, at most the first 2,000 characters. */
export type SignalledSession = {
	readonly state: string | undefined;
	readonly transactionStart: string | undefined;
	readonly queryStart: string | undefined;
	readonly query: string | undefined;
};

/** `conflict`: the guard matched no session, and nothing was sent · `ended`: the process ended just before. */
export type SignalResult =
	| {readonly result: 'sent'; readonly at: SignalledSession}
	| {readonly result: 'conflict' | 'ended'};
export type SignalResults = ReadonlyMap<number, SignalResult>;

type ReadOptions = {readonly signal: AbortSignal};

/**
 * The queries and writes on PostgreSQL, by name. Each read rejects with an AdapterError, at once when `signal` aborts, and never hangs. Writes
 * throw `denied` on a connection that was opened read-only; `record` is the id of the audit record and travels in application_name.
 */
export type PostgresPort = {
	server(ask: ReadOptions): Promise<ServerRecord>;
	/** One round trip, without asking the server for anything. Milliseconds. */
	ping(ask: ReadOptions): Promise<number>;
	overview(ask: ReadOptions): Promise<OverviewRecord>;
	/** Sessions that do something or hold a transaction open, the oldest transaction first, at most 500; plus how many more there are. */
	sessions(ask: ReadOptions): Promise<{readonly sessions: readonly SessionRecord[]; readonly omitted: number}>;
	/** Sessions in any state, including idle. Sessions that have ended are not in the result. */
	sessionsByPid(pids: readonly number[], ask: ReadOptions): Promise<readonly SessionRecord[]>;
	/** Sessions that wait for a lock, at most 200. Queries the lock manager: only when a session waits, and at most once in 2 s. */
	waits(ask: ReadOptions): Promise<readonly WaitRecord[]>;
	/** Locks on relations that these sessions hold. */
	heldLocks(pids: readonly number[], ask: ReadOptions): Promise<readonly HeldLockRecord[]>;
	replication(ask: ReadOptions): Promise<ReplicationRecord>;
	/** The 1,000 that took the most time, without their texts. Throws `unsupported` when the extension is not there or not loaded. */
	statements(ask: ReadOptions): Promise<StatementsRecord>;
	/** Texts by key, each at most `limit` characters. */
	statementTexts(
		keys: readonly StatementKey[],
		limit: number,
		ask: ReadOptions,
	): Promise<ReadonlyMap<StatementKey, string>>;
	/** What the session runs or ran last, at most `limit` characters; undefined when the session has ended. */
	sessionQuery(
		pid: number,
		backendStart: string,
		limit: number,
		ask: ReadOptions,
	): Promise<
		| {readonly query: string /** The server itself stores no more than this. */; readonly storedBytes: number}
		| undefined
	>;
	connectionGroups(ask: ReadOptions): Promise<readonly ConnectionGroupRecord[]>;
	/** All of them by one statement that guards each. What came of it by pid, for every identity; no pid may be given twice. */
	cancel(identities: readonly SessionIdentity[], record: string, ask: ReadOptions): Promise<SignalResults>;
	/** As `cancel`. */
	terminate(identities: readonly SessionIdentity[], record: string, ask: ReadOptions): Promise<SignalResults>;
};
