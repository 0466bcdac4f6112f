/** A login program of a target that runs only after this user has approved it. Without its arguments: they may hold a token. */
export type ProgramApproval = {
	/** Absolute path. */
	readonly program: string;
	/** The path with all symbolic links resolved. */
	readonly file: string;
	/** The file that names it. */
	readonly requestedBy: string;
	/** The server that receives its output. */
	readonly server: string;
	/** The key of the configuration that lists programs which need no approval. */
	readonly configKey: string;
	/** True when it was approved before for the same file, but with other arguments, another environment or another server. */
	readonly changed: boolean;
	/** Approves it for this and later starts. @throws AdapterError `denied` when it cannot be saved. */
	approve(): Promise<void>;
};
