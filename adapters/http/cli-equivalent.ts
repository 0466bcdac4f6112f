import type {ServerId} from '../../src/contract/identity.ts';
import type {HttpSettings} from '../../src/port/http.ts';
import {shellLine} from '../../src/text/quote.ts';
import {endpointOf, trimTrailingSlashes} from '../../src/text/url.ts';

/** The options of curl for login and TLS, without secrets: curl prompts for a password, and reads tokens and headers from a file. */
function curlAccessOptions({auth, headers, tls}: HttpSettings): readonly string[] {
	const named = (option: string, value: string | undefined) => (value === undefined ? [] : [option, value]);
	return [
		...(auth.kind === 'basic' ? ['-u', auth.username] : []),
		...(auth.kind === 'bearer' || Object.keys(headers).length > 0 ? ['-H', '@headers.txt'] : []),
		...named('--cacert', tls?.ca),
		...named('--cert', tls?.cert),
		...named('--key', tls?.key),
	];
}

/**
 * The `curl` command for a path, with `words` before the URL; with `via`, the `kubectl` command.
 * @param path begins with a slash, after the prefix of the server; includes the query.
 */
export function curlCommand(settings: HttpSettings, path: string, words: readonly string[] = []): string {
	const {via, url} = settings;
	if (via === undefined)
		return shellLine(['curl', '-fsS', ...curlAccessOptions(settings), ...words, `${trimTrailingSlashes(url)}${path}`]);
	const prefix = trimTrailingSlashes(URL.parse(url)?.pathname ?? '');
	const service = `${via.scheme}:${via.service}:${via.port}`;
	const raw = `/api/v1/namespaces/${via.namespace}/services/${service}/proxy${prefix}${path}`;
	const body = words[words.indexOf('-d') + 1];
	if (words.includes('-d'))
		return `${shellLine(['printf', '%s', body ?? ''])} | ${shellLine(['kubectl', 'create', '--raw', raw, '-f', '-'])}`;
	if (words.includes('DELETE')) return shellLine(['kubectl', 'delete', '--raw', raw]);
	const post = words.includes('POST');
	return shellLine(['kubectl', post ? 'create' : 'get', '--raw', raw, ...(post ? ['-f', '/dev/null'] : [])]);
}

/** The identity of an HTTP server, which has no id of its own: host and port of `url`; with `via` the service and its namespace. */
export function httpServerId({url, via}: Pick<HttpSettings, 'url' | 'via'>): ServerId {
	if (via !== undefined)
		return {host: `${via.service}.${via.namespace}`, ...(/^\d+$/.test(via.port) && {port: Number(via.port)})};
	return endpointOf(new URL(url));
}
