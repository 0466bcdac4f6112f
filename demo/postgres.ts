import {postgresPermissions} from '../adapters/postgres/permissions.ts';
import {isSameSession} from '../adapters/postgres/session-identity.ts';
import {postgresSystem} from '../adapters/postgres/system.ts';
import type {System} from '../src/contract/system.ts';
import {AdapterError, readOnlyRefusal} from '../src/errors.ts';
import type {
	ConnectionGroupRecord,
	PostgresPort,
	PostgresSettings,
	ReplicationRecord,
	ServerRecord,
	SessionIdentity,
	SessionRecord,
	SignalResult,
	SignalResults,
} from '../src/port/postgres.ts';
import {
	connectionLimit,
	createDemoPostgresServer,
	type DemoPostgresServer,
	serverTimestamp,
	toSessionRecord,
} from './ports/postgres-server.ts';
import {createStatementCounters} from './ports/postgres-statements.ts';
import type {Scenario} from './scenario.ts';

const common = {
	versionNumber: 160_004,
	version: '16.4 (demo)',
	pid: 4001,
	pooled: false,
	channel: 'local',
	user: 'midwatch',
	hostIndex: 0,
	standby: false,
	superuser: false,
	readsAllStats: true,
	signalsBackends: true,
	statementsVersion: '1.10',
	statementsPreloaded: true,
} satisfies Partial<ServerRecord>;

/** PostgreSQL with a simulated server behind the port; rows, findings, actions and inspections are the real ones. */
export function demoPostgres(scenario: Scenario): System<PostgresPort, PostgresSettings> {
	return {
		...postgresSystem,
		connect(target, {readOnly}) {
			const {database, hosts} = target.settings;
			const host = `${hosts[0]?.host ?? target.name}:${hosts[0]?.port ?? 5432}`;
			const server: ServerRecord = {...common, database, host};
			const port = demoPort(scenario, server, `${target.name}-replica`, readOnly);
			return Promise.resolve({
				port,
				identify: () =>
					Promise.resolve({
						version: `PostgreSQL ${server.version}`,
						who: server.user,
						latencyMs: 0.3,
						channel: server.channel,
					}),
				permissions: () => Promise.resolve(postgresPermissions(server)),
				close: () => Promise.resolve(),
			});
		},
	};
}

type PortParts = {
	readonly scenario: Scenario;
	readonly server: ServerRecord;
	readonly simulated: DemoPostgresServer;
	/** The sessions as the server lists them now. */
	readonly records: () => readonly SessionRecord[];
};

function demoPort(scenario: Scenario, server: ServerRecord, standby: string, readOnly: boolean): PostgresPort {
	const simulated = createDemoPostgresServer(scenario);
	const records = () => simulated.sessions().map(session => toSessionRecord(session, scenario.now(), server.database));
	const parts: PortParts = {scenario, server, simulated, records};
	return {
		server: ({signal}) => answer(signal, () => server),
		ping: ({signal}) => answer(signal, () => 0.3),
		...sessionReads(parts),
		...statementReads(scenario, server.database, simulated.isStockLocked),
		overview: overviewRead(parts),
		connectionGroups: ({signal}) => answer(signal, () => connectionGroups(parts)),
		replication: ({signal}) => answer(signal, () => replication(scenario, standby)),
		...signals(parts, readOnly),
	};
}

async function answer<T>(signal: AbortSignal, make: () => T): Promise<T> {
	if (signal.aborted) throw new AdapterError('timeout', 'cancelled before an answer came', 'It is tried again.');
	return make();
}

type SessionReads = Pick<PostgresPort, 'sessions' | 'sessionsByPid' | 'sessionQuery' | 'waits' | 'heldLocks'>;

const sessionReads = ({simulated, records}: PortParts): SessionReads => ({
	sessions: ({signal}) => answer(signal, () => ({sessions: records(), omitted: 0})),
	sessionsByPid: (pids, {signal}) => answer(signal, () => records().filter(({pid}) => pids.includes(pid))),
	sessionQuery: (pid, backendStart, limit, {signal}) =>
		answer(signal, () => {
			const found = records().find(session => session.pid === pid && session.backendStart === backendStart);
			return found === undefined ? undefined : {query: (found.query ?? '').slice(0, limit), storedBytes: 4096};
		}),
	waits: ({signal}) => answer(signal, simulated.waits),
	heldLocks: (pids, {signal}) =>
		answer(signal, () =>
			simulated
				.sessions()
				.flatMap(({pid, holds}) => (holds === undefined || !pids.includes(pid) ? [] : [{pid, ...holds}])),
		),
});

