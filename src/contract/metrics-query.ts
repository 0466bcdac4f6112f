/** One series of an answer. */
export type MetricsSample = {readonly labels: Readonly<Record<string, string>>; readonly value: number};

/** Asks a Prometheus target, of which the asker knows nothing else, in PromQL for a vector. @throws AdapterError as `PrometheusPort.query`. */
export type MetricsQuery = (
	expression: string,
	asking: {readonly signal: AbortSignal; readonly now: () => number},
) => Promise<{readonly samples: readonly MetricsSample[]}>;
