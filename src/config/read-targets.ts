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

/** Turns what a person wrote into targets. Everything that is wrong is collected, so that one start tells all of it. */
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
		const complain = (key: string, text: string) => mistakes.push(document.mistake([...path, key], text));
		if (seen.has(entry.name.toLowerCase())) complain('name', `there is another target called ${entry.name}`);
		seen.add(entry.name.toLowerCase());
		const settings = readSettings(entry, complain, environment);
		targets.push({name: entry.name, kind: entry.kind, production: entry.production, settings});
	}
	for (const [index, {settings}] of targets.entries()) {
		const {via, metrics} = settings as LinkedTargets;
		for (const [key, kind, wanted] of [
			['via', 'kubernetes', via?.kubernetes],
			['metrics', 'prometheus', metrics?.prometheus],
		] as const) {
			if (wanted === undefined || targets.some(one => one.name === wanted && one.kind === kind)) continue;
			const written: Path = ['targets', index, key, kind];
			// The name may also stand alone for the mapping.
			const path = document.has(written) ? written : written.slice(0, -1);
			mistakes.push(document.mistake(path, `no target of kind ${kind} is called ${wanted}`));
		}
	}
	return {targets, mistakes};
}

/** What in settings names another target. */
type LinkedTargets = {readonly via?: HttpVia; readonly metrics?: KubernetesSettings['metrics']};

function readSettings(entry: TargetEntry, complain: ReportMistake, environment: ConfigEnvironment): Target['settings'] {
	switch (entry.kind) {
		case 'postgres':
			return readPostgres(entry, complain, environment);
		case 'redis':
			return readRedis(entry, complain, environment);
		case 'kubernetes':
			return readKubernetes(entry, complain, environment);
		case 'kafka':
			return readKafkaSettings(entry, complain, environment);
		case 'prometheus':
		case 'alertmanager':
			return readHttpSettings(entry, complain, environment);
	}
}

function readKubernetes(
	entry: KubernetesEntry,
	complain: ReportMistake,
	environment: ConfigEnvironment,
): KubernetesSettings {
	const {inCluster, impersonate} = entry;
	if (inCluster === true) {
		for (const key of ['kubeconfig', 'context'] as const) {
			if (entry[key] !== undefined) complain(key, `inCluster needs no ${key}: leave out one of them`);
		}
	}
	const {kubeconfig, context, namespaces, metrics} = entry;
	const as = impersonate && {...impersonate, extra: {}};
	return createKubernetesSettings({kubeconfig, context, namespaces, inCluster, metrics, impersonate: as}, environment);
}

function readPostgres(entry: PostgresEntry, complain: ReportMistake, environment: ConfigEnvironment): PostgresSettings {
	const own: RawPostgresSettings = {
		database: entry.database,
		user: entry.user,
		password: readSecretReference(entry.password, complain, environment),
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
	checkCertificate(entry.tls, complain);
	if (entry.tls?.allowCleartext === true && /^verify/.test(entry.tls.mode))
		complain(
			'tls',
			`allowCleartext says that the server need not be verified, and mode ${entry.tls.mode} that it must: use prefer, require or disable with it`,
		);
	let words: RawPostgresSettings = own;
	if (entry.url === undefined) words = {...own, hosts: hostsOf(entry, complain)};
	else {
		rejectKeysGivenByUrl(entry, ['host', 'port', 'hosts', 'database', 'user'], complain);
		const url = resolveUrl(entry.url, complain, environment);
		try {
			const said = url === undefined ? {} : parsePostgresUrl(url.text, url.source);
			if (said.tlsMode !== undefined || said.ca !== undefined || said.cert !== undefined)
				rejectKeysGivenByUrl(entry, ['tls'], complain);
			words = {...said, ...withoutUndefined(own), connectTimeoutMs: said.connectTimeoutMs ?? entry.connectTimeoutMs};
		} catch (error) {
			if (!(error instanceof SettingsError)) throw error;
			complain('url', error.message);
		}
	}
	try {
		return resolvePostgresSettings(words, environment);
	} catch (error) {
		if (!(error instanceof SettingsError)) throw error;
		complain('url', error.message);
		return resolvePostgresSettings({...words, tlsMode: undefined}, environment);
	}
}

const withoutUndefined = (words: RawPostgresSettings): RawPostgresSettings =>
	Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined));

function hostsOf(entry: PostgresEntry, complain: ReportMistake): RawPostgresSettings['hosts'] {
	if (entry.hosts !== undefined) {
		for (const key of ['host', 'port'] as const) {
			if (entry[key] !== undefined) complain(key, `hosts says the ${key} already: leave out one of them`);
		}
		return entry.hosts.flatMap(text => {
			const host = parseHost(text);
			if (host === undefined) complain('hosts', 'hosts must be a list of host or host:port');
			return host ?? [];
		});
	}
	if (entry.host === undefined) complain('name', `${entry.name} needs host, hosts or url: where the server is`);
	return [{host: entry.host ?? 'localhost', port: entry.port}];
}

function readRedis(entry: RedisEntry, complain: ReportMistake, environment: ConfigEnvironment): RedisSettings {
	const password = readSecretReference(entry.password, complain, environment);
	const extra = {replica: entry.replica, sampler: entry.sampler ?? defaultSamplerBudget};
	checkCertificate(entry.tls, complain);
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
		if (entry.host === undefined) complain('name', `${entry.name} needs host or url: where the server is`);
		return plain;
	}
	rejectKeysGivenByUrl(entry, ['host', 'port', 'db', 'username'], complain);
	const url = resolveUrl(entry.url, complain, environment);
	if (url === undefined) return plain;
	try {
		const said = parseRedisUrl(url.text, url.source, password !== undefined);
		return {...said, ...extra, password: password ?? said.password, tls: entry.tls ?? said.tls};
	} catch (error) {
		if (!(error instanceof SettingsError)) throw error;
		complain('url', error.message);
		return plain;
	}
}