function statementReads(
	scenario: Scenario,
	database: string,
	isStockLocked: () => boolean,
): Pick<PostgresPort, 'statements' | 'statementTexts'> {
	const counters = createStatementCounters(scenario);
	return {
		statements: ({signal}) =>
			answer(signal, () => {
				counters.advance(isStockLocked());
				return {
					statements: counters.records(database),
					omitted: 0,
					hidden: 0,
					serverSeconds: scenario.now() / 1000,
					resetAt: serverTimestamp(scenario.startedAt - 40 * 3_600_000),
					evictions: 0,
				};
			}),
		statementTexts: (keys, limit, {signal}) =>
			answer(signal, () => {
				const texts = keys.map(key => [key, counters.text(key)] as const);
				return new Map(texts.flatMap(([key, text]) => (text === undefined ? [] : [[key, text.slice(0, limit)]])));
			}),
	};
}

/** Counts the blocks that were read since the last call. */
function overviewRead({scenario, server, simulated, records}: PortParts): PostgresPort['overview'] {
	let hits = 9_812_004_112;
	let reads = 201_339_120;
	let readAt = scenario.now();

	function countBlocks(): void {
		const seconds = Math.max(0, scenario.now() - readAt) / 1000;
		readAt = scenario.now();
		hits += Math.round(seconds * 41_000);
		reads += Math.round(seconds * 41_000 * (0.004 + 0.012 * scenario.smoothRandom('block reads', 40_000)));
	}

	return ({signal}) =>
		answer(signal, () => {
			countBlocks();
			const sessions = records();
			const inTransaction = sessions.filter(session => session.state === 'idle in transaction').length;
			const connections = simulated.connections();
			return {
				byState: {
					active: sessions.length - inTransaction,
					'idle in transaction': inTransaction,
					idle: connections - sessions.length,
				},
				connections,
				connectionLimit,
				longestTransactionSeconds: Math.max(0, ...sessions.map(session => session.transactionSeconds ?? 0)),
				blocksHit: hits,
				blocksRead: reads,
				oldestDatabase: server.database,
				oldestTransactionAge: 148_220_190,
				oldestMultixactAge: 210_004,
			};
		});
}

function replication(scenario: Scenario, standby: string): ReplicationRecord {
	const lagSeconds = 0.05 + 0.4 * scenario.smoothRandom('standby lag', 30_000) + (scenario.name === 'storm' ? 41 : 0);
	return {
		standbys: [{name: standby, state: 'streaming', lagSeconds, lagBytes: Math.round(lagSeconds * 1_900_000)}],
		slots: [{name: standby.replaceAll('-', '_'), active: true, walStatus: 'reserved', retainedBytes: 16_777_216}],
		ownLagSeconds: undefined,
		ownLagBytes: undefined,
		receiving: undefined,
	};
}

/** The connections by application, user and state, the largest group first. */
function connectionGroups({server: {database}, simulated, records}: PortParts): readonly ConnectionGroupRecord[] {
	const sessions = records();
	const groups = new Map<string, ConnectionGroupRecord>();
	const add = (group: ConnectionGroupRecord) => {
		const key = `${group.application} ${group.user} ${group.state}`;
		const before = groups.get(key);
		const oldestSeconds = Math.max(before?.oldestSeconds ?? 0, group.oldestSeconds ?? 0);
		groups.set(key, {...group, count: group.count + (before?.count ?? 0), oldestSeconds});
	};
	for (const {application, user = '', state = '', stateSeconds} of sessions) {
		add({application, user, database, state, count: 1, oldestSeconds: stateSeconds});
	}
	const idle = simulated.connections() - sessions.length;
	const share = Math.floor(idle / 4);
	const common = {database, state: 'idle', oldestSeconds: 212};
	add({...common, application: 'storefront', user: 'web', count: share});
	add({...common, application: 'billing', user: 'billing', count: Math.floor(share / 2)});
	add({...common, application: 'checkout', user: 'checkout', count: idle - share - Math.floor(share / 2)});
	return [...groups.values()].toSorted((a, b) => b.count - a.count);
}

function signals({simulated, records}: PortParts, readOnly: boolean): Pick<PostgresPort, 'cancel' | 'terminate'> {
	function send(identities: readonly SessionIdentity[], how: 'cancel' | 'terminate'): SignalResults {
		if (readOnly) throw readOnlyRefusal();
		// All are looked at before the first is signalled, as one statement does.
		const now = new Map(records().map(session => [session.pid, session]));
		return new Map(
			identities.map((identity): readonly [number, SignalResult] => {
				const session = now.get(identity.pid);
				if (session === undefined || !isSameSession(identity, session)) return [identity.pid, {result: 'conflict'}];
				if (how === 'cancel' && session.state !== 'active') return [identity.pid, {result: 'conflict'}];
				simulated.end(identity.pid, how);
				return [identity.pid, {result: 'sent', at: session}];
			}),
		);
	}

	return {
		cancel: (identities, _record, {signal}) => answer(signal, () => send(identities, 'cancel')),
		terminate: (identities, _record, {signal}) => answer(signal, () => send(identities, 'terminate')),
	};
}
