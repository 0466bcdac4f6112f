import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {stringify} from 'yaml';
import type {Login, NamedServer, WatchedServer} from './estate-record.ts';
import {prometheusUrl} from './prometheus.ts';

export type Address = {readonly host: string; readonly port: number};

export type ConfigOptions<S extends WatchedServer = NamedServer> = {
	/** Where the file and its passwords are written, readable only by the owner. */
	readonly folder: string;
	/** Names of the targets that may be changed without arming them. */
	readonly open: readonly string[];
	/** The login; the operator's, or that of the user `default`, when absent. */
	readonly login?: (server: S) => Login;
	/** The address of a proxy in front of the server, where there is one. */
	readonly at?: (server: S) => Address;
	/** Further entries of a target. */
	readonly extra?: (server: S) => Readonly<Record<string, unknown>>;
};

/**
 * One target as the configuration has it, with its password in a file of the folder. A Kafka that is named an address is not logged in to
 * unless a login is named as well: a listener without logins refuses one.
 */
export function targetEntry(
	server: WatchedServer,
	{
		name,
		folder,
		at,
		...options
	}: {readonly name: string; readonly folder: string; readonly at?: Address; readonly login?: Login | undefined},
): Readonly<Record<string, unknown>> {
	const passwordOf = ({user, password}: Login) => `\${file:${writeSecret(folder, `${name}.${user}`, password)}}`;
	const {kind} = server;
	const {host, port} = at ?? server;
	if (kind === 'kubernetes') return {name, kind, kubeconfig: server.kubeconfigs['operator']};
	if (kind === 'prometheus' || kind === 'alertmanager') {
		const {login = undefined, tls = undefined} = kind === 'prometheus' ? server : {};
		const guards = login && {username: login.user, password: passwordOf(login)};
		return {name, kind, url: prometheusUrl({port, ...(tls && {tls})}), ...guards, ...(tls && {tls: {ca: tls.ca}})};
	}
	if (kind === 'kafka') {
		const {listeners, nodes, logins} = server;
		const login = options.login ?? (listeners && at === undefined ? logins.operator : undefined);
		const ports = at ? [port] : login && listeners ? [listeners.sasl] : nodes.map(node => node.port);
		const sasl = login && {mechanism: 'plain', username: login.user, password: passwordOf(login)};
		return {name, kind, brokers: ports.map(each => `${host}:${each}`), ...(sasl && {sasl})};
	}
	const login = options.login ?? (kind === 'postgres' ? server.logins.operator : server.logins.default);
	const common = {name, kind, host, port, password: passwordOf(login)};
	if (kind === 'redis') {
		return {...common, username: login.user, ...(server.tls ? {tls: {ca: server.tls.ca}} : {})};
	}
	const tls = server.tls ? {mode: 'verify-full', ca: server.tls.ca} : 'disable';
	return {...common, user: login.user, database: 'postgres', tls};
}

/** Writes a configuration file for these servers, each a target of its own name. Returns its path. */
export function writeConfig<S extends WatchedServer>(
	servers: readonly S[],
	{folder, open, login, at, extra}: ConfigOptions<S>,
): string {
	const targets = servers.map(server => {
		const address = at?.(server);
		return {
			...targetEntry(server, {name: server.name, folder, login: login?.(server), ...(address && {at: address})}),
			production: !open.includes(server.name),
			...extra?.(server),
		};
	});
	return writeTargets(folder, targets);
}

/** Writes a configuration with these targets as `midwatch.yaml` into the folder. Returns its path. */
export function writeTargets(folder: string, targets: readonly object[]): string {
	mkdirSync(folder, {recursive: true});
	const file = join(folder, 'midwatch.yaml');
	writeFileSync(file, stringify({targets}), {mode: 0o600});
	return file;
}

/** Writes a file that only its owner can read, to be referenced as `${file:…}`. Returns its path. */
export function writeSecret(folder: string, name: string, secret: string): string {
	const secrets = join(folder, 'secrets');
	mkdirSync(secrets, {recursive: true, mode: 0o700});
	const file = join(secrets, name);
	writeFileSync(file, secret, {mode: 0o600});
	return file;
}
