import type {SessionRecord, WaitRecord} from '../../src/port/postgres.ts';
import {hasProblem, type Scenario} from '../scenario.ts';
import {
	type DemoSession,
	type Ended,
	longReport,
	migrationQueue,
	poolSessions,
	type SessionHistory,
	stockLocker,
	stockLockSessions,
} from './postgres-sessions.ts';

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

/**
 * A PostgreSQL server as far as midwatch reads it: sessions that connect, run, wait and end, and locks that one holds and others wait for.
 * It heals when the blocking session ends, and only then: a waiting statement that is cancelled is tried again.
 */
export function createDemoPostgresServer(scenario: Scenario): DemoPostgresServer {
	const ended = new Map<number, Ended>();
	const history: SessionHistory = {scenario, ended};
	const hasLocks = hasProblem(scenario, 'locks');
	const isStockLocked = () => hasLocks && !ended.has(stockLocker);

	function sessions(): readonly DemoSession[] {
		const now = scenario.now();
		return [
			...(isStockLocked() ? stockLockSessions(history, now) : []),
			...(scenario.name === 'locks' || scenario.name === 'storm' ? migrationQueue(history) : []),
			...(hasLocks ? longReport(history, now) : []),
			...poolSessions(history, now),
		];
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
			if (!hasLocks) return busy + idle;
			// The pools open more connections while theirs wait, and close them again afterwards.
			const freedAt = ended.get(stockLocker)?.at;
			const stuck = 130;
			const left = freedAt === undefined ? stuck : stuck * Math.max(0, 1 - (now - freedAt) / 20_000);
			return Math.min(connectionLimit - 1, busy + idle + Math.round(left) - (freedAt === undefined ? 4 : 0));
		},
		isStockLocked,
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
