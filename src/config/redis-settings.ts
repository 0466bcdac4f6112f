import {defaultSamplerBudget, type RedisSettings} from '../port/redis.ts';
import {secretFrom} from './secrets.ts';
import {readServerUrl} from './server-url.ts';
import {SettingsError} from './settings-error.ts';

/**
 * `redis://user:password@host:6379/0`; `rediss` means TLS. `source` says where the URL comes from, for the password in it.
 * @throws SettingsError when it is not such a URL.
 */
export function redisUrl(text: string, source: string): RedisSettings {
	const url = readServerUrl(text);
	const [endpoint, ...others] = url?.hosts ?? [];
	const db = Number(url?.path ?? 0);
	if (
		url === undefined ||
		!/^(?:redis|rediss|valkey|valkeys)$/.test(url.scheme) ||
		endpoint === undefined ||
		others.length > 0
	) {
		throw new SettingsError('this is not a URL of the form redis://user@host:6379/0 (rediss:// for TLS)');
	}
	if (!Number.isInteger(db) || db < 0)
		throw new SettingsError('what follows the last slash of a Redis URL is the number of its database');
	const password = url.password;
	return {
		host: endpoint.host,
		port: endpoint.port ?? 6379,
		db,
		username: url.user,
		password: password === undefined ? undefined : secretFrom(source, async () => password),
		tls: url.scheme.endsWith('ss') || url.scheme === 'valkeys' ? {} : undefined,
		replica: undefined,
		sampler: defaultSamplerBudget,
	};
}
