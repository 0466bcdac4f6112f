import type {Note} from '../../../src/contract/row.ts';
import {isAdapterError} from '../../../src/errors.ts';
import type {ContainerMetrics} from '../../../src/port/kubernetes.ts';
import {describeMetricsApiFailure} from './metrics-api-failure.ts';

/** `usage` is undefined when no source has it. `notes` say why, or name the source when it is the fallback. */
export type UsageWithNotes<T> = {readonly usage: T | undefined; readonly notes: readonly Note[]};

/**
 * Usage from the metrics API, or from the configured Prometheus target when the metrics API fails.
 * @throws the error when it is no response of the API server: then the metrics API is not the problem.
 */
export async function withMetricsFallback<T>(
	api: Promise<T>,
	metrics: ContainerMetrics | undefined,
	fallback: (metrics: ContainerMetrics) => Promise<{readonly usage: T; readonly remark: string}>,
): Promise<UsageWithNotes<T>> {
	try {
		return {usage: await api, notes: []};
	} catch (error) {
		const {text, hint, broken} = describeMetricsApiFailure(error);
		if (metrics === undefined) {
			// A hint that ends in a command is for copying: append nothing.
			const also = !hint.endsWith('.')
				? hint
				: `${hint} Or set \`metrics\` of this target to a Prometheus target that scrapes its kubelets.`;
			return {usage: undefined, notes: [{text: `${text}: no usage is shown`, hint: also, severity: 'unknown'}]};
		}
		try {
			const {usage, remark} = await fallback(metrics);
			const sourceText = `${text}: usage is from ${metrics.target}, ${remark}`;
			// Autoscalers need the metrics API: a broken one is a problem of its own.
			return {usage, notes: [{text: sourceText, hint, severity: broken ? 'warn' : 'ok'}]};
		} catch (second) {
			return {usage: undefined, notes: [{text, hint, severity: 'unknown'}, prometheusFailureNote(metrics, '', second)]};
		}
	}
}

/** The note for a failed read of the Prometheus target. @throws the error when it is no AdapterError. */
export function prometheusFailureNote({target: from}: ContainerMetrics, lacking: string, error: unknown): Note {
	if (!isAdapterError(error)) throw error;
	const text = error.message.startsWith(from) ? error.message : `${from}: ${error.message}`;
	return {text: `${lacking}${text}`, hint: error.hint, severity: 'unknown'};
}
