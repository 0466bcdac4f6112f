declare module 'pgpass' {
	type Wanted = {readonly host: string; readonly port: number; readonly database: string; readonly user: string};
	/** Calls back with the password of the first line that fits, or with undefined. */
	function pgpass(wanted: Wanted, found: (password: string | undefined) => void): void;
	namespace pgpass {
		/** Where warnings about the file's permissions go, instead of stderr. */
		function warnTo(stream: NodeJS.WritableStream): NodeJS.WritableStream;
	}
	export = pgpass;
}
