import type {PostgresSettings} from '../../../src/port/postgres.ts';
import {systemClock} from '../../../src/time/clock.ts';
import {openSocket, sslRequest} from './cancel-request.ts';

type Host = PostgresSettings['hosts'][number];

/** Whether the server can be reached while a login gets no answer. */
export type ReachabilityCheck = {
	/** The server answered on a second connection: it is reachable, and the login hangs on its side. */
	readonly hasAnswered: boolean;
	stop(): void;
};

/**
 * After `afterMs`, sends an SSLRequest on a second connection. The server answers with one byte before it reads any table, and the
 * connection never logs in, so it cannot wait for a lock. A network that drops all packets gives no answer.
 */
export function startReachabilityCheck(host: Host, afterMs: number): ReachabilityCheck {
	let answered = false;
	let stop = () => {};
	const cancelTimer = systemClock.after(afterMs, () => {
		const socket = openSocket(host);
		stop = () => socket.destroy();
		socket.on('error', stop);
		socket.once('connect', () => socket.write(sslRequest));
		socket.once('data', () => {
			answered = true;
			stop();
		});
	});
	return {
		get hasAnswered() {
			return answered;
		},
		stop() {
			cancelTimer();
			stop();
		},
	};
}
