import {createHash, generateKeyPairSync, type KeyObject, randomBytes, sign} from 'node:crypto';
import {systemClock} from '../../../src/time/clock.ts';
import {
	derBitString,
	derBoolean,
	derExplicit,
	derImplicit,
	derInteger,
	derObjectIdentifier,
	derOctetString,
	derSequence,
	derSet,
	derUtcTime,
	derUtf8String,
	toPem,
} from './der.ts';

/** PEM texts. */
export type CertificatePair = {readonly cert: string; readonly key: string};

/** Signs certificates that live as long as this process does. */
export type CertificateAuthority = {
	/** PEM text, which a client has to trust. */
	readonly cert: string;
	/** Issues a server certificate for these names and IPv4 addresses. */
	server(names: readonly string[], addresses: readonly string[], lifetime?: Lifetime): CertificatePair;
	/** Issues a client certificate, which names a user and its groups. */
	client(user: string, groups: readonly string[], lifetime?: Lifetime): CertificatePair;
};

/** Epoch milliseconds. */
export type Lifetime = {readonly from: number; readonly to: number};

const ecdsaWithSha256 = derSequence(derObjectIdentifier('1.2.840.10045.4.3.2'));
const keyUsage = {digitalSignature: [0x80, 7], certSign: [0x04, 2]} as const;
const serverAuth = derObjectIdentifier('1.3.6.1.5.5.7.3.1');
const clientAuth = derObjectIdentifier('1.3.6.1.5.5.7.3.2');

const day = 24 * 3600 * 1000;
/** Uses the real time, not the demo's clock, as the other side of TLS does. */
const tenDays = (): Lifetime => ({from: systemClock.now() - day, to: systemClock.now() + 10 * day});

const newKey = () => generateKeyPairSync('ec', {namedCurve: 'P-256'});
const spki = (key: KeyObject) => key.export({type: 'spki', format: 'der'});
const keyId = (key: KeyObject) => createHash('sha1').update(spki(key)).digest();
const privatePem = (key: KeyObject) => key.export({type: 'pkcs8', format: 'pem'}).toString();

const attribute = (type: string, value: string) => derSet(derSequence(derObjectIdentifier(type), derUtf8String(value)));
const distinguishedName = (commonName: string, organizations: readonly string[] = []) =>
	derSequence(...organizations.map(name => attribute('2.5.4.10', name)), attribute('2.5.4.3', commonName));

const extension = (id: string, content: Buffer, critical = false) =>
	derSequence(derObjectIdentifier(id), ...(critical ? [derBoolean()] : []), derOctetString(content));

const usage = ([bit, unused]: readonly [number, number]) =>
	extension('2.5.29.15', derBitString(Buffer.from([bit]), unused), true);

type Request = {
	readonly subject: Buffer;
	readonly key: KeyObject;
	readonly extensions: readonly Buffer[];
	readonly lifetime: Lifetime;
};

/** X.509 version 3 (RFC 5280), signed by `signer`. */
function certify(issuer: Buffer, signer: KeyObject, {subject, key, extensions, lifetime}: Request): string {
	const serial = randomBytes(16);
	serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
	const body = derSequence(
		derExplicit(0, derInteger(Buffer.from([2]))),
		derInteger(serial),
		ecdsaWithSha256,
		issuer,
		derSequence(derUtcTime(lifetime.from), derUtcTime(lifetime.to)),
		subject,
		spki(key),
		derExplicit(3, derSequence(...extensions)),
	);
	return toPem('CERTIFICATE', derSequence(body, ecdsaWithSha256, derBitString(sign('sha256', body, signer))));
}

/** Creates a certificate authority. Its key is only in memory. */
export function createAuthority(name: string): CertificateAuthority {
	const {publicKey, privateKey} = newKey();
	const issuer = distinguishedName(name);
	const subjectKey = (key: KeyObject) => extension('2.5.29.14', derOctetString(keyId(key)));
	const authorityKey = extension('2.5.29.35', derSequence(derImplicit(0, keyId(publicKey))));
	const cert = certify(issuer, privateKey, {
		subject: issuer,
		key: publicKey,
		lifetime: tenDays(),
		extensions: [
			extension('2.5.29.19', derSequence(derBoolean()), true),
			usage(keyUsage.certSign),
			subjectKey(publicKey),
			authorityKey,
		],
	});

	function issue(subject: Buffer, purpose: Buffer, more: readonly Buffer[], lifetime = tenDays()): CertificatePair {
		const pair = newKey();
		const extensions = [
			usage(keyUsage.digitalSignature),
			extension('2.5.29.37', derSequence(purpose)),
			subjectKey(pair.publicKey),
			authorityKey,
			...more,
		];
		return {
			cert: certify(issuer, privateKey, {subject, key: pair.publicKey, extensions, lifetime}),
			key: privatePem(pair.privateKey),
		};
	}

	return {
		cert,
		server(names, addresses, lifetime) {
			const alternatives = derSequence(
				...names.map(host => derImplicit(2, Buffer.from(host, 'ascii'))),
				...addresses.map(address => derImplicit(7, Buffer.from(address.split('.').map(Number)))),
			);
			const more = [extension('2.5.29.17', alternatives)];
			return issue(distinguishedName(names[0] ?? 'kubernetes'), serverAuth, more, lifetime);
		},
		client: (user, groups, lifetime) => issue(distinguishedName(user, groups), clientAuth, [], lifetime),
	};
}
