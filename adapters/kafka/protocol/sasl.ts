import {createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual} from 'node:crypto';
import {promisify} from 'node:util';
import {AdapterError} from '../../../src/errors.ts';
import type {KafkaSasl} from '../../../src/port/kafka.ts';
import type {Principal} from '../principal.ts';

/** Sends one message of the login and returns the broker's reply. @throws AdapterError when the broker refuses. */
export type SaslExchange = (message: Uint8Array) => Promise<Buffer>;

const derive = promisify(pbkdf2);

/** The most hash iterations that a broker may require: at that point it is not authenticated yet. */
const maxIterations = 1_000_000;

/** The name of a mechanism in the protocol. */
export const mechanismName = (mechanism: KafkaSasl['mechanism']): string => mechanism.toUpperCase();

/** RFC 4616. Sends the password itself, so use it only over TLS or in a trusted network. */
async function plain(username: string, password: string, exchange: SaslExchange): Promise<void> {
	await exchange(Buffer.from(`\0${username}\0${password}`, 'utf8'));
}

const unprovenBrokerError = (problem: string): AdapterError =>
	new AdapterError('denied', `the broker's side of the login is wrong: ${problem}`, 'Check that this is your broker.');

/** RFC 5802 without channel binding. Does not send the password, and checks the broker's proof that it knows it too. */
async function scram(
	hash: 'sha256' | 'sha512',
	username: string,
	password: string,
	exchange: SaslExchange,
): Promise<void> {
	const bytes = hash === 'sha256' ? 32 : 64;
	const hmac = (key: Uint8Array, text: string) => createHmac(hash, key).update(text).digest();
	const nonce = randomBytes(18).toString('base64url');
	const name = username.normalize('NFKC').replaceAll('=', '=3D').replaceAll(',', '=2C');
	const bare = `n=${name},r=${nonce}`;

	const challenge = (await exchange(Buffer.from(`n,,${bare}`))).toString('utf8');
	const field = (text: string, letter: string) =>
		text
			.split(',')
			.find(part => part.startsWith(`${letter}=`))
			?.slice(letter.length + 1) ?? '';
	const shared = field(challenge, 'r');
	const iterations = Number(field(challenge, 'i'));
	if (!shared.startsWith(nonce) || shared === nonce) throw unprovenBrokerError('its reply is for another client');
	if (!Number.isInteger(iterations) || iterations < 4096 || iterations > maxIterations) {
		throw unprovenBrokerError(`it requires ${field(challenge, 'i')} iterations`);
	}

	const salt = Buffer.from(field(challenge, 's'), 'base64');
	const salted = await derive(password.normalize('NFKC'), salt, iterations, bytes, hash);
	const clientKey = hmac(salted, 'Client Key');
	const final = `c=${Buffer.from('n,,').toString('base64')},r=${shared}`;
	const signed = `${bare},${challenge},${final}`;
	const signature = hmac(createHash(hash).update(clientKey).digest(), signed);
	const proof = clientKey.map((byte, at) => byte ^ (signature[at] ?? 0));

	const verdict = (await exchange(Buffer.from(`${final},p=${Buffer.from(proof).toString('base64')}`))).toString('utf8');
	const actual = Buffer.from(field(verdict, 'v'), 'base64');
	const expected = hmac(hmac(salted, 'Server Key'), signed);
	if (actual.length !== expected.length || !timingSafeEqual(actual, expected))
		throw unprovenBrokerError('it does not know the password');
}

/** The characters of a token (RFC 6750): others would end the message early. */
const tokenText = /^[\w.~+/-]+=*$/;

/**
 * RFC 7628 as in Kafka (KIP-255): the first message is the token. An error comes as a reply that must be acknowledged before the refusal.
 */
async function bearer(token: string, exchange: SaslExchange): Promise<void> {
	if (!tokenText.test(token)) {
		const hint = 'Correct what `sasl.token` refers to: it must give only the token, on one line.';
		throw new AdapterError('denied', 'the token of the login cannot be sent', hint);
	}
	const verdict = await exchange(Buffer.from(`n,,\x01auth=Bearer ${token}\x01\x01`));
	if (verdict.length === 0) return;
	await exchange(Buffer.from([1]));
	throw unprovenBrokerError('it neither accepts nor refuses the token');
}

/** Logs in. @throws AdapterError `denied` when the broker refuses, or does not know the password itself. */
export async function logIn(sasl: KafkaSasl, principal: Principal, exchange: SaslExchange): Promise<void> {
	if (sasl.mechanism === 'oauthbearer') {
		const token = (await sasl.token.reveal()).trim();
		await bearer(token, exchange);
		principal.recordToken(token);
		return;
	}
	const password = await sasl.password.reveal();
	if (sasl.mechanism === 'plain') return plain(sasl.username, password, exchange);
	return scram(sasl.mechanism === 'scram-sha-256' ? 'sha256' : 'sha512', sasl.username, password, exchange);
}
