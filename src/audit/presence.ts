import type {Store} from '../store.ts';

/** Another console of the same user on the same machine. */
export type OtherConsole = {
	readonly session: string;
	readonly pid: number;
	readonly tty: string | undefined;
	readonly sshClient: string | undefined;
	/** Epoch milliseconds. */
	readonly since: number;
};

/** Tells this console of the others, and the others of this one. */
export type Presence = {
	readonly others: Store<readonly OtherConsole[]>;
	close(): Promise<void>;
};
