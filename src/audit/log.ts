import type {Store} from '../store.ts';
import type {AuditRecord, Entry} from './record.ts';

/** The audit of this user on this machine, as one console writes it. */
export type Audit = {
	/** The directory that holds the months. */
	readonly dir: string;
	/** The id of this console in its records. */
	readonly session: string;
	/** The last record that this console wrote. */
	readonly last: Store<AuditRecord | undefined>;
	newId(): string;
	/**
	 * Resolves when the record is on disk.
	 * @throws Error whose message says why it could not be written and what to do; then nothing may be done.
	 */
	append(entry: Entry): Promise<AuditRecord>;
	/** The newest records of all consoles, newest first. */
	recent(limit: number): Promise<readonly AuditRecord[]>;
};
