import type {ChannelSecurity} from './channel-security.ts';

/** Which server it is: where it was reached, and the name it has for itself. */
export type ServerId = {
	/** Name, address, or the folder of a Unix socket. */
	readonly host: string;
	readonly port?: number;
	/**
	 * Stays the same while it is the same server or cluster, under whatever name it is reached: PostgreSQL's system identifier, Redis' run id,
	 * Kafka's cluster id, the uid of a cluster's namespace kube-system. Absent where the server has none or does not tell us.
	 */
	readonly id?: string;
};

/** What a server says of itself and of us. */
export type Identity = {
	readonly version: string;
	/** Who the server says we are. */
	readonly who: string;
	readonly latencyMs: number;
	readonly channel: ChannelSecurity;
	/** Goes into the audit record of what is done there. */
	readonly server?: ServerId;
};
