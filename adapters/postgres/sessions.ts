import type {Context} from '../../src/contract/context.ts';
import {defineSource} from '../../src/contract/define.ts';
import type {Note, Severity, Snapshot} from '../../src/contract/row.ts';
import {sessionFindings} from '../../src/model/postgres/postgres-findings.ts';
import {
	cacheHitRatio,
	overviewGauges,
	type PostgresGauge,
	postgresGaugeIds,
	replicationGauges,
} from '../../src/model/postgres/postgres-health.ts';
import {lockForest, preparedTransaction} from '../../src/model/postgres/postgres-locks.ts';
import {type PostgresSessionRow, sessionKind, sessionRows} from '../../src/model/postgres/postgres-session.ts';
import type {
	OverviewRecord,
	PostgresPort,
	PostgresSettings,
	ReplicationRecord,
	ServerRecord,
	SessionRecord,
	WaitRecord,
} from '../../src/port/postgres.ts';
import {createCircuitBreaker, isNote} from './circuit-breaker.ts';
import {psqlCommand} from './cli-equivalent.ts';
import {grantReadStatement} from './grant-statements.ts';
import {overviewSql, sessionsSql, standbysSql, waitsSql} from './sql.ts';

/** Whether to read lock waits. The query stops the lock manager for an instant, so it is sent only when a session waits, or may wait unseen. */
const mayBeWaiting = (session: SessionRecord): boolean => session.waitType === 'Lock' || session.hidden;

function sessionNotes(
	server: ServerRecord,
	sessions: readonly SessionRecord[],
	replication: ReplicationRecord | Note,
): readonly Note[] {
	const notes: Note[] = [];
	const hint = grantReadStatement(server.user);
	if (server.hostIndex > 0) {
		notes.push({
			text: `reads from ${server.host}: those named before it do not answer`,
			hint: 'Look at the first host of this target.',
			severity: 'warn',
		});
	}
	const hidden = sessions.filter(session => session.hidden).length;
	if (hidden > 0) {
		const which = hidden === 1 ? '1 session of another user' : `${hidden} sessions of other users`;
		notes.push({
			text: `state, waits and statements of ${which} are hidden from ${server.user}`,
			hint,
			severity: 'unknown',
		});
	}
	if (isNote(replication)) notes.push(replication);
	else if (replication.standbys.some(standby => standby.state === 'hidden')) {
		notes.push({text: `the lag of the standbys is hidden from ${server.user}`, hint, severity: 'unknown'});
	}
	return notes;
}

async function withMissingSessions(
	port: PostgresPort,
	sessions: readonly SessionRecord[],
	pids: readonly number[],
	context: Context,
) {
	const known = new Set(sessions.map(session => session.pid));
	const missing = pids.filter(pid => pid !== preparedTransaction && !known.has(pid));
	// An idle session may block others too: it can hold an advisory lock.
	return missing.length === 0 ? sessions : [...sessions, ...(await port.sessionsByPid(missing, context))];
}

export const sessionsSource = defineSource<PostgresSessionRow, PostgresPort, PostgresSettings>()({
	kind: sessionKind,
	title: 'Sessions',
	gauges: postgresGaugeIds,
	intervalMs: 2000,
	timeoutMs: 8000,
	cost: 'cheap',
	cliEquivalent: target =>
		[sessionsSql, waitsSql(13), overviewSql, standbysSql].map(statement => psqlCommand(target, statement)),
	open(port, target) {
		const waitsBreaker = createCircuitBreaker('who waits for whom cannot be read');
		const replicationBreaker = createCircuitBreaker('replication cannot be read');
		let before: OverviewRecord | undefined;
		let severities = new Map<string, Severity>();
		return async (context): Promise<Snapshot<PostgresSessionRow, PostgresGauge['id']>> => {
			const server = await port.server(context);
			const {sessions, omitted} = await port.sessions(context);
			const waits: readonly WaitRecord[] | Note = sessions.some(mayBeWaiting)
				? await waitsBreaker(context, () => port.waits(context))
				: [];
			const forest = lockForest(isNote(waits) ? [] : waits);
			const all = await withMissingSessions(port, sessions, forest.pids, context);
			const overview = await port.overview(context);
			const replication = await replicationBreaker(context, () => port.replication(context));
			const hits = cacheHitRatio(before, overview);
			before = overview;
			const blocked: PostgresGauge = {
				id: 'blocked',
				label: 'blocked',
				value: isNote(waits) ? undefined : forest.waits.size,
				unit: 'count',
				severity: isNote(waits) ? 'unknown' : 'ok',
				...(isNote(waits) ? {text: waits.text} : {}),
			};
			const gauges = [
				...overviewGauges(overview, hits, severities),
				blocked,
				...(isNote(replication) ? [] : replicationGauges(replication, severities)),
			];
			severities = new Map(gauges.map(({id, severity}) => [id, severity]));
			return {
				rows: sessionRows(target.name, all, forest),
				gauges,
				omitted: Math.max(0, omitted - (all.length - sessions.length)),
				notes: [...sessionNotes(server, sessions, replication), ...(isNote(waits) ? [waits] : [])],
			};
		};
	},
	findings: sessionFindings,
});
