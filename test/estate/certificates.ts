import {spawnSync} from 'node:child_process';
import {chownSync, existsSync, mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {unprivileged} from './process.ts';

/** Paths of PEM files. The servers own the key, and nobody else may read it. */
export type Certificate = {readonly ca: string; readonly cert: string; readonly key: string; readonly expired: boolean};

function openssl(folder: string, args: readonly string[]): void {
	const done = spawnSync('openssl', args, {cwd: folder, encoding: 'utf8'});
	if (done.error) throw new Error('openssl is not installed: apt-get install openssl');
	if (done.status !== 0) throw new Error(`openssl ${args.join(' ')}\n${done.stderr}`);
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** A certificate for localhost and 127.0.0.1, signed by the estate's own authority. An expired one ended yesterday. */
export function certificate(folder: string, expired: boolean): Certificate {
	const certificates = join(folder, 'certificates');
	mkdirSync(certificates, {recursive: true, mode: 0o755});
	const ca = join(certificates, 'ca.pem');
	if (!existsSync(ca)) {
		const name = ['-subj', '/CN=midwatch test authority', '-days', '30'];
		openssl(certificates, ['req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', ...name]);
	}
	const name = expired ? 'expired' : 'valid';
	const cert = join(certificates, `${name}.pem`);
	const key = join(certificates, `${name}.key`);
	rmSync(key, {force: true});
	openssl(certificates, ['req', ...newKey, '-keyout', key, '-out', `${name}.csr`, '-subj', '/CN=localhost']);
	writeFileSync(join(certificates, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
	const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names'];
	const days = ['-days', expired ? '-1' : '30'];
	openssl(certificates, ['x509', '-req', '-in', `${name}.csr`, ...signed, ...days, '-out', cert]);
	if (unprivileged.uid !== undefined) chownSync(key, unprivileged.uid, unprivileged.gid ?? unprivileged.uid);
	return {ca, cert, key, expired};
}
