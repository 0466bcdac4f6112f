import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';

export type ContainerSeries = {
	readonly labels: Readonly<Record<string, string>>;
	readonly bytes: number;
	/** How fast the counter of its CPU seconds grows. */
	readonly cores: number;
	/** How many of its ten CPU periods per second are throttled; undefined without a limit. */
	readonly throttledPeriods?: number;
	/** It was measured last so many milliseconds before the exporter started, and never again. */
	readonly endedMs?: number;
};

/** Samples go back this far, so that a rate over minutes can be queried at once. */
const historyMs = 300_000;
const stepMs = 15_000;

/**
 * Serves a kubelet's container metrics on loopback, with timestamps of its own as a kubelet does: the first scrapes get the samples of the
 * past minutes, one step each, until they reach the present.
 */
export async function startContainerExporter(series: readonly ContainerSeries[]) {
	const began = Date.now();
	let at = began - historyMs;
	let caughtUp = false;

	const page = (): string => {
		caughtUp ||= at + stepMs >= Date.now();
		at = caughtUp ? Date.now() : at + stepMs;
		const lines = (name: string, value: (one: ContainerSeries, seconds: number) => number | undefined) =>
			series.flatMap(one => {
				const moment = Math.min(at, one.endedMs === undefined ? at : began - one.endedMs);
				const found = value(one, (moment - began + historyMs) / 1000);
				const labels = Object.entries(one.labels).map(([label, text]) => `${label}="${text}"`);
				return found === undefined ? [] : `${name}{${labels.join(',')}} ${found} ${moment}`;
			});
		return [
			'# TYPE container_memory_working_set_bytes gauge',
			...lines('container_memory_working_set_bytes', one => one.bytes),
			'# TYPE container_cpu_usage_seconds_total counter',
			...lines('container_cpu_usage_seconds_total', (one, seconds) => one.cores * seconds),
			'# TYPE container_cpu_cfs_periods_total counter',
			...lines('container_cpu_cfs_periods_total', (one, seconds) => one.throttledPeriods && 10 * seconds),
			'# TYPE container_cpu_cfs_throttled_periods_total counter',
			...lines(
				'container_cpu_cfs_throttled_periods_total',
				(one, seconds) => one.throttledPeriods && one.throttledPeriods * seconds,
			),
			'',
		].join('\n');
	};

	const server = createServer((_, response) => {
		response.setHeader('Content-Type', 'text/plain; version=0.0.4');
		response.end(page());
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
		/** Whether all past samples were served. */
		caughtUp: () => caughtUp,
		close() {
			server.closeAllConnections();
			server.close();
		},
	};
}
