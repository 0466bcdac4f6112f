import {quotedEnd} from './quoted.ts';
import {isWord, type Scan} from './scan.ts';
import {maskWord} from './value.ts';

/*
 * Passwords among the arguments of programs, and in the commands of Redis.
 */

/** The option of a program that a password follows; `u` takes it after the name of the user. */
const options: Readonly<Record<string, RegExp>> = {
	curl: /^-(?:u|U|-user|-proxy-user)/,
	etcdctl: /^--user/,
	'redis-cli': /^-(?:a|-pass)(?![\w-])/,
	mysql: /^-p(?=[^\s-])/,
	mariadb: /^-p(?=[^\s-])/,
	sshpass: /^-p/,
	mongo: /^-p(?![\w-])/,
	docker: /^-p(?![\w-])/,
	podman: /^-p(?![\w-])/,
	helm: /^-p(?![\w-])/,
	ldapsearch: /^-w/,
	openssl: /^-pass(?:in|out)?[ =]+pass:/,
};

const withUser: ReadonlySet<string> = new Set(['curl', 'etcdctl']);
const withLogin: ReadonlySet<string> = new Set(['docker', 'podman', 'helm']);
const longestArgument = 1024;

export const commandNames: readonly string[] = Object.keys(options);

/** Remembers the program until the end of its line. */
export const findCommand =
	(name: string) =>
	(scan: Scan, place: number): void => {
		if (!isWord(scan.at(place - 1))) scan.command = {name, until: scan.lineEnd(place)};
	};

/** ` -u name:password`, ` -psecret` behind the program that takes it so. */
export function findOption(scan: Scan, place: number): void {
	const {command, text} = scan;
	if (command === undefined || place >= command.until) return;
	const option = options[command.name]?.exec(text.slice(place + 1, place + 24))?.[0];
	if (option === undefined) return;
	let at = place + 1 + option.length;
	at = scan.skipOver(' =\t', at, 16);
	// An option without a value.
	if (at >= command.until || scan.at(at) === 45) return;
	// Elsewhere it is a port.
	if (withLogin.has(command.name) && !/\blogin\b/.test(text.slice(Math.max(0, place - 200), place))) return;
	if (withUser.has(command.name)) maskPassword(scan, at, command.until);
	else maskWord(scan, at);
}

/** What comes after the colon of `user:password`. */
function maskPassword(scan: Scan, place: number, until: number): void {
	const end = wordEnd(scan, place, Math.min(until, place + longestArgument));
	const colon = scan.text.slice(place, end).indexOf(':');
	if (colon < 0) return;
	const [first = ''] = scan.text.slice(place, place + 1);
	const isQuoted = (first === '"' || first === "'") && scan.text[end - 1] === first;
	scan.mask(place + colon + 1, isQuoted ? end - 1 : end);
}

const replies = /(?:failed|required|needed|ok|success|succeeded|successful|enabled|disabled|error)\b/iy;

/** `AUTH user password` alone on a line, or in quotes as MONITOR prints it. */
export function findAuth(scan: Scan, place: number): void {
	if (!scan.hasWord('auth', place)) return;
	const {text} = scan;
	if (maskCallOfAuth(scan, place)) return;
	const isQuoted = text[place - 1] === '"' && text[place + 4] === '"';
	const start = scan.skipOver(`"'`, place + 4, 1);
	let at = scan.spaceEnd(start, true);
	if (at === start || (!isQuoted && !startsLine(scan, place))) return;
	replies.lastIndex = at;
	if (replies.test(text)) return;
	const lineEnd = scan.lineEnd(place);
	const first = at;
	let last = at;
	for (let wordCount = 0; wordCount < 2 && at < lineEnd; wordCount += 1) {
		last = wordEnd(scan, at, lineEnd);
		at = scan.spaceEnd(last, true);
	}
	if (at < lineEnd || first === last) return;
	scan.mask(first, last);
}

