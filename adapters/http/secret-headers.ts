import {AdapterError} from '../../src/errors.ts';
import type {HttpSettings} from '../../src/port/http.ts';

/** Shorter values are not masked: they occur in ordinary words. */
const minSecretLength = 4;

export type SecretHeaders = {
	readonly headers: Readonly<Record<string, string>>;
	/** Replaces every secret of these headers in a text by `***`, for responses that repeat what was sent. */
	readonly mask: (text: string) => string;
};

/**
 * Reads the secrets of the settings, which may run a command, and returns the headers that carry them.
 * @throws AdapterError `denied` when a value holds characters that no header may hold.
 */
export async function readSecretHeaders({auth, headers: configured}: HttpSettings): Promise<SecretHeaders> {
	const headers: Record<string, string> = {};
	const secrets: string[] = [];
	if (auth.kind === 'basic') {
		const password = await auth.password.reveal();
		const credentials = Buffer.from(`${auth.username}:${password}`).toString('base64');
		headers['Authorization'] = `Basic ${credentials}`;
		secrets.push(credentials, password);
	} else if (auth.kind === 'bearer') {
		const token = (await auth.token.reveal()).trim();
		headers['Authorization'] = `Bearer ${token}`;
		secrets.push(token);
	}
	for (const [name, secret] of Object.entries(configured)) {
		const value = await secret.reveal();
		headers[name] = value;
		secrets.push(value);
	}
	for (const [name, value] of Object.entries(headers)) {
		if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
			const hint = 'It holds a line break or another character that no header may hold: correct what it refers to.';
			throw new AdapterError('denied', `the value of the header ${name} cannot be sent`, hint);
		}
	}
	const masked = secrets.filter(secret => secret.length >= minSecretLength);
	return {headers, mask: text => masked.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)};
}
