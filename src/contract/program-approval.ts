/** A program that a target needs to log in, and that runs only once this user has approved it. Never its arguments: they may hold a token. */
export type ProgramApproval = {
	/** Absolute path. */
	readonly program: string;
	/** What it is after all links; the same path when it is none. */
	readonly file: string;
	/** The file that names it. */
	readonly requestedBy: string;
	/** Where its answer is sent. */
	readonly server: string;
	/** The same file had it approved before, with other arguments, another environment or for another server. */
	readonly changed: boolean;
	/** Holds for later starts too. @throws AdapterError `denied` when it cannot be saved. */
	approve(): Promise<void>;
};
