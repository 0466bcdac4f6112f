import {decodePercent} from '../text/percent-decode.ts';
import {SettingsError} from './settings-error.ts';

/** `scheme://user:password@host:port,host:port/name?key=value`, taken apart. Names are decoded; nothing else is interpreted. */
export type ServerUrl = {
	readonly scheme: string;
	readonly user: string | undefined;
	readonly password: string | undefined;
	readonly hosts: readonly {readonly host: string; readonly port: number | undefined}[];
	/** What follows the first slash. */
	readonly path: string | undefined;
	readonly params: ReadonlyMap<string, string>;
};

/** The part before the slash or ? would be taken for the host and port, and shown. */
export const misplacedAtSignMessage =
	'an @ follows the host in this URL: in its user name and password write / as %2F, ? as %3F, # as %23 and @ as %40, and elsewhere @ as %40';

/**
 * Several hosts are allowed, as libpq has them and the platform's URL has not.
 * @returns undefined when the text is no such URL. The text may hold a password: a caller must not repeat it.
 * @throws SettingsError when an @ after the host says that the password holds a slash or a ?.
 */
export function parseServerUrl(text: string): ServerUrl | undefined {
	const found = /^([a-z]+):\/\/(?:([^@/?#]*)@)?([^/?#@]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/i.exec(text.trim());
	if (found === null) return undefined;
	const [, scheme = '', credentials, authority = '', path, query = ''] = found;
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

/** `db1`, `db1:5433`, `[::1]:5433` and `/run/postgresql` (percent-encoded in a URL); undefined when it is none of them. */
export function parseHost(text: string): {host: string; port: number | undefined} | undefined {
	const found = /^(?:\[([0-9a-f:.%]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/i.exec(text);
	if (found === null) return undefined;
	const port = found[3] === undefined ? undefined : Number(found[3]);
	if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
	const host = decodePercent(found[1] ?? found[2] ?? '');
	return host === undefined ? undefined : {host, port};
}
