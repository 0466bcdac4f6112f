import type {Client} from 'pg';
import type {ChannelSecurity} from '../../../src/contract/channel-security.ts';
import type {PostgresSettings} from '../../../src/port/postgres.ts';
import {systemClock} from '../../../src/time/clock.ts';
import {settleWithin} from '../../../src/time/deadline.ts';
import {connectToFirstHost} from './connect.ts';
import type {LoginLimiter} from './login-limiter.ts';
import {type Host, type OpenClient, type PgModule, socketOf} from './open-client.ts';

export type ConnectedHost = {
	readonly host: Host;
	/** Position in the list of hosts. */
	readonly index: number;
	/** Number of connections so far, this one included. */
	readonly generation: number;
	readonly channel: ChannelSecurity;
	/** Each query runs in its own transaction, on whatever backend the pooler gives. */
	readonly pooled: boolean;
};

export type PostgresConnectionOptions = {
	readonly application: string;
	readonly hosts: readonly Host[];
	/** Shared by the connections of one role. */
	readonly gate: LoginLimiter;
	/** Its queries change something: nothing is sent before the limits are known to be in force. */
	readonly acts?: boolean;
};

/** Holds the one open client: `get` opens it when there is none, and a client whose socket broke leaves by itself. */
export function createClientSlot(
	library: PgModule,
	settings: PostgresSettings,
	{application, hosts, gate}: PostgresConnectionOptions,
) {
	let current: OpenClient | undefined;
	let connectedHost: ConnectedHost | undefined;
	let generation = 0;

	function remove(client: Client): void {
		if (current?.client === client) current = undefined;
	}

	function drop({client}: OpenClient): void {
		remove(client);
		socketOf(client).destroy();
	}

	return {
		async get(signal: AbortSignal): Promise<OpenClient> {
			if (current !== undefined) return current;
			const options = {application, signal, gate, onLost: remove};
			const {open, index} = await connectToFirstHost(library, settings, hosts, options);
			generation += 1;
			current = open;
			connectedHost = {host: open.host, index, generation, channel: open.channel, pooled: open.pooled};
			return open;
		},
		drop,
		get connectedHost() {
			return current === undefined ? undefined : connectedHost;
		},
		/** Ends the session, or destroys its socket after `timeoutMs`. */
		async close(timeoutMs: number) {
			const last = current;
			current = undefined;
			if (last === undefined) return;
			const socketClosed = new Promise<void>(resolve => socketOf(last.client).once('close', () => resolve()));
			await settleWithin(systemClock, timeoutMs, Promise.race([last.client.end(), socketClosed]));
			drop(last);
		},
	};
}
