import type {Target} from '../../src/contract/target.ts';
import {tlsMode} from '../../src/model/postgres/postgres-tls.ts';
import type {PostgresSettings} from '../../src/port/postgres.ts';
import type {RedisSettings} from '../../src/port/redis.ts';

/** The endpoint of a target, the user and TLS, without secrets. Empty for a kind that has no description. */
export function describeAddress({kind, settings}: Target): string {
	if (typeof settings !== 'object' || settings === null) return '';
	if (kind === 'postgres') {
		const {hosts, database, user, tls} = settings as Partial<PostgresSettings>;
		const at = hosts?.map(({host, port}) => `${host}:${port}`).join(',');
		const modes = [...new Set(hosts?.map(({host}) => tlsMode(tls ?? {}, host)))];
		return at === undefined ? '' : `${at}/${database} as ${user}, TLS ${modes.join(',')}`;
	}
	if (kind === 'redis') {
		const {host, port, username, tls, replica} = settings as Partial<RedisSettings>;
		if (host === undefined) return '';
		const sampled = replica === undefined ? '' : `, keys read from ${replica.host}:${replica.port}`;
		return `${host}:${port} as ${username ?? 'default'}, ${tls === undefined ? 'no TLS' : 'TLS'}${sampled}`;
	}
	return '';
}
