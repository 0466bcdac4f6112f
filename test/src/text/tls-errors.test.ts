import {describe, expect, test} from 'vitest';
import {certificateHint, describeTlsError, isCertificateRefused} from '../../../src/text/tls-errors.ts';

/** Error texts of each version of OpenSSL that Node came with, and the part that is shown. */
const refusals = [
	[
		'80BC:error:0A000412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate:../x.c:1601:SSL alert number 42\n',
		'bad certificate',
	],
	[
		'00C1:error:0A000412:SSL routines:ssl3_read_bytes:ssl/tls alert bad certificate:../x.c:916:SSL alert number 42\n',
		'bad certificate',
	],
	[
		'80BC:error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:../x.c:1605:SSL alert number 116',
		'certificate required',
	],
	[
		'write EPROTO 80BC:error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:../x.c:1605:SSL alert number 48',
		'unknown ca',
	],
] as const;

describe('an error of OpenSSL', () => {
	test.each(refusals)('on a refused certificate is recognized: %s', (message, words) => {
		expect(isCertificateRefused(message)).toBe(true);
		expect(describeTlsError(message)).toBe(words);
	});

	test.each([
		[
			'80BC:error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:../x.c:1605:SSL alert number 40',
			'handshake failure',
		],
		['80BC:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../x.c:354:', 'wrong version number'],
		['error:05800074:x509 certificate routines::key values mismatch', 'key values mismatch'],
		["ENOENT: no such file or directory, open '/etc/certificates/alert certificate.pem'", undefined],
	])('on anything else is not: %s', (message, words = message) => {
		expect(isCertificateRefused(message)).toBe(false);
		expect(describeTlsError(message)).toBe(words);
	});
});

test('the hint for a certificate that cannot be verified names the administrator of the server, never the certificate that was shown', () => {
	const hint = (code: string) => certificateHint(code, {ca: '`tls.ca`', name: 'set `tls.servername`'});
	for (const code of [
		'DEPTH_ZERO_SELF_SIGNED_CERT',
		'SELF_SIGNED_CERT_IN_CHAIN',
		'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
		'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
	]) {
		expect(hint(code)).toMatch(
			/^Nothing proves .* from the server's administrator, not from this connection, and set `tls\.ca`\.$/,
		);
	}
	expect(hint('ERR_TLS_CERT_ALTNAME_INVALID')).toMatch(
		/may be another server\. Ask its administrator .*, and set `tls\.servername`\.$/,
	);
	expect(hint('CERT_HAS_EXPIRED')).toBeUndefined();
});

test('the advice of Node about its own options is left out', () => {
	const message = 'unable to verify the first certificate';
	expect(
		describeTlsError(`${message}; if the root CA is installed locally, try running Node.js with --use-system-ca`),
	).toBe(message);
});
