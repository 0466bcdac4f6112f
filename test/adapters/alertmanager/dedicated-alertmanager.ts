import {spawnSync} from 'node:child_process';
import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe} from 'vitest';
import {stringify} from 'yaml';
import type {Target} from '../../../src/contract/target.ts';
import type {AlertmanagerSettings} from '../../../src/port/alertmanager.ts';
import {certificate} from '../../estate/certificates.ts';
import type {Login, ServerProcess} from '../../estate/estate-record.ts';
import {type ClientCertificate, httpGet} from '../../estate/http-server.ts';
import {guardedHash} from '../../estate/prometheus.ts';
import {freePort, isRunning, startServer, stopProcess, waitUntilReady} from '../../estate/server-process.ts';
import {skipOrFail} from '../../estate/skip-or-fail.ts';

/** Critical alerts of a cluster inhibit its warnings, as in most configurations. */
const configuration = `
route:
  receiver: oncall
  group_wait: 1s
receivers:
  - name: oncall
inhibit_rules:
  - source_matchers: [severity="critical"]
    target_matchers: [severity="warning"]
    equal: [cluster, job]
`;

export type DedicatedAlertmanager = ServerProcess & {
	readonly host: string;
	readonly port: number;
	readonly url: string;
	/** The PEM file of its authority, when it speaks TLS. */
	readonly ca?: string;
	stop(): Promise<void>;
	/** Starts it on the same port. Alerts are lost until their senders repeat them; silences too when it was killed. */
	restart(): Promise<void>;
	end(): Promise<void>;
};

const program = 'prometheus-alertmanager';

const installed = spawnSync(program, ['--version']).status === 0;

/**
 * A `describe` with an Alertmanager of its own; await it. Skipped where the program is not installed; fails there with
 * MIDWATCH_REQUIRE=all.
 */
export async function describeDedicatedAlertmanager(
	title: string,
	body: (server: DedicatedAlertmanager) => void,
): Promise<void> {
	const server = installed ? await startDedicatedAlertmanager() : undefined;
	describe(`${title} on an Alertmanager`, () => {
		if (server !== undefined) {
			afterAll(() => server.end());
			return body(server);
		}
		skipOrFail('server', 'Alertmanager is not installed: apt-get install prometheus-alertmanager');
	});
}

export type AlertmanagerAccess = {
	/** The server speaks TLS only; the certificate may have expired. */
	readonly tls?: 'valid' | 'expired';
	/** Required login. */
	readonly login?: Login;
	/** Required client certificate: this one or another of the same authority. */
	readonly shown?: ClientCertificate;
	/** The folder of its authority and certificate. */
	readonly certificates?: string;
};

/** A real Alertmanager for one test file, alone in its cluster. */
export async function startDedicatedAlertmanager(guard: AlertmanagerAccess = {}): Promise<DedicatedAlertmanager> {
	const folder = mkdtempSync(join(tmpdir(), 'midwatch-alertmanager-'));
	// The server runs as another user.
	chmodSync(folder, 0o777);
	const file = join(folder, 'alertmanager.yml');
	writeFileSync(file, configuration);
	const signed = guard.tls && certificate(guard.certificates ?? folder, guard.tls === 'expired');
	const web = join(folder, 'web.yml');
	writeFileSync(
		web,
		stringify({
			...(signed && {
				tls_server_config: {
					...{cert_file: signed.cert, key_file: signed.key},
					...(guard.shown && {client_auth_type: 'RequireAndVerifyClientCert', client_ca_file: signed.ca}),
				},
			}),
			...(guard.login && {basic_auth_users: {[guard.login.user]: guardedHash}}),
		}),
	);
	const port = await freePort();
	const url = `${signed === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
	const start = async (): Promise<ServerProcess> => {
		const running = startServer(
			program,
			[
				`--config.file=${file}`,
				`--storage.path=${join(folder, 'data')}`,
				`--web.listen-address=127.0.0.1:${port}`,
				`--web.config.file=${web}`,
				'--cluster.listen-address=',
			],
			join(folder, 'log'),
		);
		await waitUntilReady(program, running, async () =>
			[200, 401].includes((await httpGet(`${url}/-/ready`, {}, guard.shown)).status),
		);
		return running;
	};
	let running = await start();
	return {
		get pid() {
			return running.pid;
		},
		get started() {
			return running.started;
		},
		host: '127.0.0.1',
		port,
		url,
		...(signed && {ca: signed.ca}),
		stop: () => stopProcess(running),
		async restart() {
			if (isRunning(running)) await stopProcess(running);
			running = await start();
		},
		async end() {
			await stopProcess(running);
			rmSync(folder, {recursive: true, force: true});
		},
	};
}

export const targetAt = (
	at: {readonly host: string; readonly port: number},
	settings: Partial<AlertmanagerSettings> = {},
): Target<AlertmanagerSettings> => ({
	name: 'alerts-main',
	kind: 'alertmanager',
	production: true,
	settings: {url: `http://${at.host}:${at.port}`, auth: {kind: 'none'}, headers: {}, environment: {}, ...settings},
});

