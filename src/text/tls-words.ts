/** As OpenSSL tells it: number of a thread, `error`, code, library, function, reason, file, line, more. */
const told = /(?:^|[ :])error:[0-9a-f]{8}:[^:]*:[^:]*:([^:]*)/i;

/** What OpenSSL found wrong, without its numbers and files: `bad certificate`, `key values mismatch`. Any other text stays as it is. */
export const tlsWords = (message: string): string => (told.exec(message)?.[1] ?? message).replace(alert, '').trim();

/** What the far end said before it went, by the protocol's own name for it (RFC 8446, section 6). Versions of OpenSSL call it otherwise. */
const alert = /^(?:ssl|tls)\S* alert /i;

const aboutCertificate = /certificate|unknown ca|access denied|decrypt error/i;

/** Whether the far end does not take the certificate that it was shown, or was shown none and wants one. */
export const isCertificateRefused = (message: string): boolean => {
	const reason = told.exec(message)?.[1] ?? '';
	return alert.test(reason) && aboutCertificate.test(reason);
};

/** Whether it is what we read from our own files that cannot be used, by the code that Node gives it: nothing was sent yet. */
export const isOwnMaterial = (code: string): boolean => code.startsWith('ERR_OSSL_');
