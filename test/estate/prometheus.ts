import {chownSync, mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {stringify} from 'yaml';
import type {CertificateFiles} from './certificates.ts';
import type {Login, PrometheusServer, Server} from './estate-record.ts';
import {type ClientCertificate, debianProgram, httpGet} from './http-server.ts';
import {freePort, startServer, stopProcess, unprivileged, waitUntilReady} from './server-process.ts';

/** The contents of the configuration files of a server. */
export type PrometheusFiles = {readonly config: Readonly<Record<string, unknown>>; readonly rules: readonly object[]};

export type PrometheusOptions = {
	readonly name: string;
	/** The folder of the estate; the server makes one of its own in it. */
	readonly folder: string;
	/** 0 takes any free port. */
	readonly port: number;
	files(port: number): PrometheusFiles;
	/** Whether POST /-/reload is allowed. */
	readonly lifecycle: boolean;
	/** The only user that is accepted. */
	readonly login?: Login;
	/** Set when the server accepts only TLS. With `shown` it accepts only clients with a certificate of its authority; `shown` is one. */
	readonly tls?: CertificateFiles & {readonly shown?: ClientCertificate};
};

/** The only user of a server with basic authentication. */
export const guardedLogin: Login = {user: 'operator', password: 'estate-guarded'};
/** The bcrypt hash of that password, at the lowest cost: https://prometheus.io/docs/prometheus/latest/configuration/https/ wants bcrypt, which Node lacks. */
export const guardedHash = '$2b$04$E2K21GvGnDtkjTe.VM8Yv.xCcl8TX1R/WGWJgdjmRERBDeAo5bSVS';

export const prometheusUrl = (server: Pick<PrometheusServer, 'port' | 'tls'>): string =>
	`${server.tls === undefined ? 'http' : 'https'}://127.0.0.1:${server.port}`;

export const loginHeaders = (login: Login | undefined): Readonly<Record<string, string>> =>
	login === undefined
		? {}
		: {Authorization: `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`};

/** The body that the server returns for a GET of a path, requested by the test itself. */
export const getPrometheus = (server: PrometheusServer, path: string) =>
	httpGet(`${prometheusUrl(server)}${path}`, loginHeaders(server.login), server.tls?.shown);

/** The `data` of a response of its API. @throws Error with its message when it refuses. */
export async function prometheusData(server: PrometheusServer, path: string): Promise<unknown> {
	const {status, body} = await getPrometheus(server, path);
	if (status !== 200) throw new Error(`${path}: status ${status}: ${body}`);
	return (JSON.parse(body) as {data: unknown}).data;
}

/** Starts a server with nothing in it and waits until it has scraped everything once. */
export async function startPrometheus(options: PrometheusOptions): Promise<PrometheusServer> {
	const folder = join(options.folder, options.name);
	mkdirSync(join(folder, 'data'), {recursive: true, mode: 0o755});
	const port = await freePort(options.port);
	writePrometheusFiles(folder, options.files(port));
	const {login, tls} = options;
	const web = {
		...(login === undefined ? {} : {basic_auth_users: {[login.user]: guardedHash}}),
		...(tls === undefined
			? {}
			: {
					tls_server_config: {
						cert_file: tls.cert,
						key_file: tls.key,
						...(tls.shown ? {client_auth_type: 'RequireAndVerifyClientCert', client_ca_file: tls.ca} : {}),
					},
				}),
	};
	writeFileSync(join(folder, 'web.yml'), stringify(web));
	const {uid, gid} = unprivileged;
	if (uid !== undefined) for (const path of [folder, join(folder, 'data')]) chownSync(path, uid, gid ?? uid);
	const args = [
		`--config.file=${join(folder, 'prometheus.yml')}`,
		`--web.config.file=${join(folder, 'web.yml')}`,
		`--storage.tsdb.path=${join(folder, 'data')}`,
		`--web.listen-address=127.0.0.1:${port}`,
		'--log.level=warn',
		...(options.lifecycle ? ['--web.enable-lifecycle'] : []),
	];
	const binary = debianProgram('prometheus');
	const log = join(folder, 'log');
	const running = startServer(binary, args, log);
	const server: PrometheusServer = {
		kind: 'prometheus',
		name: options.name,
		version: '',
		host: '127.0.0.1',
		port,
		dataDir: folder,
		log,
		binary,
		args,
		lifecycle: options.lifecycle,
		...running,
		...(login === undefined ? {} : {login}),
		...(tls === undefined ? {} : {tls: {ca: tls.ca, expired: tls.expired, ...(tls.shown && {shown: tls.shown})}}),
	};
	try {
		await waitUntilReady(options.name, running, () => isReady(server));
		const {version} = (await prometheusData(server, '/api/v1/status/buildinfo')) as {version: string};
		return {...server, version: version.replace(/\+.*/, '')};
	} catch (error) {
		await stopProcess(running);
		throw error;
	}
}

/** Rewrites the files. The server reads them when it is reloaded. */
export function writePrometheusFiles(folder: string, {config, rules}: PrometheusFiles): void {
	writeFileSync(join(folder, 'prometheus.yml'), yamlOf(config));
	writeFileSync(join(folder, 'rules.yml'), yamlOf({groups: rules}));
}

/** The server reads no C1 controls. Text that has another control as well is quoted, where an escape represents them. */
const yamlOf = (value: object): string =>
	stringify(value).replaceAll(/[\u0080-\u009f]/g, control => `\\x${control.charCodeAt(0).toString(16)}`);

/** Starts a stopped server on the port and with the files it had. The pid changes. */
export async function restartPrometheus(server: PrometheusServer): Promise<PrometheusServer> {
	await stopProcess(server);
	const restarted = {...server, ...startServer(server.binary, server.args, server.log)};
	await waitUntilReady(server.name, restarted, () => isReady(restarted));
	return restarted;
}

async function isReady(server: PrometheusServer): Promise<boolean> {
	if ((await getPrometheus(server, '/-/ready')).status !== 200) return false;
	const {activeTargets} = (await prometheusData(server, '/api/v1/targets?state=active')) as {
		activeTargets: readonly {health: string}[];
	};
	return activeTargets.length > 0 && activeTargets.every(({health}) => health !== 'unknown');
}

/** A port on which nothing listens, and nothing ever may: the lowest of all. */
export const deadAddress = '127.0.0.1:1';

const pool = (name: string, addresses: readonly string[], labels: Readonly<Record<string, string>> = {}) => ({
	job_name: name,
	static_configs: [{targets: addresses, labels}],
});

/** Scrapes itself, the exporters that are up, and what is dead; one pool is called otherwise by its targets. */
export const estatePrometheusFiles =
	(up: readonly Server[]) =>
	(port: number): PrometheusFiles => ({
		config: {
			global: {scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s'},
			rule_files: ['rules.yml'],
			scrape_configs: [
				pool('prometheus', [`127.0.0.1:${port}`]),
				...up.flatMap(server =>
					server.kind === 'exporter' ? [pool(server.name, [`${server.host}:${server.port}`])] : [],
				),
				pool('dead', [deadAddress, `127.0.0.1:${port}`], {team: 'checkout'}),
				{
					...pool('monitors/web/0', [deadAddress]),
					relabel_configs: [{target_label: 'job', replacement: 'storefront'}],
				},
			],
			...alerting(up),
		},
		rules: [
			{
				name: 'targets',
				rules: [
					{
						alert: 'TargetDown',
						expr: 'up == 0',
						for: '1s',
						labels: {severity: 'critical'},
						annotations: {
							summary: '{{ $labels.job }} on {{ $labels.instance }} cannot be scraped',
							runbook_url: 'https://runbooks.example.test/target-down',
						},
					},
					{alert: 'Watchdog', expr: 'vector(1)', labels: {severity: 'none'}},
					{alert: 'SlowBurn', expr: 'up == 0', for: '30d', labels: {severity: 'warning'}},
					{record: 'job:up:sum', expr: 'sum by (job) (up)'},
				],
			},
			{
				name: 'broken',
				rules: [{alert: 'Ambiguous', expr: 'up * on () group_left () up'}],
			},
		],
	});

function alerting(up: readonly Server[]): object {
	const addresses = up.filter(({kind}) => kind === 'alertmanager').map(({host, port}) => `${host}:${port}`);
	if (addresses.length === 0) return {};
	return {alerting: {alertmanagers: [{static_configs: [{targets: addresses}]}]}};
}

/** Scrapes only itself, with the login and TLS of the options. */
export const selfScrapeFiles =
	({login, tls}: Pick<PrometheusOptions, 'login' | 'tls'> = {}) =>
	(port: number): PrometheusFiles => ({
		config: {
			global: {scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s'},
			rule_files: ['rules.yml'],
			scrape_configs: [
				{
					...pool('prometheus', [`127.0.0.1:${port}`]),
					...(tls === undefined
						? {}
						: {
								scheme: 'https',
								tls_config: {
									insecure_skip_verify: true,
									...(tls.shown && {cert_file: tls.shown.cert, key_file: tls.shown.key}),
								},
							}),
					...(login === undefined ? {} : {basic_auth: {username: login.user, password: login.password}}),
				},
			],
		},
		rules: [],
	});
