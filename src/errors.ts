/**
 * Why a request failed.
 * - `unreachable`: no connection, or it broke; the result of requests in flight is unknown
 * - `timeout`: connected, but no answer in time; the result of requests in flight is unknown
 * - `denied`: the server, or midwatch's own policy, refused; nothing was changed
 * - `unsupported`: this server, version or configuration lacks it; nothing was changed
 * - `malformed`: the answer could not be parsed
 * - `conflict`: the object no longer exists or has changed; nothing was changed
 */
export type ErrorKind = 'unreachable' | 'timeout' | 'denied' | 'unsupported' | 'malformed' | 'conflict';

/** The only error that an adapter throws. `message` says what happened, in the words of the server; `hint` says what to do next. */
export class AdapterError extends Error {
	override readonly name = 'AdapterError';
	readonly kind: ErrorKind;
	readonly hint: string;
	/**
	 * Epoch milliseconds since when the server was silent, where that was detected later (on a watch, for example): data read since then is no
	 * newer than this.
	 */
	readonly asOf: number | undefined;

	constructor(
		kind: ErrorKind,
		message: string,
		hint: string,
		options?: {readonly cause?: unknown; readonly asOf?: number | undefined},
	) {
		super(message, options);
		this.kind = kind;
		this.hint = hint;
		this.asOf = options?.asOf;
	}

	/** True when nothing can have changed on the server. */
	get harmless(): boolean {
		return this.kind === 'denied' || this.kind === 'unsupported' || this.kind === 'conflict';
	}
}

export const isAdapterError = (error: unknown): error is AdapterError => error instanceof AdapterError;

/** Thrown before anything was sent: what an action would change no longer exists, or is not as it was shown. */
export const conflictError = (message: string): AdapterError =>
	new AdapterError('conflict', message, 'Nothing was sent. Look at it as it is now, and decide again.');

/** Thrown by every write of a port that was opened read-only. */
export const readOnlyRefusal = (): AdapterError =>
	new AdapterError(
		'denied',
		'this connection was opened read-only: nothing is sent that changes the server',
		'Start midwatch without --read-only to act.',
	);

/** A write that a read-only connection has in place of the real one. */
export const rejectReadOnly = (): Promise<never> => Promise.reject(readOnlyRefusal());

/** Returns the error of a read before anything was sent as a harmless one: a kind that is not harmless becomes `denied`. */
export const toHarmlessError = (error: unknown): unknown =>
	!isAdapterError(error) || error.harmless
		? error
		: new AdapterError('denied', `nothing was sent: ${error.message}`, error.hint, {cause: error});

/** Awaits a read that an action makes before it sends anything. @throws the error of the read, made harmless by `toHarmlessError`. */
export async function readBeforeSending<T>(read: Promise<T>): Promise<T> {
	try {
		return await read;
	} catch (error) {
		throw toHarmlessError(error);
	}
}

/** Returns the message of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Returns the first error of an AggregateError (Node joins the errors of all addresses of a name in one); any other error unchanged. */
export const unwrapAggregateError = (error: unknown): unknown =>
	error instanceof AggregateError && error.errors.length > 0 ? unwrapAggregateError(error.errors[0]) : error;

/** Returns the `code` that Node, OpenSSL or a client set on an error: `ECONNREFUSED`; empty without one. */
export function codeOf(thrown: unknown): string {
	const error = unwrapAggregateError(thrown);
	return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
		? error.code
		: '';
}
