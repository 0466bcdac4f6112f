import {once} from 'node:events';
import {writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {type DisposableServer, startDisposablePrometheus} from '../../estate/disposable-server.ts';
import type {PrometheusServer} from '../../estate/estate-record.ts';
import {deadAddress, prometheusData} from '../../estate/prometheus.ts';

export type LargePrometheus = {
	readonly server: PrometheusServer;
	readonly size: number;
	readonly down: number;
	end(): Promise<void>;
};

/** Labels like those of Kubernetes service discovery, which make the response large. */
const discovered = (index: number) =>
	Object.fromEntries(
		Array.from({length: 17}, (_, label) => [`__meta_kubernetes_pod_label_${label}`, `value-${label}-of-${index}`]),
	);

/**
 * A Prometheus with `size` targets, `down` of them dead; all but the last tenth are in one pool. All are the same page of metrics with
 * different instance labels. Resolves when each was scraped once.
 */
export async function startLargePrometheus(size: number, down: number): Promise<LargePrometheus> {
	const page = createServer((_, response) => response.end('# TYPE answer gauge\nanswer 42\n'));
	page.listen(0, '127.0.0.1');
	await once(page, 'listening');
	const address = `127.0.0.1:${(page.address() as AddressInfo).port}`;
	const groups = Array.from({length: size}, (_, index) => ({
		targets: [index < down ? deadAddress : address],
		labels: {instance: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}:9100`, ...discovered(index)},
	}));
	const tenth = Math.floor(size / 10);
	const pool = (name: string) => ({job_name: name, file_sd_configs: [{files: [`${name}.json`]}]});
	const disposable: DisposableServer<PrometheusServer> = await startDisposablePrometheus({
		files: port => ({
			config: {
				global: {scrape_interval: '30s', scrape_timeout: '10s'},
				scrape_configs: [
					{
						job_name: 'prometheus',
						scrape_interval: '1s',
						scrape_timeout: '1s',
						static_configs: [{targets: [`127.0.0.1:${port}`]}],
					},
					pool('fleet'),
					pool('small'),
				],
			},
			rules: [],
		}),
	});
	const server = disposable.current();
	const write = (name: string, part: typeof groups) =>
		writeFileSync(join(server.dataDir, `${name}.json`), JSON.stringify(part));
	write('fleet', groups.slice(0, size - tenth));
	write('small', groups.slice(size - tenth));
	const scraped = async () => {
		const {result} = (await prometheusData(server, '/api/v1/query?query=count(up)')) as {
			result: readonly {value: readonly [number, string]}[];
		};
		return Number(result[0]?.value[1] ?? 0);
	};
	// Found within five seconds, scraped over the thirty after that.
	for (let turn = 0; (await scraped()) < size + 1; turn++) {
		if (turn > 120) throw new Error(`only ${await scraped()} of ${size} targets were scraped`);
		await pause(500);
	}
	return {
		...{server, size, down},
		async end() {
			await disposable.end();
			page.closeAllConnections();
			page.close();
		},
	};
}
