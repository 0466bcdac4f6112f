import type {Secret} from '../contract/target.ts';
import type {ConfigEnvironment} from './config-environment.ts';
import {parseSecretReference, referenceForms, secretFromReader, secretFromReference} from './secrets.ts';
import {parseServerUrl, type ServerUrl} from './server-url.ts';
import {SettingsError} from './settings-error.ts';

/** Says what is wrong with a key of the entry that is being read. */
export type ReportMistake = (key: string, text: string) => void;

/** A certificate is of no use without its key, nor a key without its certificate. */
export function checkCertificate(
	tls: {readonly cert?: string | undefined; readonly key?: string | undefined} | undefined,
	complain: ReportMistake,
): void {
	if ((tls?.cert === undefined) !== (tls?.key === undefined)) complain('tls', 'tls needs cert and key, or neither');
}

/** The text of a `url` and where it comes from. A password may stand in a variable, never in the file. */
export function resolveUrl(
	text: string,
	complain: ReportMistake,
	{env}: ConfigEnvironment,
): {text: string; source: string} | undefined {
	const reference = parseSecretReference(text);
	if (reference === undefined) {
		let url: ServerUrl | undefined;
		try {
			url = parseServerUrl(text);
		} catch (error) {
			if (!(error instanceof SettingsError)) throw error;
			complain('url', error.message);
			return undefined;
		}
		// The platform reads some URLs that `readServerUrl` does not, such as one with a bare @ in the password.
		const password = url === undefined ? URL.parse(text)?.password || undefined : url.password;
		if (password === undefined && url?.params.get('password') === undefined) return {text, source: 'url'};
		complain('url', `url holds a password. Take it out, and write password: with a reference: ${referenceForms}`);
	} else if (typeof reference === 'string') complain('url', reference);
	else if (reference.kind !== 'env') complain('url', 'url takes a URL or ${env:NAME}; password takes all references');
	else {
		const value = env[reference.name];
		if (value !== undefined && value !== '') return {text: value, source: text};
		complain('url', `the environment variable ${reference.name} is not set`);
	}
	return undefined;
}

/** The secret that a key refers to; undefined when the key is absent. A secret written in the file itself is a mistake. */
export function readSecretReference(
	text: string | undefined,
	complain: ReportMistake,
	{env, home, clock}: ConfigEnvironment,
	key = 'password',
): Secret | undefined {
	if (text === undefined) return undefined;
	const reference = parseSecretReference(text);
	if (typeof reference === 'object') return secretFromReference(reference, {env, home, clock});
	complain(key, reference ?? `${key} holds the secret itself. Write a reference to it instead: ${referenceForms}`);
	return secretFromReader(key, async () => '');
}

/** Keys that a `url` says already. */
export function rejectKeysGivenByUrl(entry: object, keys: readonly string[], complain: ReportMistake): void {
	for (const key of keys) if (key in entry) complain(key, `url says the ${key} already: leave out one of them`);
}
