import {
	AdapterError,
	codeOf,
	type ErrorKind,
	isAdapterError,
	messageOf,
	unwrapAggregateError,
} from '../../src/errors.ts';
import {certificateHint, describeTlsError} from '../../src/text/tls-errors.ts';

type Meaning = readonly [kind: ErrorKind, hint: string];

/** The meaning of an SQLSTATE, or of a class of them (the first two characters). https://www.postgresql.org/docs/current/errcodes-appendix.html */
const states: Readonly<Record<string, Meaning>> = {
	'08P01': [
		'unsupported',
		'Point midwatch at the server itself: a pooler such as PgBouncer hides the sessions behind it and refuses our settings.',
	],
	'08': ['unreachable', 'The connection broke; it is opened again at the next read.'],
	'28P01': ['denied', 'Check the password of this target: the configuration, or the line in .pgpass.'],
	'28': ['denied', 'Check the user and the pg_hba.conf lines of the server; a line of type hostssl needs TLS.'],
	'3D000': ['unsupported', 'Name a database that exists, such as postgres.'],
	'42501': [
		'denied',
		'Ask an administrator: GRANT pg_monitor lets midwatch read, GRANT pg_signal_backend lets it act.',
	],
	'42P01': ['unsupported', 'This server lacks the view; midwatch reads PostgreSQL 13 to 18.'],
	'42703': [
		'unsupported',
		'This server lacks the column; after an upgrade run ALTER EXTENSION pg_stat_statements UPDATE.',
	],
	'42883': ['unsupported', 'This server lacks the function; midwatch reads PostgreSQL 13 to 18.'],
	'53300': [
		'unreachable',
		'All connections are in use. From PostgreSQL 16, GRANT pg_use_reserved_connections keeps one for midwatch.',
	],
	'55000': ['unsupported', 'The server is not set up for this.'],
	'55P03': ['timeout', 'The read waited for a lock of another session; it is retried.'],
	'57014': [
		'timeout',
		'The server is slow or under load; raise the statement timeout of this target if that is normal.',
	],
	'57P03': ['unreachable', 'The server is starting, stopping or recovering; the read is retried.'],
	'57P': ['unreachable', 'An administrator ended the connection or the server stopped; the read is retried.'],
	'0A': ['unsupported', 'This server does not offer it; managed services leave some functions out.'],
	'58': ['unsupported', 'The server had an error of its operating system; read its log.'],
};

const statementPooling =
	'No time limit can be set there, so nothing is read: use transaction or session pooling (pool_mode), or the server itself.';

/** The meaning of an error code of Node or OpenSSL. */
const sockets: Readonly<Record<string, Meaning>> = {
	ECONNREFUSED: ['unreachable', 'Nothing listens there: check that the server runs, and its host and port.'],
	ENOTFOUND: ['unreachable', 'The name does not resolve: check the host of this target and your DNS.'],
	EAI_AGAIN: ['unreachable', 'The name server does not answer: check your network.'],
	EHOSTUNREACH: ['unreachable', 'No route to the host: check your network or VPN.'],
	ENETUNREACH: ['unreachable', 'No route to the network: check your network or VPN.'],
	ETIMEDOUT: ['unreachable', 'The host does not answer: check your network, VPN or firewall.'],
	ECONNRESET: ['unreachable', 'The other end broke the connection: check the server and any proxy in front of it.'],
	EPIPE: ['unreachable', 'The other end broke the connection; it is opened again at the next read.'],
	ENOENT: ['unreachable', 'The socket is not there: check that the server runs, and the path of this target.'],
	EACCES: ['denied', 'This user may not open the socket: check its permissions.'],
	CERT_HAS_EXPIRED: ['unreachable', 'The certificate has expired: renew it on the server.'],
	CERT_NOT_YET_VALID: ['unreachable', 'The certificate is not valid yet: check the clocks.'],
};

/** Errors of the client library that have no code. */
const phrases: readonly (readonly [RegExp, ErrorKind, string])[] = [
	[
		/does not support SSL/i,
		'unsupported',
		'The server offers no TLS: set `ssl = on` there; `tls: prefer` does without, and sends a password only to this machine.',
	],
	[/establishing an SSL connection/i, 'malformed', 'It does not speak PostgreSQL: check host and port.'],
	[/client password must be/i, 'denied', 'The server requires a password: set one in the configuration or in .pgpass.'],
	[/SASL/i, 'denied', 'The password exchange failed: check the password of this target.'],
	[
		/received invalid response|unknown authenticationok|unexpected \w+ message/i,
		'malformed',
		'It does not speak PostgreSQL: check host and port.',
	],
	[
		/terminated|closed|ended|not queryable/i,
		'unreachable',
		'The connection broke; it is opened again at the next read.',
	],
];

function meaningOf(code: string, message: string): Meaning {
	// PgBouncer reports it with the general code of protocol violations.
	if (/statement pooling mode/.test(message)) return ['unsupported', statementPooling];
	const known = states[code] ?? sockets[code] ?? states[code.slice(0, 3)] ?? states[code.slice(0, 2)];
	if (known !== undefined) return known;
	const certificate = certificateHint(code, {
		ca: '`tls.ca` (in a URL or the environment: sslrootcert, PGSSLROOTCERT)',
		name: 'correct the host',
	});
	if (certificate !== undefined) return ['unreachable', certificate];
	for (const [pattern, kind, hint] of phrases) if (pattern.test(message)) return [kind, hint];
	if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) {
		return ['unreachable', 'TLS failed: check the tls mode and the certificates of this target.'];
	}
	if (/^[0-9A-Z]{5}$/.test(code)) return ['unsupported', `The server refused it with SQLSTATE ${code}.`];
	return ['unreachable', 'Check that the server runs and can be reached from here.'];
}

/** An error of `pg`, the socket or TLS as an AdapterError. `where` is `host:port`. */
export function postgresError(thrown: unknown, where?: string): AdapterError {
	if (isAdapterError(thrown)) return thrown;
	const error = unwrapAggregateError(thrown);
	const code = codeOf(error);
	const message = describeTlsError(messageOf(error)) || code || 'the connection failed';
	const [kind, hint] = meaningOf(code, message);
	return new AdapterError(kind, where === undefined ? message : `${where}: ${message}`, hint, {cause: error});
}

/** Whether the server itself reported the error: then the connection is still usable. */
export const isServerError = (error: unknown): boolean => {
	const code = codeOf(error);
	return /^[0-9A-Z]{5}$/.test(code) && sockets[code] === undefined && !code.startsWith('08') && !code.startsWith('57P');
};

export const isTooManyConnections = (error: AdapterError): boolean => codeOf(error.cause) === '53300';

/** The error after `ms` without a response. `what`: who did not respond. */
export const noResponseError = (what: string, ms: number): AdapterError =>
	new AdapterError(
		'timeout',
		`${what}: no answer within ${ms / 1000} s`,
		'Check the network between here and the server, and whether the server is under load.',
	);