const firstOfCall = /(?:[([]|\bhello["'],\s{0,4}["']?[23]["']?,)\s{0,8}["']$/i;
const nextArgument = /\s{0,8},\s{0,8}(?=["'])/y;

/** `redis.call('AUTH', '…')`, `sendCommand(["AUTH", "…"])`. In lower case a list of words may be meant. */
function maskCallOfAuth(scan: Scan, place: number): boolean {
	const {text} = scan;
	const before = text.slice(Math.max(0, place - 40), place);
	if (text[place - 1] !== text[place + 4] || !firstOfCall.test(before)) return false;
	if (text.slice(place, place + 4) !== 'AUTH' && !/call\(\s{0,8}["']$/i.test(before)) return false;
	let end = place + 5;
	for (let count = 0; count < 2; count += 1) {
		nextArgument.lastIndex = end;
		const start = end + (nextArgument.exec(text)?.[0].length ?? 0);
		const last = start === end ? undefined : quotedEnd(scan, start);
		if (last === undefined) break;
		scan.mask(start, last);
		end = last;
	}
	return true;
}

/** End of a word of a command, in quotes or without, before `limit`. */
function wordEnd(scan: Scan, place: number, limit: number): number {
	const {text} = scan;
	const first = text[place];
	const isQuoted = first === '"' || first === "'";
	for (let end = place + 1; end < limit; end += 1) {
		if (isQuoted && text[end] === '\\') end += 1;
		else if (isQuoted ? text[end] === first : scan.spaceEnd(end) > end) return isQuoted ? end + 1 : end;
	}
	return limit;
}

function startsLine(scan: Scan, place: number): boolean {
	const before = scan.text.slice(Math.max(0, place - 40), place);
	return /(?:^|\n)[ \t\r]{0,38}["']?$/.test(before) && (before.includes('\n') || place < 40);
}

/** `HELLO 3 AUTH user password` */
export function findHello(scan: Scan, place: number): void {
	const head = /^hello["']?\s{1,8}["']?[23]["']?\s{1,8}["']?auth["']?\s{1,8}\S{1,128}\s{1,8}/i;
	const found = head.exec(scan.text.slice(place, place + 200));
	if (found !== null && !isWord(scan.at(place - 1))) maskWord(scan, place + found[0].length);
}

/** The passwords and hashes among the rules of an ACL: https://redis.io/docs/latest/commands/acl-setuser/ */
function maskRules(scan: Scan, from: number): void {
	const {text} = scan;
	if (from < scan.rulesEnd) return;
	const end = scan.lineEnd(from);
	scan.rulesEnd = end;
	for (let at = from; at < end; at = Math.max(at + 1, scan.solidEnd(at))) {
		at = scan.spaceEnd(at);
		const quote = scan.skipOver(`"'`, at, 1);
		if (!'><#!'.includes(text[quote] ?? ' ') || scan.spaceEnd(quote + 1) > quote + 1) continue;
		let last = quote + 1;
		while (last < end && !`"'`.includes(text[last] ?? '') && scan.spaceEnd(last) === last) last += 1;
		if (last > quote + 1) scan.maskAhead(quote, last);
	}
}

/** `ACL SETUSER app on >password` */
export function findSetUser(scan: Scan, place: number): void {
	if (/\bacl["']?\s{1,8}["']?$/i.test(scan.text.slice(Math.max(0, place - 16), place)))
		maskRules(scan, place + 'setuser'.length);
}

const userRule = /^\w{2,8} (?:#[0-9a-f]{64}|>\S)/i;

/** `user app on #5e88…`, as ACL LIST and an ACL file have it. */
export function findUserRule(scan: Scan, place: number): void {
	if (isWord(scan.at(place - 1))) return;
	const before = scan.text.slice(Math.max(0, place - 120), place);
	if (/\buser["']? /i.test(before) && userRule.test(scan.text.slice(place, place + 80)))
		maskRules(scan, scan.wordEnd(place));
}
