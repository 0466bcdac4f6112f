import type {HttpAuth, HttpSettings} from '../port/http.ts';
import {decodePercent} from '../text/percent-decode.ts';
import {trimTrailingSlashes} from '../text/url.ts';
import type {ConfigEnvironment} from './config-environment.ts';
import type {HttpEntry} from './config-schema.ts';
import {
	checkCertificate,
	type ReportMistake,
	readSecretReference,
	rejectKeysGivenByUrl,
	resolveUrl,
} from './entry-fields.ts';
import type {HeaderEntry} from './http-schema.ts';
import {credentialReason, isAlwaysSecret} from './secret-headers.ts';
import {parseSecretReference, referenceForms, secretFromReader} from './secrets.ts';
import {misplacedAtSignMessage} from './server-url.ts';
import {SettingsError} from './settings-error.ts';

/** Whatever speaks HTTP: a target, or a place outside that takes copies of the audit. */
type ServerEntry = Omit<HttpEntry, 'kind' | 'production'>;

/** What the configuration says of one server that speaks HTTP. Every mistake is told; what comes back then is of no use. */
export function readHttpSettings(
	entry: ServerEntry,
	complain: ReportMistake,
	environment: ConfigEnvironment,
): HttpSettings {
	const {tls, via, username, bearer} = entry;
	const {env} = environment;
	checkCertificate(tls, complain);
	const password = readSecretReference(entry.password, complain, environment);
	const token = readSecretReference(bearer, complain, environment, 'bearer');
	if ((username === undefined) !== (password === undefined)) {
		complain(username === undefined ? 'password' : 'username', 'a basic login needs username and password');
	}
	if (token !== undefined && username !== undefined) complain('bearer', 'leave out bearer, or username and password');
	const auth: HttpAuth =
		token !== undefined
			? {kind: 'bearer', token}
			: username !== undefined && password !== undefined
				? {kind: 'basic', username, password}
				: {kind: 'none'};
	if (via !== undefined && auth.kind !== 'none')
		complain('via', 'the API server keeps the login for itself: leave out via, or username, password and bearer');
	const plain: HttpSettings = {
		url: via === undefined ? 'http://localhost' : `${via.scheme}://${via.service}.${via.namespace}`,
		auth,
		headers: Object.fromEntries(
			Object.entries(entry.headers).map(([header, value]) => [header, headerOf(header, value, complain, environment)]),
		),
		tls,
		via,
		environment: proxiesIn(env),
	};
	if (entry.url === undefined) {
		if (via === undefined) complain('name', `${entry.name} needs url or via: where the server is`);
		return plain;
	}
	const url = resolveUrl(entry.url, complain, environment);
	if (url === undefined) return plain;
	try {
		const said = parseHttpUrl(url.text, url.source, env);
		if (said.auth.kind !== 'none') rejectKeysGivenByUrl(entry, ['username', 'password', 'bearer'], complain);
		return {...plain, url: said.url, auth: said.auth.kind === 'none' ? auth : said.auth};
	} catch (error) {
		if (!(error instanceof SettingsError)) throw error;
		complain('url', error.message);
		return plain;
	}
}

/** `value` is text, or text that is marked as secret or not; a secret one must be a reference. */
function headerOf(header: string, given: HeaderEntry, complain: ReportMistake, environment: ConfigEnvironment) {
	const {value, secret} = typeof given === 'string' ? {value: given, secret: undefined} : given;
	const wrong = (_: string, words: string) => complain('headers', words);
	if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(header)) complain('headers', `${header} is no name of a header`);
	if (parseSecretReference(value) !== undefined)
		return readSecretReference(value, wrong, environment, header) ?? secretFromReader(header, async () => '');
	const isMarked = secret === true || (secret === false && isAlwaysSecret(header));
	const reason = isMarked ? `${header} is a secret` : secret === false ? undefined : credentialReason(header, value);
	if (reason !== undefined) {
		const otherwise = isMarked ? '' : `. When it is no secret: ${header}: {value: …, secret: false}`;
		complain('headers', `${reason}. Write a reference to it instead: ${referenceForms}${otherwise}`);
	}
	return secretFromReader(`header ${header}`, async () => value);
}

const brokenLogin =
	'the user name or password in this URL holds a % that starts no character of UTF-8: write a % itself as %25';

// The user name of such a URL is most often a token, and a user name is shown.
const noPassword =
	'this URL has a user name and no password: write both; a token is no user name: give it as bearer in the configuration';

/**
 * `https://user:password@host:9090/prefix`. `source` says where the URL comes from, for the password in it.
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

/** Nothing else of the environment: other variables hold secrets. */
const proxiesIn = (env: HttpSettings['environment']): HttpSettings['environment'] =>
	Object.fromEntries(Object.entries(env).filter(([variable]) => /^(?:https?|no)_proxy$/i.test(variable)));
