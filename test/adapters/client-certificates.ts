import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {type CertificateFiles, certificate, clientCertificate} from '../estate/certificates.ts';
import type {ClientCertificate} from '../estate/http-server.ts';

/** A client certificate, or none, that the server must refuse, with the expected error. */
type Refused = {
	readonly name: string;
	readonly shows: Partial<ClientCertificate>;
	readonly message: RegExp;
	readonly hint: RegExp;
};

export type ClientCertificates = {
	/** The files of the server; its authority signed `accepted` too. */
	readonly server: CertificateFiles;
	readonly accepted: ClientCertificate;
	/** The folder of the authority. */
	readonly folder: string;
	readonly refused: readonly Refused[];
	removeFiles(): void;
};

/** The subject of the accepted certificate, in the order of openssl. */
export const clientSubject = '/O=Example/CN=midwatch';

/** The certificates of a server that requires one of its clients, one that it accepts, and those that it refuses. */
export function createClientCertificates(): ClientCertificates {
	const made = ['ours', 'another'].map(name => {
		const folder = mkdtempSync(join(tmpdir(), `midwatch-certificates-${name}-`));
		// The server runs as another user.
		chmodSync(folder, 0o755);
		return folder;
	});
	const [ours = '', another = ''] = made;
	const only = ({cert, key}: CertificateFiles): ClientCertificate => ({cert, key});
	const server = certificate(ours, false);
	const shown = only(clientCertificate(ours, clientSubject));
	const stranger = only(clientCertificate(another, clientSubject));
	const expired = only(clientCertificate(ours, clientSubject, true));
	const notPem = join(ours, 'not.pem');
	writeFileSync(notPem, 'this is no certificate\n', {mode: 0o600});
	const ends = /^127\.0\.0\.1:\d+ ends the TLS handshake: [a-z ]+$/;
	const notOurs = /(?:does not take|refuses) our certificate: .*Renew `tls\.cert`/;
	const files = /^the files for TLS cannot be used: [a-z ]+$/;
	const mustBe = /(?:have to|must) be PEM files[,;] the key /;
	return {
		server,
		accepted: shown,
		folder: ours,
		refused: [
			{
				name: 'none',
				shows: {},
				message: ends,
				hint: /(?:wants a certificate of ours: name it with|requires a client certificate: set) `tls\.cert`/,
			},
			{name: 'one of another authority', shows: stranger, message: ends, hint: notOurs},
			{name: 'one that has expired', shows: expired, message: ends, hint: notOurs},
			{name: 'the key of another', shows: {...shown, key: stranger.key}, message: files, hint: mustBe},
			{name: 'no certificate', shows: {...shown, cert: notPem}, message: files, hint: mustBe},
			{name: 'no key', shows: {...shown, key: notPem}, message: files, hint: mustBe},
			{
				name: 'a file that is not there',
				shows: {...shown, key: join(ours, 'lost.key')},
				message: /lost\.key: there is no such file/,
				hint: /Correct the path of `tls\.key`/,
			},
		],
		removeFiles() {
			for (const folder of made) rmSync(folder, {recursive: true, force: true});
		},
	};
}