/* The server as another client sees it: by fetch, and by amtool. */

type Labels = Readonly<Record<string, string>>;
type Server = Pick<DedicatedAlertmanager, 'url'>;

async function call(server: Server, path: string, init?: RequestInit): Promise<unknown> {
	const response = await fetch(`${server.url}/api/v2${path}`, init);
	const body = await response.text();
	if (!response.ok) throw new Error(`${path}: ${response.status} ${body}`);
	return body === '' ? undefined : JSON.parse(body);
}

const post = (server: Server, path: string, body: unknown) =>
	call(server, path, {method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify(body)});

/** Sends an alert that fires for a day, as a Prometheus does. */
export async function fireAlert(
	server: Server,
	labels: Labels,
	annotations: Labels = {},
	startedMs = 60_000,
): Promise<void> {
	const startsAt = new Date(Date.now() - startedMs).toISOString();
	const endsAt = new Date(Date.now() + 86_400_000).toISOString();
	const generatorURL = 'http://prometheus.example.test/graph?g0.expr=up+%3D%3D+0';
	await post(server, '/alerts', [{labels, annotations, startsAt, endsAt, generatorURL}]);
}

/** Ends the alert. */
export async function resolveAlert(server: Server, labels: Labels): Promise<void> {
	await post(server, '/alerts', [{labels, endsAt: new Date(Date.now() - 1000).toISOString()}]);
}

export type ApiSilence = {
	readonly id: string;
	readonly status: {readonly state: string};
	readonly updatedAt: string;
	readonly endsAt: string;
	readonly startsAt: string;
	readonly createdBy: string;
	readonly comment: string;
	readonly matchers: readonly {
		readonly name: string;
		readonly value: string;
		readonly isRegex: boolean;
		readonly isEqual: boolean;
	}[];
};

export const silencesOf = async (server: Server): Promise<readonly ApiSilence[]> =>
	(await call(server, '/silences')) as readonly ApiSilence[];

export type ApiAlert = {
	readonly labels: Labels;
	readonly status: {readonly state: string; readonly silencedBy: readonly string[]};
};

export const alertsOf = async (server: Server): Promise<readonly ApiAlert[]> =>
	(await call(server, '/alerts')) as readonly ApiAlert[];

/** Creates a silence through the API and returns its id. With the id of a silence it changes that one, where the server allows it. */
export async function createSilenceDirectly(
	server: Server,
	labels: Labels,
	options: {
		readonly minutes?: number;
		readonly startsInMinutes?: number;
		readonly id?: string;
		readonly by?: string;
		readonly comment?: string;
	} = {},
): Promise<string> {
	const {minutes = 60, startsInMinutes = 0, id, by = 'somebody', comment = 'through the API'} = options;
	const startsAt =
		id === undefined
			? new Date(Date.now() + startsInMinutes * 60_000).toISOString()
			: ((await silencesOf(server)).find(silence => silence.id === id)?.startsAt ?? '');
	const endsAt = new Date(Date.now() + minutes * 60_000).toISOString();
	const matchers = Object.entries(labels).map(([name, value]) => ({name, value, isRegex: false, isEqual: true}));
	const response = await post(server, '/silences', {
		...(id === undefined ? {} : {id}),
		matchers,
		startsAt,
		endsAt,
		createdBy: by,
		comment,
	});
	return (response as {readonly silenceID: string}).silenceID;
}

/** Changes an active silence through the API; it keeps its id. */
export async function updateSilenceDirectly(
	server: Server,
	id: string,
	change: Partial<Pick<ApiSilence, 'createdBy' | 'comment' | 'endsAt'>>,
): Promise<void> {
	const {status, updatedAt, ...silence} = (await silencesOf(server)).find(({id: other}) => other === id) ?? {};
	const response = (await post(server, '/silences', {...silence, ...change})) as {readonly silenceID: string};
	if (response.silenceID !== id) throw new Error(`silence ${id} became ${response.silenceID}`);
}

export async function expireSilenceDirectly(server: Server, id: string): Promise<void> {
	await call(server, `/silence/${id}`, {method: 'DELETE'});
}

/** The output of amtool. */
export function runAmtool(server: Server, ...words: readonly string[]): string {
	const result = spawnSync('amtool', [`--alertmanager.url=${server.url}`, ...words], {encoding: 'utf8'});
	if (result.status !== 0) throw new Error(`amtool ${words.join(' ')}: ${result.stderr}`);
	return result.stdout.trim();
}

/** A number that grows with every change of a silence (the times of its updates) and of alerts (the number received). */
export async function countChanges(server: Server): Promise<number> {
	const metrics = await (await fetch(`${server.url}/metrics`)).text();
	let received = 0;
	for (const [, count] of metrics.matchAll(/^alertmanager_alerts_received_total\{.*\} (\d+)$/gm))
		received += Number(count);
	const updated = (await silencesOf(server)).reduce((sum, {updatedAt}) => sum + Date.parse(updatedAt), 0);
	return received + updated;
}
