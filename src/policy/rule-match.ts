import type {SystemKind} from '../contract/row.ts';
import type {TargetAttributes} from '../contract/target-attributes.ts';
import {globMatches} from '../text/glob.ts';

/**
 * Selects the targets of a rule: every given field must match with one entry of its list. At least one field is given. `*` matches any text,
 * except in `kind` and `port`.
 */
export type RuleMatch = {
	readonly kind?: readonly SystemKind[] | undefined;
	readonly host?: readonly string[] | undefined;
	readonly port?: readonly number[] | undefined;
	readonly database?: readonly string[] | undefined;
	readonly cluster?: readonly string[] | undefined;
};

/** The names of this machine. */
const loopback: readonly string[] = ['localhost', '127.0.0.1', '::1'];

/**
 * Normalizes a host: lower case, no trailing dot, no brackets, canonical addresses (`127.1` becomes `127.0.0.1`, an IPv4-mapped IPv6 address
 * becomes the IPv4 address), punycode for names beyond ASCII. Names are not resolved.
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

/** Returns the names by which a rule can refer to this host. */
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

/** Whether a rule applies to a target. An unknown attribute counts as a match. */
export function ruleMatches(match: RuleMatch, attributes: TargetAttributes): boolean {
	const {kind, host, port, database, cluster} = match;
	if (kind !== undefined && !kind.includes(attributes.kind)) return false;
	if (host !== undefined || port !== undefined) {
		const {endpoints} = attributes;
		const hasEndpoint =
			endpoints === 'unknown' ||
			endpoints.some(endpoint => isHost(host, endpoint.host) && (port === undefined || port.includes(endpoint.port)));
		if (!hasEndpoint) return false;
	}
	if (database !== undefined) {
		const own = attributes.database;
		if (own === undefined || !database.some(pattern => globMatches(pattern, own))) return false;
	}
	if (cluster !== undefined) {
		const own = attributes.cluster;
		if (own === undefined) return false;
		if (own !== 'unknown' && !cluster.some(pattern => globMatches(pattern, own.context))) return false;
	}
	return true;
}
