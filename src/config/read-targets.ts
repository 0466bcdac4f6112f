import type {Target} from '../contract/target.ts';
import type {HttpVia} from '../port/http.ts';
import type {KubernetesSettings} from '../port/kubernetes.ts';
import type {PostgresSettings} from '../port/postgres.ts';
import {defaultSamplerBudget, type RedisSettings} from '../port/redis.ts';
import type {ConfigDocument, Path} from './config-document.ts';
import type {ConfigEnvironment} from './config-environment.ts';
import type {Mistake} from './config-error.ts';
import type {KubernetesEntry, PostgresEntry, RedisEntry, TargetEntry} from './config-schema.ts';
import {
	checkCertificate,
	type ReportMistake,
	readSecretReference,
	rejectKeysGivenByUrl,
	resolveUrl,
} from './entry-fields.ts';
import {readHttpSettings} from './http-settings.ts';
import {readKafkaSettings} from './kafka-settings.ts';
import {createKubernetesSettings} from './kubernetes/kubernetes-settings.ts';
import {parsePostgresUrl, type RawPostgresSettings, resolvePostgresSettings} from './postgres-settings.ts';
import {parseRedisUrl} from './redis-settings.ts';
import {parseHost} from './server-url.ts';
import {SettingsError} from './settings-error.ts';

/** Turns validated entries into targets. All mistakes are collected, so that one start reports them together. */
export function resolveTargets(
	entries: readonly TargetEntry[],
	document: ConfigDocument,
	environment: ConfigEnvironment,
): {readonly targets: readonly Target[]; readonly mistakes: readonly Mistake[]} {
	const mistakes: Mistake[] = [];
	const targets: Target[] = [];
	const seen = new Set<string>();
	for (const [index, entry] of entries.entries()) {
		const path: Path = ['targets', index];
		const report = (key: string, text: string) => mistakes.push(document.mistake([...path, key], text));
		if (seen.has(entry.name.toLowerCase())) report('name', `there is another target called ${entry.name}`);
		seen.add(entry.name.toLowerCase());
		const settings = readSettings(entry, report, environment);
		targets.push({name: entry.name, kind: entry.kind, production: entry.production, settings});
	}
	for (const [index, {settings}] of targets.entries()) {
		const {via, metrics} = settings as LinkedTargets;
		for (const [key, kind, wanted] of [
			['via', 'kubernetes', via?.kubernetes],
			['metrics', 'prometheus', metrics?.prometheus],
		] as const) {
			if (wanted === undefined || targets.some(target => target.name === wanted && target.kind === kind)) continue;
			const written: Path = ['targets', index, key, kind];
			// The name may also be given as a scalar instead of the mapping.
			const path = document.has(written) ? written : written.slice(0, -1);
			mistakes.push(document.mistake(path, `no target of kind ${kind} is called ${wanted}`));
		}
	}
	return {targets, mistakes};
}

/** The settings that refer to another target. */
type LinkedTargets = {readonly via?: HttpVia; readonly metrics?: KubernetesSettings['metrics']};

function readSettings(entry: TargetEntry, report: ReportMistake, environment: ConfigEnvironment): Target['settings'] {
	switch (entry.kind) {
		case 'postgres':
			return readPostgres(entry, report, environment);
		case 'redis':
			return readRedis(entry, report, environment);
		case 'kubernetes':
			return readKubernetes(entry, report, environment);
		case 'kafka':
			return readKafkaSettings(entry, report, environment);
		case 'prometheus':
		case 'alertmanager':
			return readHttpSettings(entry, report, environment);
	}
}

function readKubernetes(
	entry: KubernetesEntry,
	report: ReportMistake,
	environment: ConfigEnvironment,
): KubernetesSettings {
	const {inCluster, impersonate} = entry;
	if (inCluster === true) {
		for (const key of ['kubeconfig', 'context'] as const) {
			if (entry[key] !== undefined) report(key, `inCluster needs no ${key}: leave out one of them`);
		}
	}
	const {kubeconfig, context, namespaces, metrics} = entry;
	const as = impersonate && {...impersonate, extra: {}};
	return createKubernetesSettings({kubeconfig, context, namespaces, inCluster, metrics, impersonate: as}, environment);
}

