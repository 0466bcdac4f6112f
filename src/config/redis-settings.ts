import {defaultSamplerBudget, type RedisSettings} from '../port/redis.ts';
import {secretFromReader} from './secrets.ts';
import {parseServerUrl} from './server-url.ts';
import {SettingsError} from './settings-error.ts';

/**
 * Parses `redis://user:password@host:6379/0`; `rediss` means TLS. `source` names the origin of the URL; it becomes the source of the password.
 * `hasPassword`: the password is configured separately.
 * @throws SettingsError when it is not such a URL.
 */
export function parseRedisUrl(text: string, source: string, hasPassword = false): RedisSettings {
	const url = parseServerUrl(text);
	const [endpoint, ...others] = url?.hosts ?? [];
	const db = Number(url?.path ?? 0);
	if (
		url === undefined ||
		!/^(?:redis|rediss|valkey|valkeys)$/.test(url.scheme) ||
		endpoint === undefined ||
		others.length > 0
	) {
		throw new SettingsError('this is not a URL of the form redis://host:6379/0 (rediss:// for TLS)');
	}
	if (!Number.isInteger(db) || db < 0)
		throw new SettingsError('what follows the last slash of a Redis URL is the number of its database');
	const password = url.password;
	// No user name is sent without a password. The user name of such a URL is usually the password, and user names are shown on the screen.
	if (url.user !== undefined && password === undefined && !hasPassword)
		throw new SettingsError('it has a user name and no password; a password alone is written redis://:PASSWORD@host');
	return {
		host: endpoint.host,
		port: endpoint.port ?? 6379,
		db,
		username: url.user,
		password: password === undefined ? undefined : secretFromReader(source, async () => password),
		tls: url.scheme.endsWith('ss') || url.scheme === 'valkeys' ? {} : undefined,
		replica: undefined,
		sampler: defaultSamplerBudget,
	};
}
