/** As OpenSSL tells it: number of a thread, `error`, code, library, function, reason, file, line, more. */
const openSslReason = /(?:^|[ :])error:[0-9a-f]{8}:[^:]*:[^:]*:([^:]*)/i;

/** What OpenSSL found wrong, without its numbers and files: `bad certificate`, `key values mismatch`. Any other text stays as it is. */
export const describeTlsError = (message: string): string =>
	(openSslReason.exec(message)?.[1] ?? message).replace(alert, '').replace(nodeAdvice, '').trim();

/** Node's advice on its own command line, which a user of midwatch does not write. */
const nodeAdvice = /; if the root CA is installed locally, try running Node\.js with --use-system-ca$/;

/** What the far end said before it went, by the protocol's own name for it (RFC 8446, section 6). Versions of OpenSSL call it otherwise. */
const alert = /^(?:ssl|tls)\S* alert /i;

const aboutCertificate = /certificate|unknown ca|access denied|decrypt error/i;

/** Whether the far end does not take the certificate that it was shown, or was shown none and wants one. */
export const isCertificateRefused = (message: string): boolean => {
	const reason = openSslReason.exec(message)?.[1] ?? '';
	return alert.test(reason) && aboutCertificate.test(reason);
};

/** Whether it is what we read from our own files that cannot be used, by the code that Node gives it: nothing was sent yet. */
export const isOwnCertificateError = (code: string): boolean => code.startsWith('ERR_OSSL_');

const unknownIssuers = new Set([
	'DEPTH_ZERO_SELF_SIGNED_CERT',
	'SELF_SIGNED_CERT_IN_CHAIN',
	'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
	'UNABLE_TO_GET_ISSUER_CERT',
	'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

/** The setting that names the CA, and what sets the name that the certificate must carry: `set tls.servername`. */
export type CertificateSettings = {readonly ca: string; readonly name: string};

/**
 * What to do about a server certificate that cannot be verified, by Node's error code; undefined for any other code. Both hints lead to
 * the administrator of the server: what the connection itself shows may be an impostor's.
 */
export function certificateHint(code: string, {ca, name}: CertificateSettings): string | undefined {
	if (unknownIssuers.has(code)) {
		return `Nothing proves that this is your server: its certificate is not from a CA that is trusted here. Get the CA certificate from the server's administrator, not from this connection, and set ${ca}.`;
	}
	if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
		return `The certificate is for another name, so this may be another server. Ask its administrator which name the certificate carries, and ${name}.`;
	}
	return undefined;
}
