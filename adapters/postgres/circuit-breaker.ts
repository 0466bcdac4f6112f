import type {Context} from '../../src/contract/context.ts';
import type {Note} from '../../src/contract/row.ts';
import {type AdapterError, isAdapterError} from '../../src/errors.ts';

/** Long enough not to fill the server's log with refusals, short enough to notice a grant while its administrator waits. */
const retryMs = 60_000;

/**
 * A circuit breaker for an optional part of a read: after a refusal it is not sent again for a minute, and returns the note of the refusal.
 * Any other failure (a broken connection, a timeout) fails the read.
 */
export function createCircuitBreaker(what: string): <T>(context: Context, read: () => Promise<T>) => Promise<T | Note> {
	let refused: {readonly note: Note; readonly until: number} | undefined;
	const noteOf = (error: AdapterError): Note => ({
		text: `${what}: ${error.message}`,
		hint: error.hint,
		severity: 'unknown',
	});
	return async (context, read) => {
		if (refused !== undefined && context.now() < refused.until) return refused.note;
		try {
			const value = await read();
			refused = undefined;
			return value;
		} catch (error) {
			if (!isAdapterError(error) || !error.harmless) throw error;
			refused = {note: noteOf(error), until: context.now() + retryMs};
			return refused.note;
		}
	};
}

export const isNote = <T extends object>(value: T | Note): value is Note => 'text' in value && 'severity' in value;
