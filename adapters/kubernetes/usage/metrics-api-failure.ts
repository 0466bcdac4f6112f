import {isAdapterError} from '../../../src/errors.ts';
import {findApiRefusal} from '../api/errors.ts';

/** What is wrong with the metrics API. `broken`: it is there, and does not work. */
export type MetricsApiFailure = {readonly text: string; readonly hint: string; readonly broken: boolean};

/**
 * Why there are no figures, by what the metrics API answered: it is missing, we may not read it, or it fails. These are three troubles
 * with three cures, and none of them is a broken midwatch. @throws what is no answer of a server.
 */
export function describeMetricsApiFailure(error: unknown): MetricsApiFailure {
	// Without an answer of the server it is the link that fails, and not the metrics API.
	if (!isAdapterError(error) || findApiRefusal(error) === undefined) throw error;
	const {kind, message, hint} = error;
	const text = kind === 'denied' ? `the metrics API may not be read: ${message}` : message;
	return {text, hint, broken: kind !== 'denied' && kind !== 'unsupported'};
}
