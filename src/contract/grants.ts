/** The least that an administrator has to give a user of one target. Lines to run, or text to apply, without a change. */
export type Grants = {
	/** With which program, as whom. */
	readonly by: string;
	/** For looking. */
	readonly watch: readonly string[];
	/** For the actions, beyond what looking needs. */
	readonly act: readonly string[];
};
