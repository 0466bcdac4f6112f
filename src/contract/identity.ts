import type {ChannelSecurity} from './channel-security.ts';

/** Which server it is: its address, and its own id. */
export type ServerId = {
	/** Name, address, or the folder of a Unix socket. */
	readonly host: string;
	readonly port?: number;
	/**
	 * Id of the server or cluster, whatever address it is reached by: PostgreSQL's system identifier, Redis' run id, Kafka's cluster id, the
	 * uid of a cluster's namespace kube-system. Absent where the server has none or does not report it.
	 */
	readonly id?: string;
};

/** What a server reports of itself and of our user. */
export type Identity = {
	readonly version: string;
	/** Our user, as the server names it. */
	readonly who: string;
	readonly latencyMs: number;
	readonly channel: ChannelSecurity;
	/** Recorded in the audit with every action on this server. */
	readonly server?: ServerId;
};
