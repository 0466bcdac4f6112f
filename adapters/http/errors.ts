import {AdapterError, codeOf, isAdapterError, messageOf, unwrapAggregateError} from '../../src/errors.ts';
import {
	type CertificateSettings,
	certificateHint,
	describeTlsError,
	isCertificateRefused,
	isOwnCertificateError,
} from '../../src/text/tls-errors.ts';

/** The hints for failed connections that differ between kinds of servers. */
export type ConnectionHints = {
	/** Hints by error code of Node or OpenSSL. Codes that are missing here have the same hint for every kind of server. */
	readonly codes: Readonly<Record<string, string>>;
	/** The settings for the CA and the name of the server. */
	readonly certificate: CertificateSettings;
	readonly notTls: string;
	readonly certificateRefused: string;
	/** We sent no certificate. Absent where that is not known. */
	readonly certificateRequired?: string;
	/** Our own certificate files cannot be used. */
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
	EPIPE: 'The server closed the connection: check its log, and any proxy in front of it.',
	CERT_HAS_EXPIRED: 'The certificate has expired: renew it on the server, or check the clocks.',
	CERT_NOT_YET_VALID: 'The certificate is not valid yet: check the clocks.',
};

/** The codes of a Unix socket that cannot be opened. */
const isSocketPath = (code: string): boolean => code === 'ENOENT' || code === 'EACCES';

/**
 * Turns what a socket, TLS or a stream threw into an AdapterError. `endpoint` is `host:port`; `hasCertificate`: we send a client certificate.
 * The error has no cause on purpose: errors of a request hold its headers, which are secret.
 */
export function connectionErrorWithHints(
	thrown: unknown,
	endpoint: string,
	hints: ConnectionHints,
	hasCertificate = true,
): AdapterError {
	if (isAdapterError(thrown)) return thrown;
	const error = unwrapAggregateError(thrown);
	const code = codeOf(error);
	const text = messageOf(error);
	const cause = describeTlsError(text) || code || 'the connection failed';
	const message = `${endpoint}: ${cause === 'aborted' ? 'the connection broke in the middle of a response' : cause}`;
	const hint = hints.codes[code] ?? certificateHint(code, hints.certificate) ?? commonHints[code];
	if (hint !== undefined) return new AdapterError(isSocketPath(code) ? 'denied' : 'unreachable', message, hint);
	if (isCertificateRefused(text)) {
		const hint = (hasCertificate ? undefined : hints.certificateRequired) ?? hints.certificateRefused;
		return new AdapterError('denied', `${endpoint} ends the TLS handshake: ${cause}`, hint);
	}
	if (isOwnCertificateError(code))
		return new AdapterError('denied', `the files for TLS cannot be used: ${cause}`, hints.ownCertificateFiles);
	if (/wrong version number|packet length too long|EPROTO/i.test(`${code} ${cause}`))
		return new AdapterError('unreachable', `${endpoint} does not speak TLS`, hints.notTls);
	if (/^ERR_(?:TLS|SSL)/.test(code)) return new AdapterError('unreachable', message, hints.tlsFailed);
	if (/^(?:Z|HPE)_/.test(code)) return new AdapterError('malformed', message, hints.unreadable);
	return new AdapterError('unreachable', message, hints.broken);
}

const hints: ConnectionHints = {
	codes: {
		ECONNREFUSED: 'Nothing listens there: start the server, or correct `url` in the configuration.',
		ENOTFOUND: 'The host name is not known: correct `url`, or check your VPN and the DNS of this machine.',
		ECONNRESET: 'The other end closed the connection: check the server, its log, and any proxy in front of it.',
	},
	certificate: {ca: '`tls.ca`', name: 'correct `url` or set `tls.servername`'},
	notTls: 'The server there does not speak TLS: write http in `url`, or correct the port.',
	certificateRefused:
		'The server refuses our certificate: it may have expired, or come from another authority. Renew `tls.cert`.',
	certificateRequired: 'The server requires a client certificate: set `tls.cert`, and its key with `tls.key`.',
	ownCertificateFiles:
		'`tls.ca`, `tls.cert` and `tls.key` must be PEM files; the key must belong to the certificate and have no passphrase.',
	tlsFailed: 'TLS failed: check the files under `tls` in the configuration.',
	unreadable:
		'The response is not valid HTTP: check scheme and port in `url`, and any proxy between here and the server.',
	broken: 'The connection broke: check the server and the network.',
};

/** The error of a connection to the server of `url`. `hasCertificate`: the settings name a client certificate. */
export const httpConnectionError = (thrown: unknown, endpoint: string, hasCertificate = false): AdapterError =>
	connectionErrorWithHints(thrown, endpoint, hints, hasCertificate);