function readPostgres(entry: PostgresEntry, report: ReportMistake, environment: ConfigEnvironment): PostgresSettings {
	const own: RawPostgresSettings = {
		database: entry.database,
		user: entry.user,
		password: readSecretReference(entry.password, report, environment),
		connectTimeoutMs: entry.connectTimeoutMs,
		statementTimeoutMs: entry.statementTimeoutMs,
		...(entry.tls && {
			tlsMode: entry.tls.mode,
			allowCleartext: entry.tls.allowCleartext,
			ca: entry.tls.ca,
			cert: entry.tls.cert,
			key: entry.tls.key,
		}),
	};
	checkCertificate(entry.tls, report);
	if (entry.tls?.allowCleartext === true && /^verify/.test(entry.tls.mode))
		report(
			'tls',
			`allowCleartext says that the server need not be verified, and mode ${entry.tls.mode} that it must: use prefer, require or disable with it`,
		);
	let raw: RawPostgresSettings = own;
	if (entry.url === undefined) raw = {...own, hosts: hostsOf(entry, report)};
	else {
		rejectKeysGivenByUrl(entry, ['host', 'port', 'hosts', 'database', 'user'], report);
		const url = resolveUrl(entry.url, report, environment);
		try {
			const fromUrl = url === undefined ? {} : parsePostgresUrl(url.text, url.source);
			if (fromUrl.tlsMode !== undefined || fromUrl.ca !== undefined || fromUrl.cert !== undefined)
				rejectKeysGivenByUrl(entry, ['tls'], report);
			raw = {
				...fromUrl,
				...withoutUndefined(own),
				connectTimeoutMs: fromUrl.connectTimeoutMs ?? entry.connectTimeoutMs,
			};
		} catch (error) {
			if (!(error instanceof SettingsError)) throw error;
			report('url', error.message);
		}
	}
	try {
		return resolvePostgresSettings(raw, environment);
	} catch (error) {
		if (!(error instanceof SettingsError)) throw error;
		report('url', error.message);
		return resolvePostgresSettings({...raw, tlsMode: undefined}, environment);
	}
}

const withoutUndefined = (settings: RawPostgresSettings): RawPostgresSettings =>
	Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));

function hostsOf(entry: PostgresEntry, report: ReportMistake): RawPostgresSettings['hosts'] {
	if (entry.hosts !== undefined) {
		for (const key of ['host', 'port'] as const) {
			if (entry[key] !== undefined) report(key, `hosts says the ${key} already: leave out one of them`);
		}
		return entry.hosts.flatMap(text => {
			const host = parseHost(text);
			if (host === undefined) report('hosts', 'hosts must be a list of host or host:port');
			return host ?? [];
		});
	}
	if (entry.host === undefined) report('name', `${entry.name} needs host, hosts or url: where the server is`);
	return [{host: entry.host ?? 'localhost', port: entry.port}];
}

function readRedis(entry: RedisEntry, report: ReportMistake, environment: ConfigEnvironment): RedisSettings {
	const password = readSecretReference(entry.password, report, environment);
	const extra = {replica: entry.replica, sampler: entry.sampler ?? defaultSamplerBudget};
	checkCertificate(entry.tls, report);
	const plain: RedisSettings = {
		host: entry.host ?? 'localhost',
		port: entry.port ?? 6379,
		db: entry.db ?? 0,
		username: entry.username,
		password,
		tls: entry.tls,
		...extra,
	};
	if (entry.url === undefined) {
		if (entry.host === undefined) report('name', `${entry.name} needs host or url: where the server is`);
		return plain;
	}
	rejectKeysGivenByUrl(entry, ['host', 'port', 'db', 'username'], report);
	const url = resolveUrl(entry.url, report, environment);
	if (url === undefined) return plain;
	try {
		const parsed = parseRedisUrl(url.text, url.source, password !== undefined);
		return {...parsed, ...extra, password: password ?? parsed.password, tls: entry.tls ?? parsed.tls};
	} catch (error) {
		if (!(error instanceof SettingsError)) throw error;
		report('url', error.message);
		return plain;
	}
}
