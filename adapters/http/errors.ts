import {AdapterError, codeOf, isAdapterError, messageOf, unwrapAggregateError} from '../../src/errors.ts';
import {
	type CertificateSettings,
	certificateHint,
	describeTlsError,
	isCertificateRefused,
	isOwnCertificateError,
} from '../../src/text/tls-errors.ts';

/** What there is to do about a link that failed, where the words of one kind of server differ from another's. */
export type ConnectionHints = {
	/** By Node's or OpenSSL's code; those that are left out are told in the same words everywhere. */
	readonly codes: Readonly<Record<string, string>>;
	/** Where the CA and the name of the server are set. */
	readonly certificate: CertificateSettings;
	readonly notTls: string;
	readonly certificateRefused: string;
	/** We show none; left out where that cannot be told. */
	readonly certificateRequired?: string;
	/** What our own files hold cannot be used. */
	readonly ownCertificateFiles: string;
	readonly tlsFailed: string;
	readonly unreadable: string;
	readonly broken: string;
};

const commonHints: Readonly<Record<string, string>> = {
	EAI_AGAIN: 'The DNS of this machine does not answer: check your network.',
	EHOSTUNREACH: 'No route to the host: check the network, VPN or firewall.',
	ENETUNREACH: 'No route to the network: check the network or VPN.',
	ETIMEDOUT: 'The host does not answer: check the network, VPN or firewall.',
	EPIPE: 'The other end broke the connection: it is tried again.',
	CERT_HAS_EXPIRED: 'The certificate has expired: renew it on the server, or check the clocks.',
	CERT_NOT_YET_VALID: 'The certificate is not valid yet: check the clocks.',
};

/** Of a Unix socket: nothing was sent. */
const isSocketPath = (code: string): boolean => code === 'ENOENT' || code === 'EACCES';

/**
 * Anything that a socket, TLS or a stream threw, as what it means to the operator. `where` is `host:port`; `shows`: we have a certificate to
 * show. The cause is left behind on purpose: errors of a request carry its headers, and those are secret.
 */
export function connectionErrorWithHints(
	thrown: unknown,
	where: string,
	hints: ConnectionHints,
	shows = true,
): AdapterError {
	if (isAdapterError(thrown)) return thrown;
	const error = unwrapAggregateError(thrown);
	const code = codeOf(error);
	const whole = messageOf(error);
	const said = describeTlsError(whole) || code || 'the connection failed';
	const message = `${where}: ${said === 'aborted' ? 'the connection broke in the middle of an answer' : said}`;
	const known = hints.codes[code] ?? certificateHint(code, hints.certificate) ?? commonHints[code];
	if (known !== undefined) return new AdapterError(isSocketPath(code) ? 'denied' : 'unreachable', message, known);
	if (isCertificateRefused(whole)) {
		const hint = (shows ? undefined : hints.certificateRequired) ?? hints.certificateRefused;
		return new AdapterError('denied', `${where} ends the TLS handshake: ${said}`, hint);
	}
	if (isOwnCertificateError(code))
		return new AdapterError('denied', `the files for TLS cannot be used: ${said}`, hints.ownCertificateFiles);
	if (/wrong version number|packet length too long|EPROTO/i.test(`${code} ${said}`))
		return new AdapterError('unreachable', `${where} does not speak TLS`, hints.notTls);
	if (/^ERR_(?:TLS|SSL)/.test(code)) return new AdapterError('unreachable', message, hints.tlsFailed);
	if (/^(?:Z|HPE)_/.test(code)) return new AdapterError('malformed', message, hints.unreadable);
	return new AdapterError('unreachable', message, hints.broken);
}

const hints: ConnectionHints = {
	codes: {
		ECONNREFUSED: 'Nothing listens there: start the server, or correct `url` in the configuration.',
		ENOTFOUND: 'The host name is not known: correct `url`, or check your VPN and the DNS of this machine.',
		ECONNRESET: 'The other end broke the connection: check the server, its log and what stands before it.',
	},
	certificate: {ca: '`tls.ca`', name: 'correct `url` or set `tls.servername`'},
	notTls: 'What answers there does not speak TLS: write http in `url`, or correct the port.',
	certificateRefused:
		'The server does not take our certificate: it may have expired, or be of another authority. Renew `tls.cert`.',
	certificateRequired: 'The server wants a certificate of ours: name it with `tls.cert`, and its key with `tls.key`.',
	ownCertificateFiles:
		'`tls.ca`, `tls.cert` and `tls.key` have to be PEM files, the key without a passphrase and that of the certificate.',
	tlsFailed: 'TLS failed: check the files under `tls` in the configuration.',
	unreadable: 'That is no answer of HTTP, or a broken one: check scheme and port in `url`, and what stands between.',
	broken: 'The connection broke: it is tried again. Check the server and the network.',
};

/** A link to a server of an `url`. `shows`: the settings name a certificate of ours. */
export const httpConnectionError = (thrown: unknown, where: string, shows = false): AdapterError =>
	connectionErrorWithHints(thrown, where, hints, shows);
