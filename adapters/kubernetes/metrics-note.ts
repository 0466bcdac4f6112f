import type {Note} from '../../src/contract.ts';
import {isAdapterError} from '../../src/errors.ts';
import {refusalOf} from './errors.ts';

/**
 * Why there are no figures, by what the metrics API answered: it is missing, we may not read it, or it fails. These are three troubles
 * with three cures, and none of them is a broken midwatch. @throws what is no answer of a server.
 */
export function metricsNote(error: unknown): Note {
	// Without an answer of the server it is the link that fails, and not the metrics API.
	if (!isAdapterError(error) || refusalOf(error) === undefined) throw error;
	switch (error.kind) {
		case 'unsupported':
			return {
				text: `${error.message}: there are no figures of CPU and memory`,
				hint: error.hint,
				severity: 'unknown',
			};
		case 'denied':
			return {text: `the metrics API may not be read: ${error.message}`, hint: error.hint, severity: 'unknown'};
		default:
			return {
				text: error.message,
				hint: error.hint,
				severity: 'unknown',
			};
	}
}
