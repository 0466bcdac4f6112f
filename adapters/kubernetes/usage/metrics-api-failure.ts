import {isAdapterError} from '../../../src/errors.ts';
import {findApiRefusal} from '../api/errors.ts';

/** Why the metrics API gives no figures. `broken`: it is installed but fails. */
export type MetricsApiFailure = {readonly text: string; readonly hint: string; readonly broken: boolean};

/**
 * Describes a failed read of the metrics API: it is missing, we may not read it, or it fails. Each needs a different fix.
 * @throws the error when it is no response of the server, such as a lost connection.
 */
export function describeMetricsApiFailure(error: unknown): MetricsApiFailure {
	// Without a response it is the connection that fails, not the metrics API.
	if (!isAdapterError(error) || findApiRefusal(error) === undefined) throw error;
	const {kind, message, hint} = error;
	const text = kind === 'denied' ? `the metrics API may not be read: ${message}` : message;
	return {text, hint, broken: kind !== 'denied' && kind !== 'unsupported'};
}
