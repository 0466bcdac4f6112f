import {spawnSync} from 'node:child_process';
import {chownSync, copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {unprivileged} from './server-process.ts';

/** Paths of PEM files. The key is readable only by the user that shows the certificate: that of the servers, or this one. */
export type CertificateFiles = {
	readonly ca: string;
	readonly cert: string;
	readonly key: string;
	readonly expired: boolean;
};

function openssl(folder: string, args: readonly string[]): void {
	const done = spawnSync('openssl', args, {cwd: folder, encoding: 'utf8'});
	if (done.error) throw new Error('openssl is not installed: apt-get install openssl');
	if (done.status !== 0) throw new Error(`openssl ${args.join(' ')}\n${done.stderr}`);
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** The path of the PEM file of the estate's certificate authority, which is created on first use. */
function authority(folder: string): {readonly certificates: string; readonly ca: string} {
	const certificates = join(folder, 'certificates');
	mkdirSync(certificates, {recursive: true, mode: 0o755});
	const ca = join(certificates, 'ca.pem');
	if (!existsSync(ca)) {
		const name = ['-subj', '/CN=midwatch test authority', '-days', '30'];
		openssl(certificates, ['req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', ...name]);
	}
	return {certificates, ca};
}

function signed(folder: string, name: string, subject: string, days: number, extensions: string): CertificateFiles {
	const {certificates, ca} = authority(folder);
	const cert = join(certificates, `${name}.pem`);
	const key = join(certificates, `${name}.key`);
	rmSync(key, {force: true});
	openssl(certificates, ['req', ...newKey, '-keyout', key, '-out', `${name}.csr`, '-subj', subject]);
	writeFileSync(join(certificates, `${name}.extensions`), `${extensions}\n`);
	const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', `${name}.extensions`];
	openssl(certificates, ['x509', '-req', '-in', `${name}.csr`, ...by, '-days', String(days), '-out', cert]);
	return {ca, cert, key, expired: days < 0};
}

function giveToServers(key: string): void {
	if (unprivileged.uid !== undefined) chownSync(key, unprivileged.uid, unprivileged.gid ?? unprivileged.uid);
}

/** Returns the certificate with a copy of its key that the servers can read, for a server that shows it itself. */
export function ofServers<C extends {readonly key: string}>(certificate: C): C {
	const key = `${certificate.key}.server`;
	copyFileSync(certificate.key, key);
	giveToServers(key);
	return {...certificate, key};
}

/** A certificate for localhost and 127.0.0.1, signed by the estate's own authority. An expired one ended yesterday. */
export function certificate(folder: string, expired: boolean): CertificateFiles {
	const name = expired ? 'expired' : 'valid';
	const made = signed(folder, name, '/CN=localhost', expired ? -1 : 30, 'subjectAltName=DNS:localhost,IP:127.0.0.1');
	giveToServers(made.key);
	return made;
}

/** A client certificate, signed by the same authority: `subject` as `/O=Example/CN=midwatch`. */
export const clientCertificate = (folder: string, subject: string, expired = false): CertificateFiles =>
	signed(folder, expired ? 'client-expired' : 'client', subject, expired ? -1 : 30, 'extendedKeyUsage=clientAuth');
