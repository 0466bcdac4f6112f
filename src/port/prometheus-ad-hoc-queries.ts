import type {Context} from '../contract/context.ts';
import type {PrometheusPort, QueryRange, Sample, Series} from './prometheus.ts';

/*
 * PromQL queries of the user, and the metrics page of a scrape target. Every member rejects with AdapterError, and at once when
 * `context.signal` aborts.
 */

export type QueryResult = {
	readonly kind: 'vector' | 'matrix' | 'scalar' | 'string';
	/** The samples of a vector or scalar; of a matrix, the newest point of each series. */
	readonly samples: readonly Sample[];
	/** The value of a string. */
	readonly text: string;
	/** Series that are native histograms, which have no one value. */
	readonly histograms: number;
	/** Warnings and infos of the server about its answer. */
	readonly warnings: readonly string[];
};

export type RangeQueryResult = {
	readonly series: readonly Series[];
	readonly histograms: number;
	readonly warnings: readonly string[];
};

/** A page as the target sends it. */
export type MetricsPage = {
	readonly text: string;
	readonly contentType: string;
	/** Until the last byte was here. */
	readonly tookMs: number;
	readonly bytes: number;
};

export type PrometheusQueries = {
	/** Any expression, evaluated at `at` (epoch milliseconds). @throws AdapterError with the server's words when it is wrong. */
	evaluate(expression: string, at: number, context: Context): Promise<QueryResult>;
	evaluateRange(expression: string, range: QueryRange, context: Context): Promise<RangeQueryResult>;
	/** Reads it from the target itself, without the credentials of Prometheus. */
	fetchPage(url: string, context: Context): Promise<MetricsPage>;
};

/** All that a connection to a Prometheus can do. */
export type PrometheusQueryPort = PrometheusPort & PrometheusQueries;
