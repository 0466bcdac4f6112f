/** One series of the result. */
export type MetricsSample = {readonly labels: Readonly<Record<string, string>>; readonly value: number};

/** Runs an instant PromQL query on a Prometheus target and returns the vector. @throws AdapterError as `PrometheusPort.query`. */
export type MetricsQuery = (
	expression: string,
	context: {readonly signal: AbortSignal; readonly now: () => number},
) => Promise<{readonly samples: readonly MetricsSample[]}>;
