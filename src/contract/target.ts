import type {SystemKind} from './row.ts';

/** One configured system. `settings` is the system's own shape, see `src/port/<system>.ts`. */
export type Target<Settings = unknown> = {
	readonly name: string;
	readonly kind: SystemKind;
	/** Everything not declared `production: false` is guarded: nothing may be changed until it is armed. */
	readonly production: boolean;
	readonly settings: Settings;
};

/** A value that must never reach a frame, a record, a log or argv. Only a client may call `reveal`, at the moment it connects. */
export type Secret = {
	/** Where it comes from, e.g. `${env:PGPASSWORD}`: safe to show. */
	readonly source: string;
	/** @throws AdapterError `denied` when the reference cannot be resolved. */
	reveal(): Promise<string>;
};
