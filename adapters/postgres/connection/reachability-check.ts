import type {PostgresSettings} from '../../../src/port/postgres.ts';
import {openSocket, sslRequest} from './cancel-request.ts';

type Host = PostgresSettings['hosts'][number];

/** What was seen of the server while a login got no answer. */
export type ReachabilityCheck = {
	/** The server answered on a connection of its own: it is reachable, and the login hangs on its side. */
	readonly hasAnswered: boolean;
	stop(): void;
};

/**
 * After `afterMs`, asks the server on another connection whether it speaks TLS. It answers with one byte before it looks at any table, and
 * that connection never logs in, so that nothing of it can wait for a lock. A network that drops everything gives no answer.
 */
export function startReachabilityCheck(host: Host, afterMs: number): ReachabilityCheck {
	let answered = false;
	let stop = () => {};
	const timer = setTimeout(() => {
		const socket = openSocket(host);
		stop = () => socket.destroy();
		socket.on('error', stop);
		socket.once('connect', () => socket.write(sslRequest));
		socket.once('data', () => {
			answered = true;
			stop();
		});
	}, afterMs);
	return {
		get hasAnswered() {
			return answered;
		},
		stop() {
			clearTimeout(timer);
			stop();
		},
	};
}
