import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {ConfigError} from '../../../src/config/config-error.ts';
import {readSafeFile} from '../../../src/config/safe-file.ts';
import {secretFromReader} from '../../../src/config/secrets.ts';
import {parseServerUrl} from '../../../src/config/server-url.ts';
import {SettingsError} from '../../../src/config/settings-error.ts';
import type {Secret} from '../../../src/contract/target.ts';
import type {SettingsEnvironment} from '../../../src/contract/target-config.ts';
import {AdapterError, messageOf} from '../../../src/errors.ts';
import type {PostgresSettings, PostgresTlsMode} from '../../../src/port/postgres.ts';

/** The settings of one PostgreSQL server from a URL, a service file or the environment, before defaults. Absent: not given. */
export type RawPostgresSettings = {
	readonly hosts?: readonly {readonly host: string; readonly port: number | undefined}[] | undefined;
	readonly database?: string | undefined;
	readonly user?: string | undefined;
	readonly password?: Secret | undefined;
	readonly tlsMode?: string | undefined;
	readonly allowCleartext?: boolean | undefined;
	readonly ca?: string | undefined;
	readonly cert?: string | undefined;
	readonly key?: string | undefined;
	readonly connectTimeoutMs?: number | undefined;
	readonly statementTimeoutMs?: number | undefined;
};

type PostgresEnvironment = Pick<SettingsEnvironment, 'env' | 'home' | 'systemUser' | 'socketFolders'>;

/** Returns the folder with the Unix socket of a server on this machine: Debian's, or that of a build from source; undefined when there is none. */
export const findSocketFolder = ({socketFolders}: Pick<SettingsEnvironment, 'socketFolders'>): string | undefined =>
	socketFolders
		.flatMap(folder => [join(folder, 'postgresql'), folder])
		.find(folder => existsSync(join(folder, '.s.PGSQL.5432')));

const modes: readonly PostgresTlsMode[] = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'];

/**
 * Adds the defaults of libpq: port 5432, the operating system user, and a database with the name of the user.
 * @throws SettingsError when a value is not one of libpq's.
 */
export function resolvePostgresSettings(raw: RawPostgresSettings, environment: PostgresEnvironment): PostgresSettings {
	const {env, home, systemUser} = environment;
	const user = raw.user ?? systemUser ?? 'postgres';
	const hosts =
		raw.hosts === undefined || raw.hosts.length === 0
			? [{host: findSocketFolder(environment) ?? 'localhost', port: undefined}]
			: raw.hosts;
	return {
		hosts: hosts.map(({host, port}) => ({host, port: port ?? 5432})),
		database: raw.database ?? user,
		user,
		password: raw.password,
		passwordFile: passwordFile(env['PGPASSFILE'] || join(home, '.pgpass')),
		tls: {...tlsTrust(raw), allowCleartext: raw.allowCleartext, cert: raw.cert, key: raw.key},
		connectTimeoutMs: raw.connectTimeoutMs ?? 5000,
		statementTimeoutMs: raw.statementTimeoutMs ?? 3000,
	};
}

/** A relative PGPASSFILE starts from the current directory, as in libpq: the user wrote that path, and nothing in the file is executed. */
const passwordFile = (path: string): PostgresSettings['passwordFile'] => ({
	path,
	async read() {
		try {
			return await readSafeFile(path, {kind: 'secret'});
		} catch (error) {
			if (!(error instanceof ConfigError)) throw error;
			throw new AdapterError('denied', messageOf(error), 'The password file must be readable by you alone.', {
				cause: error,
			});
		}
	},
});

/** `sslrootcert=system` means the CAs of the system. It requires `verify-full`, because anyone can get a certificate from a public CA. */
function tlsTrust({tlsMode, ca}: RawPostgresSettings): Pick<PostgresSettings['tls'], 'mode' | 'ca'> {
	const mode = readMode(tlsMode);
	if (ca !== 'system') return {mode, ca};
	if (mode !== undefined && mode !== 'verify-full')
		throw new SettingsError('sslrootcert=system needs sslmode=verify-full');
	return {mode: 'verify-full', ca: undefined};
}

function readMode(word: string | undefined): PostgresTlsMode | undefined {
	// `allow` tries without TLS first. It protects no more than `prefer`, which tries with TLS first.
	if (word === undefined) return undefined;
	if (word === 'allow') return 'prefer';
	const mode = modes.find(known => known === word);
	if (mode === undefined) throw new SettingsError(`sslmode must be one of ${modes.join(', ')}`);
	return mode;
}

/**
 * Parses a postgres:// URL. `source` names the origin of the URL; it becomes the source of the password.
 * @throws SettingsError when it is not a postgres:// URL.
 */
export function parsePostgresUrl(text: string, source: string): RawPostgresSettings {
	const url = parseServerUrl(text);
	if (url === undefined || !/^postgres(?:ql)?$/.test(url.scheme)) {
		throw new SettingsError('this is not a URL of the form postgres://user@host:5432/database?sslmode=verify-full');
	}
	const {params} = url;
	const password = url.password ?? params.get('password');
	const host = params.get('host');
	const seconds = Number(params.get('connect_timeout'));
	return {
		hosts: host === undefined ? url.hosts : parseHostLists(host, params.get('port')),
		database: url.path ?? params.get('dbname'),
		user: url.user ?? params.get('user'),
		password: password === undefined ? undefined : secretFromReader(source, async () => password),
		tlsMode: params.get('sslmode'),
		ca: params.get('sslrootcert'),
		cert: params.get('sslcert'),
		key: params.get('sslkey'),
		connectTimeoutMs: seconds > 0 ? seconds * 1000 : undefined,
	};
}

/**
 * Parses libpq's comma-separated lists of hosts and ports: one port per host, or one for all.
 * @throws SettingsError when a port is no port.
 */
export function parseHostLists(hosts: string | undefined, ports: string | undefined): RawPostgresSettings['hosts'] {
	const portList = (ports ?? '').split(',').map(item => item.trim());
	const names = (hosts ?? '').split(',').map(item => item.trim());
	if (hosts === undefined && ports === undefined) return undefined;
	return names.map((host, index) => {
		const word = portList.length === 1 ? portList[0] : portList[index];
		const port = word === undefined || word === '' ? undefined : Number(word);
		if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) {
			throw new SettingsError('the port must be an integer from 1 to 65535');
		}
		return {host: host === '' ? 'localhost' : host, port};
	});
}
