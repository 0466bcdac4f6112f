import type {ReportMistake, SettingsEnvironment} from '../contract/target-config.ts';
import type {HttpAuth, HttpSettings} from '../port/http.ts';
import {decodePercent} from '../text/percent-decode.ts';
import {trimTrailingSlashes} from '../text/url.ts';
import {checkCertificate, readSecretReference, rejectKeysGivenByUrl, resolveUrl} from './entry-fields.ts';
import type {HeaderEntry, ServerEntry} from './http-schema.ts';
import {credentialReason, isAlwaysSecret} from './secret-headers.ts';
import {parseSecretReference, referenceForms, secretFromReader} from './secrets.ts';
import {misplacedAtSignMessage} from './server-url.ts';
import {SettingsError} from './settings-error.ts';

/**
 * Reads the settings of one HTTP server: a target, or a webhook sink. `proxied`: the URL of a server that is reached through another target.
 * Every mistake goes to `report`; the result is then incomplete and must not be used.
 */
export function readHttpSettings(
	entry: ServerEntry,
	report: ReportMistake,
	environment: SettingsEnvironment,
	proxied?: string,
): HttpSettings {
	const {tls, username, bearer} = entry;
	const {env} = environment;
	checkCertificate(tls, report);
	const password = readSecretReference(entry.password, report, environment);
	const token = readSecretReference(bearer, report, environment, 'bearer');
	if ((username === undefined) !== (password === undefined)) {
		report(username === undefined ? 'password' : 'username', 'a basic login needs username and password');
	}
	if (token !== undefined && username !== undefined) report('bearer', 'leave out bearer, or username and password');
	const auth: HttpAuth =
		token !== undefined
			? {kind: 'bearer', token}
			: username !== undefined && password !== undefined
				? {kind: 'basic', username, password}
				: {kind: 'none'};
	if (proxied !== undefined && auth.kind !== 'none')
		report('via', 'the API server keeps the login for itself: leave out via, or username, password and bearer');
	const plain: HttpSettings = {
		url: proxied ?? 'http://localhost',
		auth,
		headers: Object.fromEntries(
			Object.entries(entry.headers).map(([header, value]) => [header, headerOf(header, value, report, environment)]),
		),
		tls,
		environment: proxiesIn(env),
	};
	if (entry.url === undefined) {
		if (proxied === undefined) report('name', `${entry.name} needs url or via: where the server is`);
		return plain;
	}
	const url = resolveUrl(entry.url, report, environment);
	if (url === undefined) return plain;
	try {
		const parsed = parseHttpUrl(url.text, url.source, env);
		if (parsed.auth.kind !== 'none') rejectKeysGivenByUrl(entry, ['username', 'password', 'bearer'], report);
		return {...plain, url: parsed.url, auth: parsed.auth.kind === 'none' ? auth : parsed.auth};
	} catch (error) {
		if (!(error instanceof SettingsError)) throw error;
		report('url', error.message);
		return plain;
	}
}

/** Reads the value of one header: text, or text marked as secret or not. A secret value must be a reference. */
function headerOf(header: string, entry: HeaderEntry, report: ReportMistake, environment: SettingsEnvironment) {
	const {value, secret} = typeof entry === 'string' ? {value: entry, secret: undefined} : entry;
	const reportHeader = (_: string, text: string) => report('headers', text);
	if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(header)) report('headers', `${header} is no name of a header`);
	if (parseSecretReference(value) !== undefined)
		return readSecretReference(value, reportHeader, environment, header) ?? secretFromReader(header, async () => '');
	const isMarked = secret === true || (secret === false && isAlwaysSecret(header));
	const reason = isMarked ? `${header} is a secret` : secret === false ? undefined : credentialReason(header, value);
	if (reason !== undefined) {
		const otherwise = isMarked ? '' : `. When it is no secret: ${header}: {value: …, secret: false}`;
		report('headers', `${reason}. Write a reference to it instead: ${referenceForms}${otherwise}`);
	}
	return secretFromReader(`header ${header}`, async () => value);
}

const brokenLogin =
	'the user name or password in this URL holds a % that starts no character of UTF-8: write a % itself as %25';

// The user name of such a URL is usually a token, and user names are shown on the screen.
const noPassword =
	'this URL has a user name and no password: write both; a token is no user name: give it as bearer in the configuration';

/**
 * Parses `https://user:password@host:9090/prefix`. `source` names the origin of the URL; it becomes the source of the password.
 * @throws SettingsError when it is not such a URL.
 */
export function parseHttpUrl(text: string, source: string, env: HttpSettings['environment']): HttpSettings {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
		throw new SettingsError('this is not a URL of the form https://host:port/prefix');
	}
	if (url.pathname.includes('@')) throw new SettingsError(misplacedAtSignMessage);
	const username = decodePercent(url.username);
	const secret = decodePercent(url.password);
	if (username === undefined || secret === undefined) throw new SettingsError(brokenLogin);
	if (username !== '' && secret === '') throw new SettingsError(noPassword);
	const auth: HttpAuth =
		username === ''
			? {kind: 'none'}
			: {kind: 'basic', username, password: secretFromReader(source, async () => secret)};
	return {
		url: `${url.origin}${trimTrailingSlashes(url.pathname)}`,
		auth,
		headers: {},
		environment: proxiesIn(env),
	};
}

/** Returns the proxy variables only: other variables can hold secrets. */
const proxiesIn = (env: HttpSettings['environment']): HttpSettings['environment'] =>
	Object.fromEntries(Object.entries(env).filter(([variable]) => /^(?:https?|no)_proxy$/i.test(variable)));
