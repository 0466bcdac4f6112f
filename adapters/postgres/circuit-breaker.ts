import type {Context} from '../../src/contract/context.ts';
import type {Note} from '../../src/contract/row.ts';
import {type AdapterError, isAdapterError} from '../../src/errors.ts';

/** Long enough not to fill the server's log with refusals, short enough that a grant is noticed while somebody waits for it. */
const retryMs = 60_000;

/**
 * A part of a read that may be refused without spoiling the rest. After a refusal it is left alone for a minute, and its note stays. Any
 * other failure (a broken connection, a timeout) is the whole read's.
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
