import {postgresPermissions} from '../adapters/postgres/permissions.ts';
import {isSameSession} from '../adapters/postgres/session-identity.ts';
import {postgresSystem} from '../adapters/postgres/system.ts';
import type {System} from '../src/contract/system.ts';
import {AdapterError, readOnlyRefusal} from '../src/errors.ts';
import type {
	ConnectionGroupRecord,
	PostgresPort,
	PostgresSettings,
	ServerRecord,
	SessionIdentity,
	SignalResult,
	SignalResults,
} from '../src/port/postgres.ts';
import {connectionLimit, createDemoPostgresServer, serverTimestamp, toSessionRecord} from './ports/postgres-server.ts';
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

function demoPort(scenario: Scenario, server: ServerRecord, standby: string, readOnly: boolean): PostgresPort {
	const estate = createDemoPostgresServer(scenario);
	const counters = createStatementCounters(scenario);
	let hits = 9_812_004_112;
	let reads = 201_339_120;
	let readAt = scenario.now();

	const records = () => estate.sessions().map(session => toSessionRecord(session, scenario.now(), server.database));

	function countBlocks(): void {
		const seconds = Math.max(0, scenario.now() - readAt) / 1000;
		readAt = scenario.now();
		hits += Math.round(seconds * 41_000);
		reads += Math.round(seconds * 41_000 * (0.004 + 0.012 * scenario.smoothRandom('block reads', 40_000)));
	}

	function act(identities: readonly SessionIdentity[], how: 'cancel' | 'terminate'): SignalResults {
		if (readOnly) throw readOnlyRefusal();
		// All are looked at before the first is signalled, as one statement does.
		const now = new Map(records().map(session => [session.pid, session]));
		return new Map(
			identities.map((identity): readonly [number, SignalResult] => {
				const session = now.get(identity.pid);
				if (session === undefined || !isSameSession(identity, session)) return [identity.pid, {result: 'conflict'}];
				if (how === 'cancel' && session.state !== 'active') return [identity.pid, {result: 'conflict'}];
				estate.end(identity.pid, how);
				return [identity.pid, {result: 'sent', at: session}];
			}),
		);
	}

	const answer = async <T>(signal: AbortSignal, make: () => T): Promise<T> => {
		if (signal.aborted) throw new AdapterError('timeout', 'cancelled before an answer came', 'It is tried again.');
		return make();
	};

	return {
		server: ({signal}) => answer(signal, () => server),
		ping: ({signal}) => answer(signal, () => 0.3),
		overview: ({signal}) =>
			answer(signal, () => {
				countBlocks();
				const sessions = records();
				const inTransaction = sessions.filter(session => session.state === 'idle in transaction').length;
				const connections = estate.connections();
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
			}),
		sessions: ({signal}) => answer(signal, () => ({sessions: records(), omitted: 0})),
		sessionsByPid: (pids, {signal}) => answer(signal, () => records().filter(({pid}) => pids.includes(pid))),
		waits: ({signal}) => answer(signal, estate.waits),
		heldLocks: (pids, {signal}) =>
			answer(signal, () =>
				estate
					.sessions()
					.flatMap(({pid, holds}) => (holds === undefined || !pids.includes(pid) ? [] : [{pid, ...holds}])),
			),
		replication: ({signal}) =>
			answer(signal, () => {
				const lagSeconds =
					0.05 + 0.4 * scenario.smoothRandom('standby lag', 30_000) + (scenario.name === 'storm' ? 41 : 0);
				return {
					standbys: [{name: standby, state: 'streaming', lagSeconds, lagBytes: Math.round(lagSeconds * 1_900_000)}],
					slots: [{name: standby.replaceAll('-', '_'), active: true, walStatus: 'reserved', retainedBytes: 16_777_216}],
					ownLagSeconds: undefined,
					ownLagBytes: undefined,
					receiving: undefined,
				};
			}),
		statements: ({signal}) =>
			answer(signal, () => {
				counters.advance(estate.isStockLocked());
				return {
					statements: counters.records(server.database),
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
		sessionQuery: (pid, backendStart, limit, {signal}) =>
			answer(signal, () => {
				const found = records().find(session => session.pid === pid && session.backendStart === backendStart);
				return found === undefined ? undefined : {query: (found.query ?? '').slice(0, limit), storedBytes: 4096};
			}),
		connectionGroups: ({signal}) =>
			answer(signal, () => {
				const sessions = records();
				const groups = new Map<string, ConnectionGroupRecord>();
				const add = (group: ConnectionGroupRecord) => {
					const key = `${group.application} ${group.user} ${group.state}`;
					const before = groups.get(key);
					const oldestSeconds = Math.max(before?.oldestSeconds ?? 0, group.oldestSeconds ?? 0);
					groups.set(key, {...group, count: group.count + (before?.count ?? 0), oldestSeconds});
				};
				for (const {application, user = '', state = '', stateSeconds} of sessions) {
					add({application, user, database: server.database, state, count: 1, oldestSeconds: stateSeconds});
				}
				const idle = estate.connections() - sessions.length;
				const share = Math.floor(idle / 4);
				const common = {database: server.database, state: 'idle', oldestSeconds: 212};
				add({...common, application: 'storefront', user: 'web', count: share});
				add({...common, application: 'billing', user: 'billing', count: Math.floor(share / 2)});
				add({...common, application: 'checkout', user: 'checkout', count: idle - share - Math.floor(share / 2)});
				return [...groups.values()].toSorted((a, b) => b.count - a.count);
			}),
		cancel: (identities, _record, {signal}) => answer(signal, () => act(identities, 'cancel')),
		terminate: (identities, _record, {signal}) => answer(signal, () => act(identities, 'terminate')),
	};
}
