import type {PostgresSettings} from '../../../src/port/postgres.ts';
import {connectTo, sslRequest} from './cancel-request.ts';

type Host = PostgresSettings['hosts'][number];

/** What was seen of the server while a login got no answer. */
export type Probe = {
	/** The server answered on a connection of its own: it is reachable, and the login hangs on its side. */
	readonly answered: boolean;
	stop(): void;
};

/**
 * After `afterMs`, asks the server on another connection whether it speaks TLS. It answers with one byte before it looks at any table, and
 * that connection never logs in, so that nothing of it can wait for a lock. A network that drops everything gives no answer.
 */
export function probeAfter(host: Host, afterMs: number): Probe {
	let answered = false;
	let stop = () => {};
	const timer = setTimeout(() => {
		const socket = connectTo(host);
		stop = () => socket.destroy();
		socket.on('error', stop);
		socket.once('connect', () => socket.write(sslRequest));
		socket.once('data', () => {
			answered = true;
			stop();
		});
	}, afterMs);
	return {
		get answered() {
			return answered;
		},
		stop() {
			clearTimeout(timer);
			stop();
		},
	};
}
