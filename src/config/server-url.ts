import {decodePercent} from '../text/percent-decode.ts';
import {SettingsError} from './settings-error.ts';

/** The parts of `scheme://user:password@host:port,host:port/name?key=value`, percent-decoded. */
export type ServerUrl = {
	readonly scheme: string;
	readonly user: string | undefined;
	readonly password: string | undefined;
	readonly hosts: readonly {readonly host: string; readonly port: number | undefined}[];
	/** The text after the first slash. */
	readonly path: string | undefined;
	readonly params: ReadonlyMap<string, string>;
};

/** Reported because the part before the slash or ? would be read as host and port, and shown on the screen. */
export const misplacedAtSignMessage =
	'an @ follows the host in this URL: in its user name and password write / as %2F, ? as %3F, # as %23 and @ as %40, and elsewhere @ as %40';

/**
 * Parses a URL that may list several hosts, which libpq allows and the platform's URL class does not.
 * @returns undefined when the text is not such a URL. The text may hold a password: a caller must not repeat it.
 * @throws SettingsError when an @ after the host shows that the password holds a slash or a ?.
 */
export function parseServerUrl(text: string): ServerUrl | undefined {
	const match = /^([a-z]+):\/\/(?:([^@/?#]*)@)?([^/?#@]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/i.exec(text.trim());
	if (match === null) return undefined;
	const [, scheme = '', credentials, authority = '', path, query = ''] = match;
	if (path?.includes('@') || (credentials === undefined && path === undefined && query.includes('@')))
		throw new SettingsError(misplacedAtSignMessage);
	try {
		const colon = credentials?.indexOf(':') ?? -1;
		const user = colon < 0 ? credentials : credentials?.slice(0, colon);
		const password = colon < 0 ? undefined : credentials?.slice(colon + 1);
		const hosts = authority === '' ? [] : authority.split(',').map(parseHost);
		if (!hosts.every(host => host !== undefined)) return undefined;
		return {
			scheme: scheme.toLowerCase(),
			user: named(user),
			password: named(password),
			hosts,
			path: named(path),
			params: new Map(new URLSearchParams(query)),
		};
	} catch {
		// A broken percent escape.
		return undefined;
	}
}

const named = (text: string | undefined) => (text === undefined || text === '' ? undefined : decodeURIComponent(text));

/** Parses `db1`, `db1:5433`, `[::1]:5433` or `/run/postgresql` (percent-encoded in a URL); undefined for any other text. */
export function parseHost(text: string): {host: string; port: number | undefined} | undefined {
	const match = /^(?:\[([0-9a-f:.%]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/i.exec(text);
	if (match === null) return undefined;
	const port = match[3] === undefined ? undefined : Number(match[3]);
	if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
	const host = decodePercent(match[1] ?? match[2] ?? '');
	return host === undefined ? undefined : {host, port};
}
