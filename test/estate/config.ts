import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {stringify} from 'yaml';
import type {Login, NamedServer} from './record.ts';

export type Address = {readonly host: string; readonly port: number};

export type ConfigOptions = {
	/** Where the file and its passwords are written; nobody else may read them. */
	readonly folder: string;
	/** Names of the targets that may be changed without arming them. */
	readonly open: readonly string[];
	/** Instead of the operator's, or of the user `default`. */
	readonly login?: (server: NamedServer) => Login;
	/** Where the server is reached, when something stands in front of it. */
	readonly at?: (server: NamedServer) => Address;
	/** What one target says beyond that. */
	readonly extra?: (server: NamedServer) => Readonly<Record<string, unknown>>;
};

/** One target as the configuration has it, with its password in a file of the folder. */
export function targetEntry(
	server: NamedServer,
	{
		name,
		folder,
		at = server,
		...options
	}: {readonly name: string; readonly folder: string; readonly at?: Address; readonly login?: Login | undefined},
): Readonly<Record<string, unknown>> {
	const login = options.login ?? (server.kind === 'postgres' ? server.logins.operator : server.logins.default);
	const password = `\${file:${writeSecret(folder, `${name}.${login.user}`, login.password)}}`;
	const common = {name, kind: server.kind, host: at.host, port: at.port, password};
	if (server.kind === 'redis') {
		return {...common, username: login.user, ...(server.tls ? {tls: {ca: server.tls.ca}} : {})};
	}
	const tls = server.tls ? {mode: 'verify-full', ca: server.tls.ca} : 'disable';
	return {...common, user: login.user, database: 'postgres', tls};
}

/** Writes a configuration file for these servers, each a target of its own name, and gives its path. */
export function writeConfig(servers: readonly NamedServer[], {folder, open, login, at, extra}: ConfigOptions): string {
	const targets = servers.map(server => ({
		...targetEntry(server, {name: server.name, folder, login: login?.(server), at: at?.(server) ?? server}),
		production: !open.includes(server.name),
		...extra?.(server),
	}));
	return writeTargets(folder, targets);
}

/** A configuration of these targets, as `midwatch.yaml` in a folder of ours. Gives its path. */
export function writeTargets(folder: string, targets: readonly object[]): string {
	mkdirSync(folder, {recursive: true});
	const file = join(folder, 'midwatch.yaml');
	writeFileSync(file, stringify({targets}), {mode: 0o600});
	return file;
}

/** A file that nobody else may read, to be named as `${file:…}`. Gives its path. */
export function writeSecret(folder: string, name: string, secret: string): string {
	const secrets = join(folder, 'secrets');
	mkdirSync(secrets, {recursive: true, mode: 0o700});
	const file = join(secrets, name);
	writeFileSync(file, secret, {mode: 0o600});
	return file;
}
