/** The least that an administrator has to give a user of one target. Lines to run, or text to apply, without a change. */
export type Grants = {
	/** With which program, as whom. */
	readonly tool: string;
	/** For looking. */
	readonly forReading: readonly string[];
	/** For the actions, beyond what looking needs. */
	readonly forActions: readonly string[];
};
