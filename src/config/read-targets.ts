import type {Target} from '../contract/target.ts';
import type {HttpVia} from '../port/http.ts';
import type {KubernetesSettings} from '../port/kubernetes.ts';
import type {PostgresSettings} from '../port/postgres.ts';
import {defaultSamplerBudget, type RedisSettings} from '../port/redis.ts';
import type {ConfigDocument, Path} from './config-document.ts';
import type {Surroundings} from './config-environment.ts';
import type {Mistake} from './config-error.ts';
import type {KubernetesEntry, PostgresEntry, RedisEntry, TargetEntry} from './config-schema.ts';
import {alreadyInUrl, type Complain, checkCertificate, secretIn, urlOf} from './entry-fields.ts';
import {readHttp} from './http-settings.ts';
import {readKafka} from './kafka-settings.ts';
import {kubernetesSettings} from './kubernetes/kubernetes-settings.ts';
import {type PostgresWords, postgresSettings, postgresUrl} from './postgres-settings.ts';
import {redisUrl} from './redis-settings.ts';
import {readHost} from './server-url.ts';
import {SettingsError} from './settings-error.ts';

/** Turns what a person wrote into targets. Everything that is wrong is collected, so that one start tells all of it. */
export function targetsOf(
	entries: readonly TargetEntry[],
	document: ConfigDocument,
	surroundings: Surroundings,
): {readonly targets: readonly Target[]; readonly mistakes: readonly Mistake[]} {
	const mistakes: Mistake[] = [];
	const targets: Target[] = [];
	const seen = new Set<string>();
	for (const [index, entry] of entries.entries()) {
		const path: Path = ['targets', index];
		const complain = (key: string, text: string) => mistakes.push(document.mistake([...path, key], text));
		if (seen.has(entry.name.toLowerCase())) complain('name', `there is another target called ${entry.name}`);
		seen.add(entry.name.toLowerCase());
		const settings = readSettings(entry, complain, surroundings);
		targets.push({name: entry.name, kind: entry.kind, production: entry.production, settings});
	}
	for (const [index, {settings}] of targets.entries()) {
		const {via, metrics} = settings as Leaning;
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
type Leaning = {readonly via?: HttpVia; readonly metrics?: KubernetesSettings['metrics']};

function readSettings(entry: TargetEntry, complain: Complain, surroundings: Surroundings): Target['settings'] {
	switch (entry.kind) {
		case 'postgres':
			return readPostgres(entry, complain, surroundings);
		case 'redis':
			return readRedis(entry, complain, surroundings);
		case 'kubernetes':
			return readKubernetes(entry, complain, surroundings);
		case 'kafka':
			return readKafka(entry, complain, surroundings);
		case 'prometheus':
		case 'alertmanager':
			return readHttp(entry, complain, surroundings);
	}
}

function readKubernetes(entry: KubernetesEntry, complain: Complain, surroundings: Surroundings): KubernetesSettings {
	const {inCluster, impersonate} = entry;
	if (inCluster === true) {
		for (const key of ['kubeconfig', 'context'] as const) {
			if (entry[key] !== undefined) complain(key, `inCluster needs no ${key}: leave out one of them`);
		}
	}
	const {kubeconfig, context, namespaces, metrics} = entry;
	const as = impersonate && {...impersonate, extra: {}};
	return kubernetesSettings({kubeconfig, context, namespaces, inCluster, metrics, impersonate: as}, surroundings);
}

function readPostgres(entry: PostgresEntry, complain: Complain, surroundings: Surroundings): PostgresSettings {
	const own: PostgresWords = {
		database: entry.database,
		user: entry.user,
		password: secretIn(entry.password, complain, surroundings),
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
	let words: PostgresWords = own;
	if (entry.url === undefined) words = {...own, hosts: hostsOf(entry, complain)};
	else {
		alreadyInUrl(entry, ['host', 'port', 'hosts', 'database', 'user'], complain);
		const url = urlOf(entry.url, complain, surroundings);
		try {
			const said = url === undefined ? {} : postgresUrl(url.text, url.source);
			if (said.tlsMode !== undefined || said.ca !== undefined || said.cert !== undefined)
				alreadyInUrl(entry, ['tls'], complain);
			words = {...said, ...definedIn(own), connectTimeoutMs: said.connectTimeoutMs ?? entry.connectTimeoutMs};
		} catch (error) {
			if (!(error instanceof SettingsError)) throw error;
			complain('url', error.message);
		}
	}
	try {
		return postgresSettings(words, surroundings);
	} catch (error) {
		if (!(error instanceof SettingsError)) throw error;
		complain('url', error.message);
		return postgresSettings({...words, tlsMode: undefined}, surroundings);
	}
}

const definedIn = (words: PostgresWords): PostgresWords =>
	Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined));

function hostsOf(entry: PostgresEntry, complain: Complain): PostgresWords['hosts'] {
	if (entry.hosts !== undefined) {
		for (const key of ['host', 'port'] as const) {
			if (entry[key] !== undefined) complain(key, `hosts says the ${key} already: leave out one of them`);
		}
		return entry.hosts.flatMap(text => {
			const host = readHost(text);
			if (host === undefined) complain('hosts', 'hosts must be a list of host or host:port');
			return host ?? [];
		});
	}
	if (entry.host === undefined) complain('name', `${entry.name} needs host, hosts or url: where the server is`);
	return [{host: entry.host ?? 'localhost', port: entry.port}];
}

function readRedis(entry: RedisEntry, complain: Complain, surroundings: Surroundings): RedisSettings {
	const password = secretIn(entry.password, complain, surroundings);
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
	alreadyInUrl(entry, ['host', 'port', 'db', 'username'], complain);
	const url = urlOf(entry.url, complain, surroundings);
	if (url === undefined) return plain;
	try {
		const said = redisUrl(url.text, url.source, password !== undefined);
		return {...said, ...extra, password: password ?? said.password, tls: entry.tls ?? said.tls};
	} catch (error) {
		if (!(error instanceof SettingsError)) throw error;
		complain('url', error.message);
		return plain;
	}
}
