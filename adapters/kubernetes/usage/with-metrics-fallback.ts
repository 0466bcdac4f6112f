import type {Note} from '../../../src/contract/row.ts';
import {isAdapterError} from '../../../src/errors.ts';
import type {ContainerMetrics} from '../../../src/port/kubernetes.ts';
import {describeMetricsApiFailure} from './metrics-api-failure.ts';

/** `usage` is undefined when nobody tells; the notes say why, or whose figures these are. */
export type UsageWithNotes<T> = {readonly usage: T | undefined; readonly notes: readonly Note[]};

/**
 * What the metrics API says, or in its place the Prometheus target that settings name.
 * @throws what is no answer of the API server, which then is no trouble of the metrics API.
 */
export async function withMetricsFallback<T>(
	api: Promise<T>,
	metrics: ContainerMetrics | undefined,
	instead: (metrics: ContainerMetrics) => Promise<{readonly usage: T; readonly remark: string}>,
): Promise<UsageWithNotes<T>> {
	try {
		return {usage: await api, notes: []};
	} catch (error) {
		const {text, hint, broken} = describeMetricsApiFailure(error);
		if (metrics === undefined) {
			// A hint that ends in a command is copied.
			const also = !hint.endsWith('.')
				? hint
				: `${hint} Or name a Prometheus target that scrapes its kubelets: \`metrics\` of this target.`;
			return {usage: undefined, notes: [{text: `${text}: there are no figures`, hint: also, severity: 'unknown'}]};
		}
		try {
			const {usage, remark} = await instead(metrics);
			const told = `${text}: these figures are those of ${metrics.target}, ${remark}`;
			// Autoscalers need it: one that is broken is a trouble of its own.
			return {usage, notes: [{text: told, hint, severity: broken ? 'warn' : 'ok'}]};
		} catch (second) {
			return {usage: undefined, notes: [{text, hint, severity: 'unknown'}, prometheusFailureNote(metrics, '', second)]};
		}
	}
}

/** Why the Prometheus target tells nothing. @throws what is no trouble of it. */
export function prometheusFailureNote({target: from}: ContainerMetrics, lacking: string, error: unknown): Note {
	if (!isAdapterError(error)) throw error;
	const text = error.message.startsWith(from) ? error.message : `${from}: ${error.message}`;
	return {text: `${lacking}${text}`, hint: error.hint, severity: 'unknown'};
}
