import type {Check} from '../../src/contract.ts';
import {AdapterError} from '../../src/errors.ts';
import {isClient, type PostgresSessionRow, pidName} from '../../src/model/postgres-session.ts';
import type {PostgresPort, ServerRecord, SessionRecord} from '../../src/port/postgres.ts';
import {grantSignalling} from './grants.ts';

export const gone = (pid: number): AdapterError =>
	new AdapterError(
		'conflict',
		`pid ${pid} has ended or is another session now`,
		'Nothing was sent. Choose the session again.',
	);

/** Why a session cannot be acted on at all, told beside the dim key. */
export function reachable(row: PostgresSessionRow): string | undefined {
	if (row.hidden || row.backendStart === undefined) return 'its start is hidden from us: needs pg_read_all_stats';
	if (!isClient(row)) return `it is no client but ${row.backendType ?? 'a process of the server'}`;
	return undefined;
}

/**
 * The selected row and the same session as it is now.
 * @throws AdapterError `conflict` when it is gone, `unsupported` when it must not be signalled.
 */
export async function oneSession(
	rows: readonly PostgresSessionRow[],
	port: PostgresPort,
	signal: AbortSignal,
): Promise<{readonly row: PostgresSessionRow; readonly session: SessionRecord}> {
	const [row] = rows;
	if (row === undefined) throw new AdapterError('conflict', 'no session is selected', 'Choose a session.');
	const reason = reachable(row);
	if (reason !== undefined)
		throw new AdapterError('unsupported', `pid ${row.pid}: ${reason}`, 'Choose a session of a client.');
	const [session] = await port.sessionsByPid([row.pid], {signal});
	if (session === undefined || session.backendStart !== row.backendStart) throw gone(row.pid);
	return {row, session};
}

/** Whether the server will let us. pg_signal_backend does not reach the sessions of superusers. */
export function signalCheck(session: SessionRecord, server: ServerRecord): Check {
	const label = `${server.user} may signal it`;
	if (session.pid === server.pid)
		return {label, result: 'block', detail: 'it is the connection that midwatch reads with'};
	if (session.signal === 'may')
		return {label, result: 'pass', detail: server.superuser ? 'superuser' : `session of ${session.user}`};
	if (session.signal === 'superuser') {
		const detail = `${session.user ?? 'its user'} is a superuser: only a superuser may, no GRANT is enough; connect as one`;
		return {label, result: 'block', detail};
	}
	return {label, result: 'block', detail: `needs: ${grantSignalling(server.user)}`};
}

/**
 * Why ending `row` frees nothing: it only waits itself. Not so for one that waits for a whole table: those behind it may well get along
 * with whoever holds the table now.
 */
export function onlyWaits(row: PostgresSessionRow): {readonly reason: string} | undefined {
	const [root, ...others] = row.roots;
	if (root === undefined || (row.wait?.lockType === 'relation' && row.blocks > 0)) return undefined;
	const more = others.length === 0 ? '' : ` and ${others.length} more`;
	return {reason: `it only waits: ${pidName(root)}${more} holds the lock and keeps it`};
}
