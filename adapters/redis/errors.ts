import {AdapterError, codeOf, isAdapterError, messageOf} from '../../src/errors.ts';
import {certificateHint, describeTlsError} from '../../src/text/tls-errors.ts';

/** The request that failed, for the message and the hint. `command` is upper case: `CONFIG GET`, or `a connection`. */
export type RedisRequestContext = {
	readonly endpoint: string;
	readonly user: string;
	readonly command: string;
	readonly tls: boolean;
};

/** The name of a command in ACL rules: `config|get`. */
export const aclCommandName = (command: string): string => command.toLowerCase().replaceAll(' ', '|');

/** The command with which an administrator lets `user` run `command`. */
export const aclSetuserCommand = (user: string, command: string): string =>
	`ACL SETUSER ${user} +${aclCommandName(command)}`;

const certificate =
	/CERT_|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)|ERR_TLS_CERT_ALTNAME|certificate|unable to verify the first/i;
const codes: Readonly<Record<string, string>> = {
	ECONNREFUSED: 'Nothing listens there: start the server, or correct host and port.',
	ENOTFOUND: 'The host name is not known: correct it, or check the DNS of this machine.',
	EAI_AGAIN: 'The DNS of this machine does not answer: try again, or use an address.',
	EHOSTUNREACH: 'No route to that host: check the network, VPN or firewall.',
	ENETUNREACH: 'No route to that network: check the network or VPN.',
	ETIMEDOUT: 'No answer at all: check the network, VPN or firewall.',
};

/** The error for a reply of the server that starts with `-`. */
function refusal(message: string, request: RedisRequestContext): AdapterError | undefined {
	const word = /^[A-Z]+/.exec(message)?.[0] ?? '';
	const text = `${request.command}: ${message}`;
	switch (word) {
		case 'NOPERM': {
			const key = /access (?:a|one of the) key/i.test(message);
			const line = key ? `ACL SETUSER ${request.user} %R~*` : aclSetuserCommand(request.user, request.command);
			return new AdapterError('denied', text, `An administrator grants it with: ${line}`);
		}
		case 'WRONGPASS':
			return new AdapterError(
				'denied',
				`user ${request.user}: ${message}`,
				'Correct username and password in the configuration, or what the password refers to.',
			);
		case 'NOAUTH':
			return new AdapterError('denied', text, 'This server requires a password: add `password` to the configuration.');
		case 'LOADING':
			return new AdapterError('unreachable', text, 'The server is loading its data set: it answers when that is done.');
		case 'BUSY':
			return new AdapterError('unreachable', text, 'A script runs on the server: wait, or end it with SCRIPT KILL.');
		case 'MASTERDOWN':
			return new AdapterError(
				'unreachable',
				text,
				'The replica lost its primary and serves nothing: restore the replication link.',
			);
		case 'OOM':
			return new AdapterError('denied', text, 'Memory is at maxmemory: raise it, or free memory first.');
		case 'MISCONF':
			return new AdapterError('denied', text, 'The server cannot write its RDB file: check its log and disk.');
		case 'READONLY':
			return new AdapterError('denied', text, 'This is a replica: name the primary in the configuration.');
	}
	if (/unknown (?:command|subcommand)/i.test(message)) {
		return new AdapterError(
			'unsupported',
			`${request.command}: ${message.split(',')[0]}`,
			`This server does not offer ${request.command}: managed services remove or rename it, and old versions lack it.`,
		);
	}
	if (/max number of clients reached/i.test(message)) {
		return new AdapterError('denied', message, 'All connections are in use: close clients, or raise maxclients.');
	}
	if (/DB index is out of range|invalid DB index/i.test(message)) {
		return new AdapterError('unsupported', text, 'Correct `db` in the configuration: this server has fewer databases.');
	}
	return undefined;
}

/**
 * An error of a command or a connection as an AdapterError. It has no cause on purpose: ioredis puts the arguments of the command into the
 * error, and those of AUTH are secret.
 */
export function redisError(error: unknown, request: RedisRequestContext): AdapterError {
	if (isAdapterError(error)) return error;
	const message = describeTlsError(messageOf(error));
	const code = codeOf(error);
	if (error instanceof Error && error.name === 'ReplyError') {
		return (
			refusal(message, request) ??
			new AdapterError(
				'unsupported',
				`${request.command}: ${message}`,
				'The server refused it: check its message and its version.',
			)
		);
	}
	if (/^Protocol error|Unknown RESP type/i.test(message) || (error instanceof Error && error.name === 'ParserError')) {
		return new AdapterError(
			'malformed',
			`${request.endpoint} does not speak the Redis protocol`,
			'Correct host and port, and check whether the server requires `tls`.',
		);
	}
	if (/wrong version number|packet length too long/i.test(message)) {
		return new AdapterError(
			'unreachable',
			`${request.endpoint} does not speak TLS`,
			'Remove `tls` from the configuration, or use the TLS port of the server.',
		);
	}
	if (certificate.test(code) || certificate.test(message)) {
		return new AdapterError(
			'unreachable',
			`${request.endpoint}: ${message}`,
			/expired/i.test(message)
				? 'The certificate of the server has expired: renew it there.'
				: (certificateHint(code, {ca: '`tls.ca`', name: 'correct the host or set `tls.servername`'}) ??
						'The certificate of the server cannot be verified: check `tls.ca` and `tls.servername`.'),
		);
	}
	if (/timed? ?out|timeout/i.test(message) && code !== 'ETIMEDOUT') {
		return new AdapterError(
			'timeout',
			`${request.endpoint} did not answer ${request.command} in time`,
			'The server is busy or hangs, or the network drops packets: look at its slow log and CPU.',
		);
	}
	const text = message === '' ? code : message;
	if (request.tls && code === 'ETIMEDOUT') {
		return new AdapterError(
			'timeout',
			`${request.endpoint}: no TLS handshake in time`,
			'Check that this port speaks TLS, or remove `tls` from the configuration; then the network, VPN or firewall.',
		);
	}
	if (code === 'ECONNRESET' || code === 'EPIPE' || /^Connection is closed|isn't writeable/.test(text)) {
		const opening = request.command === 'a connection';
		return new AdapterError(
			'unreachable',
			`${request.endpoint} closed the connection${opening ? ' while it was opened' : ''}`,
			opening && !request.tls
				? 'Check whether that port requires `tls`, and whether a Redis server listens there.'
				: 'The read is retried. Check the server, its log and any proxy in front of it.',
		);
	}
	return new AdapterError(
		'unreachable',
		`${request.endpoint}: ${text}`,
		codes[code] ?? 'The connection broke; the read is retried. Check the server and the network.',
	);
}
