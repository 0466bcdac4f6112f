import type {SystemKind} from './row.ts';

/** One configured system. `settings` is the system's own shape, see `src/port/<system>.ts`. */
export type Target<Settings = unknown> = {
	readonly name: string;
	readonly kind: SystemKind;
	/** Unless declared `production: false` a target is guarded: no action runs until it is armed. */
	readonly production: boolean;
	readonly settings: Settings;
};

/** A value that must never reach the screen, a record, a log or argv. Only a client calls `reveal`, when it connects. */
export type Secret = {
	/** The reference, such as `${env:PGPASSWORD}`: safe to show. */
	readonly source: string;
	/** Reads the value. @throws AdapterError `denied` when the reference cannot be resolved. */
	reveal(): Promise<string>;
};
