import type {Secret} from '../contract/target.ts';
import type {ReportMistake, SettingsEnvironment} from '../contract/target-config.ts';
import {parseSecretReference, referenceForms, secretFromReader, secretFromReference} from './secrets.ts';
import {parseServerUrl, type ServerUrl} from './server-url.ts';
import {SettingsError} from './settings-error.ts';

/** Reports a mistake when only one of certificate and key is given. */
export function checkCertificate(
	tls: {readonly cert?: string | undefined; readonly key?: string | undefined} | undefined,
	report: ReportMistake,
): void {
	if ((tls?.cert === undefined) !== (tls?.key === undefined)) report('tls', 'tls needs cert and key, or neither');
}

/**
 * Resolves a `url` to its text and the source of that text. A variable may hold a password, the file may not.
 * @returns undefined when it reported a mistake.
 */
export function resolveUrl(
	text: string,
	report: ReportMistake,
	{env}: SettingsEnvironment,
): {text: string; source: string} | undefined {
	const reference = parseSecretReference(text);
	if (reference === undefined) {
		let url: ServerUrl | undefined;
		try {
			url = parseServerUrl(text);
		} catch (error) {
			if (!(error instanceof SettingsError)) throw error;
			report('url', error.message);
			return undefined;
		}
		// The platform reads some URLs that `parseServerUrl` does not, such as one with a bare @ in the password.
		const password = url === undefined ? URL.parse(text)?.password || undefined : url.password;
		if (password === undefined && url?.params.get('password') === undefined) return {text, source: 'url'};
		report('url', `url holds a password. Take it out, and write password: with a reference: ${referenceForms}`);
	} else if (typeof reference === 'string') report('url', reference);
	else if (reference.kind !== 'env') report('url', 'url takes a URL or ${env:NAME}; password takes all references');
	else {
		const value = env[reference.name];
		if (value !== undefined && value !== '') return {text: value, source: text};
		report('url', `the environment variable ${reference.name} is not set`);
	}
	return undefined;
}

/** Returns the secret that a key refers to; undefined when the key is absent. A plain secret in the file is a mistake. */
export function readSecretReference(
	text: string | undefined,
	report: ReportMistake,
	{env, home, clock}: SettingsEnvironment,
	key = 'password',
): Secret | undefined {
	if (text === undefined) return undefined;
	const reference = parseSecretReference(text);
	if (typeof reference === 'object') return secretFromReference(reference, {env, home, clock});
	report(key, reference ?? `${key} holds the secret itself. Write a reference to it instead: ${referenceForms}`);
	return secretFromReader(key, async () => '');
}

/** Reports the keys that repeat a part of `url`. */
export function rejectKeysGivenByUrl(entry: object, keys: readonly string[], report: ReportMistake): void {
	for (const key of keys) if (key in entry) report(key, `url says the ${key} already: leave out one of them`);
}
