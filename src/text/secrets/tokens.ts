import {isWord, type Scan} from './scan.ts';

/*
 * Secrets that are known by how they begin, as their issuers made them for tools to find. The list follows the rules of secretlint and
 * gitleaks. The beginning, which names the kind, stays readable.
 */

/** What begins it, in its own case, and what has to follow. */
const tokens: readonly (readonly [string, RegExp])[] = [
	...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'].map(prefix => [prefix, /[A-Za-z0-9_]{20,}/y] as const),
	...['glpat-', 'glrt-', 'gldt-', 'glcbt-', 'glptt-', 'glft-', 'glsoat-', 'glagent-'].map(
		prefix => [prefix, /[\w.-]{15,}/y] as const,
	),
	...['xoxb-', 'xoxp-', 'xoxa-', 'xoxo-', 'xoxr-', 'xoxs-', 'xoxe-', 'xoxc-', 'xoxd-', 'xapp-'].map(
		prefix => [prefix, /[A-Za-z0-9%-]{10,}/y] as const,
	),
	...['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'whsec_'].map(
		prefix => [prefix, /[A-Za-z0-9+/=]{10,}/y] as const,
	),
	...['sk-ant-', 'sk-proj-', 'sk-svcacct-', 'sk-admin-', 'sk-or-'].map(prefix => [prefix, /[\w-]{20,}/y] as const),
	['sk-', /[A-Za-z0-9]{40,}/y],
	['AIza', /[\w-]{30,}/y],
	['ya29.', /[\w-]{20,}/y],
	['GOCSPX-', /[\w-]{20,}/y],
	...['AKIA', 'ASIA', 'ABIA', 'ACCA'].map(prefix => [prefix, /[A-Z0-9]{16}(?!\w)/y] as const),
	['npm_', /[A-Za-z0-9]{30,}/y],
	['pypi-', /AgE[\w-]{20,}/y],
	['SG.', /[\w-]{16,}\.[\w-]{16,}/y],
	...['hvs.', 'hvb.', 'hvr.'].map(prefix => [prefix, /[\w-]{20,}/y] as const),
	['AGE-SECRET-KEY-1', /[A-Z0-9]{20,}/y],
	['eyJ', /[\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*){0,3}/y],
	['dop_v1_', /[a-f0-9]{40,}/y],
	...['shpat_', 'shpca_', 'shppa_', 'shpss_'].map(prefix => [prefix, /[A-Fa-f0-9]{30,}/y] as const),
	['hf_', /[A-Za-z0-9]{30,}/y],
	['gsk_', /[A-Za-z0-9]{40,}/y],
	['lin_api_', /\w{30,}/y],
	['ntn_', /[A-Za-z0-9]{40,}/y],
	['glsa_', /\w{30,}/y],
	['glc_', /[\w+/=-]{30,}/y],
	['dapi', /[a-f0-9]{32}(?!\w)/y],
	['dckr_pat_', /[\w-]{20,}/y],
	['figd_', /[\w-]{30,}/y],
	['NRAK-', /[A-Z0-9]{20,}/y],
	['sq0csp-', /[\w-]{30,}/y],
	['sq0atp-', /[\w-]{20,}/y],
	['PMAK-', /[a-f0-9]{20,}-[a-f0-9]{30,}/y],
	['dp.pt.', /[A-Za-z0-9]{30,}/y],
	['dp.st.', /[\w.]{30,}/y],
	['sbp_', /[a-f0-9]{30,}/y],
	['pul-', /[a-f0-9]{40}(?!\w)/y],
	...['vcp_', 'vci_', 'vca_', 'vcr_', 'vck_'].map(prefix => [prefix, /[A-Za-z0-9]{20,}/y] as const),
	['.atlasv1.', /[\w-]{40,}/y],
	['SCRAM-SHA-', /(?:1|256|512)\$\d{1,8}:[\w+/=$:.-]{20,}/y],
	['md5', /[0-9a-f]{32}(?!\w)/y],
	['$argon2', /i?d?\$[\w$=,+/.-]{20,}/y],
	['$pbkdf2', /[\w$=,+/.-]{20,}/y],
	['pbkdf2_sha256$', /\d{1,8}\$[\w+/=$.-]{20,}/y],
	['{SSHA', /\d{0,3}\}[\w+/=]{20,}/y],
	...['$2a$', '$2b$', '$2x$', '$2y$'].map(prefix => [prefix, /\d\d\$[\w./]{50,}/y] as const),
	...['$1$', '$5$', '$6$', '$y$'].map(prefix => [prefix, /[\w./$=]{20,}/y] as const),
];

export const tokenStarts: readonly string[] = tokens.map(([start]) => start.toLowerCase());

/** Looks for each token that may begin there. */
export const findToken =
	(index: number) =>
	(scan: Scan, place: number): void => {
		const [start = '', rest] = tokens[index] ?? [];
		if (rest === undefined || !scan.text.startsWith(start, place)) return;
		const before = scan.at(place - 1);
		const isInside = start.startsWith('.') ? false : isWord(before) || (before === 45 && start === 'eyJ');
		if (isInside) return;
		rest.lastIndex = place + start.length;
		const found = rest.exec(scan.text);
		if (found !== null) scan.mask(place + start.length, place + start.length + found[0].length);
	};

const beginning = /^-----begin [a-z0-9 ]{0,40}private key[a-z ]{0,16}-----/i;

/** `-----BEGIN … PRIVATE KEY-----` up to its end, which may have been cut off. */
export function findKey(scan: Scan, place: number): void {
	const {text} = scan;
	const head = beginning.exec(text.slice(place, place + 120));
	if (head === null) return;
	const start = place + head[0].length;
	const end = text.indexOf('-----END', start);
	scan.inKey = end < 0;
	if (end < 0 && start >= text.length) return;
	scan.mask(start, end < 0 ? text.length : end);
}

/** The lines of a private key that began in a line before. */
export function findKeyRest(scan: Scan): void {
	const {text} = scan;
	const end = text.indexOf('-----END');
	const keyEnd = end < 0 ? text.length : end;
	// Not the key any more: it was cut off, and something else follows.
	if (end < 0 && text.length > longestKeyLine) return;
	if (end < 0 && !/^(?:[A-Za-z0-9+/=]*|(?:Proc-Type|DEK-Info|Comment|Version): .*)$/.test(text.trim())) return;
	scan.inKey = end < 0;
	scan.mask(0, keyEnd);
}

const longestKeyLine = 200;
/** A full line of base64, as keys have it: mixed, so that no digest is meant. */
const keyLine = /^\s{0,40}(?=[a-f0-9]{0,80}[g-zA-Z+/])[A-Za-z0-9+/]{64}(?:[A-Za-z0-9+/]{6}|[A-Za-z0-9+/]{12})?\s{0,2}$/;

/** A line from the middle of a private key whose beginning was not read. */
export const isKeyLine = (text: string): boolean =>
	text.length >= 64 && text.length < 120 && keyLine.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text);

/** A private key of PEM in base64, as kubeconfigs have it. */
export function findWrappedKey(scan: Scan, place: number): void {
	const {text} = scan;
	if (isWord(scan.at(place - 1)) || !text.startsWith('LS0tLS1CRUdJTi', place)) return;
	const head = Buffer.from(text.slice(place, place + 80), 'base64').toString('latin1');
	if (!head.includes('PRIVATE KEY')) return;
	let end = place;
	while (isWord(scan.at(end)) || '+/='.includes(text[end] ?? ' ')) end += 1;
	scan.mask(place, end);
}
