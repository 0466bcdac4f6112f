declare module 'pgpass/lib/helper.js' {
	type Wanted = {readonly host: string; readonly port: number; readonly database: string; readonly user: string};
	/** Reads lines of a password file, and calls back with the password of the first that matches, or with undefined. */
	export function getPassword(
		wanted: Wanted,
		lines: NodeJS.ReadableStream,
		found: (password: string | undefined) => void,
	): void;
}
