import {AdapterError, type ErrorKind, isAdapterError, messageOf} from '../../src/errors.ts';

/** By Node's or OpenSSL's error code. */
const codes: Readonly<Record<string, readonly [kind: ErrorKind, hint: string]>> = {
	ECONNREFUSED: ['unreachable', 'Nothing listens there: start the server, or correct `url` in the configuration.'],
	ENOTFOUND: [
		'unreachable',
		'The host name is not known: correct `url`, or check your VPN and the DNS of this machine.',
	],
	EAI_AGAIN: ['unreachable', 'The DNS of this machine does not answer: check your network.'],
	EHOSTUNREACH: ['unreachable', 'No route to the host: check the network, VPN or firewall.'],
	ENETUNREACH: ['unreachable', 'No route to the network: check the network or VPN.'],
	ETIMEDOUT: ['unreachable', 'The host does not answer: check the network, VPN or firewall.'],
	ECONNRESET: [
		'unreachable',
		'The other end broke the connection: check the server, its log and what stands before it.',
	],
	EPIPE: ['unreachable', 'The other end broke the connection: it is tried again.'],
	CERT_HAS_EXPIRED: ['unreachable', 'The certificate of the server has expired: renew it there, or check the clocks.'],
	CERT_NOT_YET_VALID: ['unreachable', 'The certificate of the server is not valid yet: check the clocks.'],
	DEPTH_ZERO_SELF_SIGNED_CERT: ['unreachable', 'The certificate is self-signed: name its authority with `tls.ca`.'],
	SELF_SIGNED_CERT_IN_CHAIN: ['unreachable', 'The issuer is not trusted here: name the authority with `tls.ca`.'],
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['unreachable', 'The issuer is not known here: name the authority with `tls.ca`.'],
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['unreachable', 'The issuer is not known here: name the authority with `tls.ca`.'],
	ERR_TLS_CERT_ALTNAME_INVALID: [
		'unreachable',
		'The certificate is for another name: correct `url`, or set `tls.servername`.',
	],
	ENOENT: ['denied', 'A file that the configuration names is not there: correct its path under `tls`.'],
	EACCES: ['denied', 'A file that the configuration names cannot be read by this user: check its permissions.'],
};

const codeOf = (error: unknown): string =>
	typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** Node joins the failures of all addresses of a name in one error: the first tells enough. */
const plainest = (error: unknown): unknown =>
	error instanceof AggregateError && error.errors.length > 0 ? plainest(error.errors[0]) : error;

/**
 * Anything that a socket, TLS or a stream threw, as what it means to the operator. `where` is `host:port`. The cause is left behind on
 * purpose: errors of a request carry its headers, and those are secret.
 */
export function connectionError(thrown: unknown, where: string): AdapterError {
	if (isAdapterError(thrown)) return thrown;
	const error = plainest(thrown);
	const code = codeOf(error);
	const said = messageOf(error) || code || 'the connection failed';
	const message = `${where}: ${said === 'aborted' ? 'the connection broke in the middle of an answer' : said}`;
	const known = codes[code];
	if (known !== undefined) return new AdapterError(known[0], message, known[1]);
	if (/wrong version number|packet length too long|EPROTO/i.test(`${code} ${said}`)) {
		const hint = 'What answers there does not speak TLS: write http in `url`, or correct the port.';
		return new AdapterError('unreachable', `${where} does not speak TLS`, hint);
	}
	if (/alert.*certificate|certificate required|bad certificate/i.test(said)) {
		const hint = 'The server does not accept our certificate: correct `tls.cert` and `tls.key`, or renew them.';
		return new AdapterError('denied', message, hint);
	}
	if (code.startsWith('ERR_OSSL') || code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL')) {
		return new AdapterError('unreachable', message, 'TLS failed: check the files under `tls` in the configuration.');
	}
	if (code.startsWith('Z_') || code.startsWith('HPE_')) {
		const hint = 'That is no answer of HTTP, or a broken one: check scheme and port in `url`, and what stands between.';
		return new AdapterError('malformed', message, hint);
	}
	return new AdapterError(
		'unreachable',
		message,
		'The connection broke: it is tried again. Check the server and the network.',
	);
}

export const calledOff = (signal: AbortSignal): AdapterError =>
	isAdapterError(signal.reason)
		? signal.reason
		: new AdapterError(
				'timeout',
				'called off before an answer came',
				'The server is silent or slow: it is tried again.',
			);
