/** An error in OpenSSL's format: thread number, `error`, code, library, function, reason, file, line, more. */
const openSslReason = /(?:^|[ :])error:[0-9a-f]{8}:[^:]*:[^:]*:([^:]*)/i;

/** Returns the reason of an OpenSSL error, without its numbers and files: `bad certificate`, `key values mismatch`. Any other text is returned unchanged. */
export const describeTlsError = (message: string): string =>
	(openSslReason.exec(message)?.[1] ?? message).replace(alert, '').replace(nodeAdvice, '').trim();

/** Node's advice on its command line, which does not apply to midwatch. */
const nodeAdvice = /; if the root CA is installed locally, try running Node\.js with --use-system-ca$/;

/** A TLS alert of the server, without the protocol version before its name (RFC 8446, section 6). The versions of OpenSSL differ in it. */
const alert = /^(?:ssl|tls)\S* alert /i;

const aboutCertificate = /certificate|unknown ca|access denied|decrypt error/i;

/** Returns true when the server refused our client certificate, or requires one and received none. */
export const isCertificateRefused = (message: string): boolean => {
	const reason = openSslReason.exec(message)?.[1] ?? '';
	return alert.test(reason) && aboutCertificate.test(reason);
};

/** Returns true for Node's error codes of our own certificate and key files: nothing was sent yet. */
export const isOwnCertificateError = (code: string): boolean => code.startsWith('ERR_OSSL_');

const unknownIssuers: ReadonlySet<string> = new Set([
	'DEPTH_ZERO_SELF_SIGNED_CERT',
	'SELF_SIGNED_CERT_IN_CHAIN',
	'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
	'UNABLE_TO_GET_ISSUER_CERT',
	'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

/** `ca`: the setting with the CA. `name`: how to set the name that the certificate must contain: `set tls.servername`. */
export type CertificateSettings = {readonly ca: string; readonly name: string};

/**
 * Returns what to do about a server certificate that cannot be verified, by Node's error code; undefined for any other code. Both hints refer
 * to the administrator of the server, because the certificate on this connection may be an impostor's.
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
