import {chownSync, mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {stringify} from 'yaml';
import type {PrometheusServer} from './estate-record.ts';
import {debianProgram, httpGet} from './http-server.ts';
import {deadAddress, prometheusData} from './prometheus.ts';
import {freePort, startServer, unprivileged, waitUntilReady} from './server-process.ts';

/** Starts a VictoriaMetrics, which speaks the API of a Prometheus without being one. It scrapes itself, and something dead. */
export async function startVictoriaMetrics({
	name,
	folder,
	port: wanted,
}: {
	readonly name: string;
	readonly folder: string;
	readonly port: number;
}): Promise<PrometheusServer> {
	const ownFolder = join(folder, name);
	mkdirSync(ownFolder, {recursive: true, mode: 0o755});
	const port = await freePort(wanted);
	const file = join(ownFolder, 'prometheus.yml');
	const pool = (job: string, targets: readonly string[]) => ({job_name: job, static_configs: [{targets}]});
	writeFileSync(
		file,
		stringify({
			global: {scrape_interval: '1s', scrape_timeout: '1s'},
			scrape_configs: [pool('victoria', [`127.0.0.1:${port}`]), pool('dead', [deadAddress])],
		}),
	);
	const {uid, gid} = unprivileged;
	if (uid !== undefined) chownSync(ownFolder, uid, gid ?? uid);
	const binary = debianProgram('victoria-metrics');
	const args = [
		`-httpListenAddr=127.0.0.1:${port}`,
		`-storageDataPath=${join(ownFolder, 'data')}`,
		`-promscrape.config=${file}`,
		'-memory.allowedBytes=64MB',
		'-search.latencyOffset=0s',
		'-loggerLevel=WARN',
	];
	const log = join(ownFolder, 'log');
	const running = startServer(binary, args, log);
	const server: PrometheusServer = {
		...{
			kind: 'prometheus',
			name,
			version: 'victoria-metrics',
			host: '127.0.0.1',
			port,
			dataDir: ownFolder,
			log,
			binary,
			args,
		},
		...{lifecycle: false, ...running},
	};
	await waitUntilReady(name, running, async () => {
		if ((await httpGet(`http://127.0.0.1:${port}/health`)).status !== 200) return false;
		const {result} = (await prometheusData(server, '/api/v1/query?query=up')) as {result: readonly unknown[]};
		return result.length >= 2;
	});
	return server;
}
