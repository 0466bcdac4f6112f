/**
 * Why a system did not do what was asked.
 * - `unreachable`: no connection, or it broke; nothing is known of what was in flight
 * - `timeout`: connected, no answer in time; nothing is known of what was in flight
 * - `denied`: the system, or midwatch's own policy, refused; nothing happened
 * - `unsupported`: this server, version or set-up lacks it; nothing happened
 * - `malformed`: an answer came that we cannot read
 * - `conflict`: what we meant is no longer there, or has changed; nothing happened
 */
export type ErrorKind = 'unreachable' | 'timeout' | 'denied' | 'unsupported' | 'malformed' | 'conflict';

/** The one error an adapter throws. `message` says what happened in the system's own words; `hint` says what to do next. */
export class AdapterError extends Error {
	override readonly name = 'AdapterError';
	readonly kind: ErrorKind;
	readonly hint: string;
	/**
	 * Epoch milliseconds, where the system had fallen silent before that was noticed, such as on a watch: what was read in between is no
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

	/** True when nothing can have happened at the far end. */
	get harmless(): boolean {
		return this.kind === 'denied' || this.kind === 'unsupported' || this.kind === 'conflict';
	}
}

export const isAdapterError = (error: unknown): error is AdapterError => error instanceof AdapterError;

/** Thrown by every write of a port that was opened read-only. */
export const readOnlyRefusal = (): AdapterError =>
	new AdapterError(
		'denied',
		'this connection was opened read-only: nothing is sent that changes the server',
		'Start midwatch without --read-only to act.',
	);

/** The failure of what an act does before it sends anything: harmless, of whatever kind it is. */
export const toHarmlessError = (error: unknown): unknown =>
	!isAdapterError(error) || error.harmless
		? error
		: new AdapterError('denied', `nothing was sent: ${error.message}`, error.hint, {cause: error});

/** A read that an act makes before it sends anything. @throws what `unsent` makes of its failure. */
export async function readBeforeSending<T>(read: Promise<T>): Promise<T> {
	try {
		return await read;
	} catch (error) {
		throw toHarmlessError(error);
	}
}

/** The text of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Node joins the failures of all addresses of a name in one error: the first tells enough. */
export const unwrapAggregateError = (error: unknown): unknown =>
	error instanceof AggregateError && error.errors.length > 0 ? unwrapAggregateError(error.errors[0]) : error;

/** The code that Node, OpenSSL or a client gave to what was thrown: `ECONNREFUSED`; empty without one. */
export function codeOf(thrown: unknown): string {
	const error = unwrapAggregateError(thrown);
	return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
		? error.code
		: '';
}
