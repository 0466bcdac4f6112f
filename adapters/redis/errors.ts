import {AdapterError, codeOf, isAdapterError, messageOf} from '../../src/errors.ts';
import {certificateHint, describeTlsError} from '../../src/text/tls-errors.ts';

/** What was being asked, for the hint. `command` is upper case: `CONFIG GET`, or `a connection`. */
export type RedisRequestContext = {
	readonly endpoint: string;
	readonly user: string;
	readonly command: string;
	readonly tls: boolean;
};

/** The name an ACL rule has for a command: `config|get`. */
export const aclCommandName = (command: string): string => command.toLowerCase().replaceAll(' ', '|');

/** The line an administrator runs so that `user` may run `command`. */
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

/** What the server itself replied with `-`. */
function refusal(message: string, asked: RedisRequestContext): AdapterError | undefined {
	const word = /^[A-Z]+/.exec(message)?.[0] ?? '';
	const said = `${asked.command}: ${message}`;
	switch (word) {
		case 'NOPERM': {
			const key = /access (?:a|one of the) key/i.test(message);
			const line = key ? `ACL SETUSER ${asked.user} %R~*` : aclSetuserCommand(asked.user, asked.command);
			return new AdapterError('denied', said, `An administrator grants it with: ${line}`);
		}
		case 'WRONGPASS':
			return new AdapterError(
				'denied',
				`user ${asked.user}: ${message}`,
				'Correct username and password in the configuration, or what the password refers to.',
			);
		case 'NOAUTH':
			return new AdapterError('denied', said, 'This server wants a password: add `password` to the configuration.');
		case 'LOADING':
			return new AdapterError('unreachable', said, 'The server loads its data set: it answers once that is done.');
		case 'BUSY':
			return new AdapterError('unreachable', said, 'A script runs on the server: wait, or end it with SCRIPT KILL.');
		case 'MASTERDOWN':
			return new AdapterError('unreachable', said, 'The replica lost its primary and serves nothing: mend the link.');
		case 'OOM':
			return new AdapterError('denied', said, 'Memory is at maxmemory: raise it, or free memory first.');
		case 'MISCONF':
			return new AdapterError('denied', said, 'The server cannot write its RDB file: look into its log and disk.');
		case 'READONLY':
			return new AdapterError('denied', said, 'This is a replica: name the primary in the configuration.');
	}
	if (/unknown (?:command|subcommand)/i.test(message)) {
		return new AdapterError(
			'unsupported',
			`${asked.command}: ${message.split(',')[0]}`,
			`This server does not offer ${asked.command}: managed services remove or rename it, and old versions lack it.`,
		);
	}
	if (/max number of clients reached/i.test(message)) {
		return new AdapterError('denied', message, 'All connections are taken: close clients, or raise maxclients.');
	}
	if (/DB index is out of range|invalid DB index/i.test(message)) {
		return new AdapterError('unsupported', said, 'Correct `db` in the configuration: this server has fewer databases.');
	}
	return undefined;
}

/**
 * Anything that a command or a connection threw, as what it means to the operator. The cause is left behind on purpose: ioredis puts the
 * arguments of the command into it, and those of AUTH are secret.
 */
export function redisError(error: unknown, asked: RedisRequestContext): AdapterError {
	if (isAdapterError(error)) return error;
	const message = describeTlsError(messageOf(error));
	const code = codeOf(error);
	if (error instanceof Error && error.name === 'ReplyError') {
		return (
			refusal(message, asked) ??
			new AdapterError(
				'unsupported',
				`${asked.command}: ${message}`,
				'The server refused it: see what it says, and its version.',
			)
		);
	}
	if (/^Protocol error|Unknown RESP type/i.test(message) || (error instanceof Error && error.name === 'ParserError')) {
		return new AdapterError(
			'malformed',
			`${asked.endpoint} does not speak the Redis protocol`,
			'Correct host and port, and check whether the server wants `tls`.',
		);
	}
	if (/wrong version number|packet length too long/i.test(message)) {
		return new AdapterError(
			'unreachable',
			`${asked.endpoint} does not speak TLS`,
			'Remove `tls` from the configuration, or use the TLS port of the server.',
		);
	}
	if (certificate.test(code) || certificate.test(message)) {
		return new AdapterError(
			'unreachable',
			`${asked.endpoint}: ${message}`,
			/expired/i.test(message)
				? 'The certificate of the server has expired: renew it there.'
				: (certificateHint(code, {ca: '`tls.ca`', name: 'correct the host or set `tls.servername`'}) ??
						'The certificate of the server cannot be verified: check `tls.ca` and `tls.servername`.'),
		);
	}
	if (/timed? ?out|timeout/i.test(message) && code !== 'ETIMEDOUT') {
		return new AdapterError(
			'timeout',
			`${asked.endpoint} did not answer ${asked.command} in time`,
			'The server is busy or hangs, or the network drops packets: look at its slow log and CPU.',
		);
	}
	const said = message === '' ? code : message;
	if (asked.tls && code === 'ETIMEDOUT') {
		return new AdapterError(
			'timeout',
			`${asked.endpoint}: no TLS handshake in time`,
			'Check that this port speaks TLS, or remove `tls` from the configuration; then the network, VPN or firewall.',
		);
	}
	if (code === 'ECONNRESET' || code === 'EPIPE' || /^Connection is closed|isn't writeable/.test(said)) {
		const opening = asked.command === 'a connection';
		return new AdapterError(
			'unreachable',
			`${asked.endpoint} closed the connection${opening ? ' while it was opened' : ''}`,
			opening && !asked.tls
				? 'Check whether that port wants `tls`, and whether a Redis server listens there.'
				: 'It is tried again. Check the server, its log and what stands before it.',
		);
	}
	return new AdapterError(
		'unreachable',
		`${asked.endpoint}: ${said}`,
		codes[code] ?? 'The connection broke: it is tried again. Check the server and the network.',
	);
}
