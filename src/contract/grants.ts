/** The least privileges for a user of one target, as lines that an administrator can run or apply unchanged. */
export type Grants = {
	/** The program to run them with, and as which user. */
	readonly tool: string;
	/** Privileges to read. */
	readonly forReading: readonly string[];
	/** Privileges that the actions need in addition. */
	readonly forActions: readonly string[];
};
