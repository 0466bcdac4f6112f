import type {Target} from '../../src/contract.ts';
import type {AlertmanagerSettings} from '../../src/port/alertmanager.ts';
import {shellLine} from '../../src/text/quote.ts';

/** The one place where a target's settings become ours again: configuration made them for a target of this kind. */
export const settingsOf = (target: Target): AlertmanagerSettings => target.settings as AlertmanagerSettings;

/** What curl needs to get there. Secrets are not among it: it asks for a password, and a token or a header is read from a file. */
function way({auth, headers, tls, via}: AlertmanagerSettings): readonly string[] {
	const named = (option: string, value: string | undefined) => (value === undefined ? [] : [option, value]);
	return [
		...(auth.kind === 'basic' ? ['-u', auth.username] : []),
		...(auth.kind === 'bearer' || Object.keys(headers).length > 0 ? ['-H', '@headers.txt'] : []),
		...(via === undefined
			? [...named('--cacert', tls?.ca), ...named('--cert', tls?.cert), ...named('--key', tls?.key)]
			: []),
	];
}

/** `curl` with everything that leads to the target; through a cluster, `kubectl`. `path` begins with a slash. */
export function curl(target: Target, path: string, words: readonly string[] = []): string {
	const settings = settingsOf(target);
	const {via} = settings;
	const prefix = (URL.parse(settings.url)?.pathname ?? '').replace(/\/+$/, '');
	if (via !== undefined && words.length === 0) {
		const service = `${via.scheme}:${via.service}:${via.port}`;
		const raw = `/api/v1/namespaces/${via.namespace}/services/${service}/proxy${prefix}${path}`;
		return shellLine(['kubectl', 'get', '--raw', raw]);
	}
	return shellLine(['curl', '-fsS', ...way(settings), ...words, `${settings.url.replace(/\/+$/, '')}${path}`]);
}
