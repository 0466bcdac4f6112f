import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {stringify} from 'yaml';
import type {Login, NamedServer} from './record.ts';

export type ConfigOptions = {
	/** Where the file and its passwords are written; nobody else may read them. */
	readonly folder: string;
	/** Names of the targets that may be changed without arming them. */
	readonly open: readonly string[];
	/** Instead of the operator's, or of the user `default`. */
	readonly login?: (server: NamedServer) => Login;
	/** Where the server is reached, when something stands in front of it. */
	readonly at?: (server: NamedServer) => {readonly host: string; readonly port: number};
	/** What one target says beyond that. */
	readonly extra?: (server: NamedServer) => Readonly<Record<string, unknown>>;
};

/** Writes a configuration file for these servers, each a target of its own name, and gives its path. */
export function writeConfig(servers: readonly NamedServer[], options: ConfigOptions): string {
	const secrets = join(options.folder, 'secrets');
	mkdirSync(secrets, {recursive: true, mode: 0o700});
	const targets = servers.map(server => {
		const login =
			options.login?.(server) ?? (server.kind === 'postgres' ? server.logins.operator : server.logins.default);
		const {host, port} = options.at?.(server) ?? server;
		const secret = join(secrets, `${server.name}.${login.user}`);
		writeFileSync(secret, login.password, {mode: 0o600});
		const common = {
			name: server.name,
			kind: server.kind,
			production: !options.open.includes(server.name),
			host,
			port,
			password: `\${file:${secret}}`,
		};
		const extra = options.extra?.(server) ?? {};
		if (server.kind === 'redis') {
			return {...common, username: login.user, ...(server.tls ? {tls: {ca: server.tls.ca}} : {}), ...extra};
		}
		const tls = server.tls ? {mode: 'verify-full', ca: server.tls.ca} : 'disable';
		return {...common, user: login.user, database: 'postgres', tls, ...extra};
	});
	const file = join(options.folder, 'midwatch.yaml');
	writeFileSync(file, stringify({targets}), {mode: 0o600});
	return file;
}
