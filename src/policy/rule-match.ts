import type {SystemKind} from '../contract/row.ts';
import {globMatches} from '../text/glob.ts';

/** Host and port as the settings of a target hold them; `host` may also be the folder of a Unix socket. */
export type Endpoint = {readonly host: string; readonly port: number};

/** What a target is by its settings, whatever its user calls it. `unknown`: it cannot be read from them now. */
export type TargetAttributes = {
	readonly kind: SystemKind;
	readonly endpoints: readonly Endpoint[] | 'unknown';
	/** The database that is connected to; undefined where a system has none. */
	readonly database?: string | undefined;
	/** The context of the kubeconfig; undefined where a system has none. */
	readonly cluster?: {readonly context: string} | 'unknown' | undefined;
};

/** What a rule is about: all of these, and of each list any. At least one is there. `*` means any text but in `kind` and `port`. */
export type RuleMatch = {
	readonly kind?: readonly SystemKind[] | undefined;
	readonly host?: readonly string[] | undefined;
	readonly port?: readonly number[] | undefined;
	readonly database?: readonly string[] | undefined;
	readonly cluster?: readonly string[] | undefined;
};

/** All that lead to the machine itself. */
const loopback = ['localhost', '127.0.0.1', '::1'];

/**
 * One spelling for each host: lower case, no dot at the end, no brackets, addresses in their usual form (`127.1` is `127.0.0.1`, and an
 * IPv4 address mapped into IPv6 is itself), names beyond ASCII in punycode. Names are not looked up.
 */
export function normalHost(host: string): string {
	const bare = host
		.trim()
		.toLowerCase()
		.replace(/^\[|\]$/g, '')
		.replace(/\.$/, '');
	if (bare.startsWith('/') || bare.includes('*')) return bare;
	const [address = ''] = bare.split('%');
	const url = URL.parse(`http://${address.includes(':') ? `[${address}]` : bare}/`);
	if (url === null || url.hostname === '') return bare;
	const normal = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
	const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(normal);
	if (mapped === null) return normal;
	const bits = [mapped[1], mapped[2]].map(part => Number.parseInt(part ?? '0', 16));
	return bits.flatMap(part => [part >> 8, part & 255]).join('.');
}

/** By which names a rule may mean this host. */
function namesOf(host: string): readonly string[] {
	const normal = normalHost(host);
	const isOwn =
		normal.startsWith('/') ||
		loopback.includes(normal) ||
		normal.startsWith('127.') ||
		normal.endsWith('.localhost') ||
		normal === '0.0.0.0' ||
		normal === '::';
	return isOwn ? [normal, ...loopback] : [normal];
}

const isHost = (patterns: readonly string[] | undefined, host: string): boolean =>
	patterns === undefined ||
	patterns.some(pattern => namesOf(host).some(name => globMatches(normalHost(pattern), name)));

/** Whether a rule is about a target. What cannot be known now may be what the rule means: then it is. */
export function ruleMatches(match: RuleMatch, place: TargetAttributes): boolean {
	const {kind, host, port, database, cluster} = match;
	if (kind !== undefined && !kind.includes(place.kind)) return false;
	if (host !== undefined || port !== undefined) {
		const {endpoints} = place;
		const found =
			endpoints === 'unknown' ||
			endpoints.some(one => isHost(host, one.host) && (port === undefined || port.includes(one.port)));
		if (!found) return false;
	}
	if (database !== undefined) {
		const own = place.database;
		if (own === undefined || !database.some(pattern => globMatches(pattern, own))) return false;
	}
	if (cluster !== undefined) {
		const own = place.cluster;
		if (own === undefined) return false;
		if (own !== 'unknown' && !cluster.some(pattern => globMatches(pattern, own.context))) return false;
	}
	return true;
}
