import {maskArguments, maskList} from './arguments.ts';
import {maskEncoded, maskProse} from './prose.ts';
import {quotedEnd} from './quoted.ts';
import {isWord, type Scan} from './scan.ts';
import {closersEnd, isPlaceholder, maskQuoted, maskValue, maskWord, operatorEnd} from './value.ts';

/** The end of a name whose value is a secret, in lower case. */
const secretName =
	/(?:passw(?:or)?d|passwort|passphrase|passcode|pwd|secret|token|credentials?|masterauth|requirepass|[._-]pass|secret[_-]id|(?:api|access|account|private|secret|signing|encryption|shared|storage|subscription|stored|server|hmac|jwt|webhook|auth|session)[._-]?key|key-data|secret[_-]?key[_-]?base|redis(?:cli)?_auth|x-(?:amz|goog)-signature)(?:[_-]?(?:hash|digest|base64|b64))?(?:_?\d{1,2})?$/;
const longestTail = 48;

/** Whether a name, or what ends with one, says that its value is a secret. */
export const isSecretName = (name: string): boolean => secretName.test(name.slice(-longestTail).toLowerCase());

const flagged = /(?:^|[\s"',[=(])--?[\w.-]*$/;
/** After `--token` in a sentence, not in a command. */
const ordinaryWord =
	/(?:to|is|or|and|option|flag|parameter|argument|was|for|on|in|must|cannot|can|not|if|from|as|has|have|requires?|needs?|with|without|instead|given|set|value|are|be)\b/iy;

/** `password=…`, `"api_key": "…"`, `--token …`, `PASSWORD '…'`, `name: DB_PASSWORD` with its `value: …` */
export function findNamed(scan: Scan, place: number): void {
	if (place < scan.nameEnd) return;
	const {text} = scan;
	const word = scan.wordEnd(place);
	const end = scan.has('key-data', word - 3) ? word + 5 : word;
	scan.nameEnd = end;
	const head = text.slice(Math.max(scan.done, end - longestTail), end);
	if (text[end] === '(' && maskCall(scan, end, head)) return;
	const isPass = /(?:^|[\s"'{,;&?-])pass$/i.test(head);
	if (!isPass && !isSecretName(head)) return;
	const isFlag = flagged.test(head);
	if (isPass && !isFlag && !scan.text.startsWith('=', end) && !/^["']/.test(text.slice(end, end + 1))) return;
	if (maskAssigned(scan, end, head) || maskEncoded(scan, end) || maskListed(scan, end)) return;
	if (/<[\w:.-]*$/.test(head) && maskElement(scan, end)) return;
	if (isFlag && maskArgument(scan, end)) return;
	if (/(?:^|\W)password$/i.test(head) && maskSqlPassword(scan, end, head)) return;
	if (maskSet(scan, end, head) || maskOption(scan, end, head) || maskProse(scan, end, head)) return;
	if (/(?:requirepass|masterauth)$/i.test(head) && maskSetting(scan, end)) return;
	maskPair(scan, end, head);
}

/** `contraseña: …`, `mot de passe : …` */
export const findForeign =
	(word: string) =>
	(scan: Scan, place: number): void => {
		if (!isWord(scan.at(place - 1))) maskAssigned(scan, place + word.length, word);
	};

/** `name = value` in any of its spellings. */
function maskAssigned(scan: Scan, end: number, head: string): boolean {
	const closed = closersEnd(scan, end);
	const operator = operatorEnd(scan, closed);
	if (operator === undefined) return false;
	// `volume "shop-token" : secret …` is a sentence.
	if (closed > end && scan.spaceEnd(closed) > closed && /^: [a-z]/.test(scan.text.slice(operator - 1, operator + 2)))
		return true;
	if (maskBlock(scan, operator, end)) return true;
	let value = scan.blankEnd(operator);
	// `--` at once is a value, no comment.
	if (scan.at(operator) === 45) value = operator;
	if (scan.text[value] === '[') value = scan.spaceEnd(value + 1, true);
	const isOnNextLine = scan.lineEnd(operator) < value;
	if (isOnNextLine && quotedEnd(scan, scan.callsEnd(value)) === undefined) return true;
	if (maskAny(scan, value)) return true;
	// An object has names of its own. The path of a key is none.
	if (scan.text[value] === '{' && scan.text[value + 1] !== '{') return scan.at(end) === 34 || maskValue(scan, value);
	if (scan.text[value] === '/' && /key$/i.test(head)) return true;
	maskValue(scan, value);
	return true;
}

/** `password: |` and the lines of YAML that are further in. */
function maskBlock(scan: Scan, operator: number, nameEnd: number): boolean {
	const {text} = scan;
	const head = /^[ \t]{0,8}[|>][+-]?\d?[ \t]{0,8}\n/.exec(text.slice(operator, operator + 24));
	if (head === null) return false;
	const start = operator + head[0].length;
	const lineStart = text.lastIndexOf('\n', nameEnd - 1) + 1;
	const indent = scan.skipOver(' -', lineStart, 400) - lineStart;
	let end = start;
	while (end < text.length) {
		const lineEnd = scan.lineEnd(end);
		const first = scan.skipOver(' ', end, 400);
		if (first < lineEnd && first - end <= indent) break;
		end = Math.min(text.length, lineEnd + 1);
	}
	const valueEnd = text[end - 1] === '\n' ? end - 1 : end;
	const shown = scan.skipOver(' ', start, 400);
	if (shown >= valueEnd) return false;
	scan.mask(shown, valueEnd);
	return true;
}

/** `<password>…</password>` */
function maskElement(scan: Scan, end: number): boolean {
	const {text} = scan;
	if (scan.at(end) !== 62 || scan.spaceEnd(end + 1) !== end + 1) return false;
	const close = text.indexOf('<', end + 1);
	if (close <= end + 1 || text[close + 1] !== '/') return false;
	scan.mask(end + 1, close);
	return true;
}

/** `--password …`, also as members of a list: `"--password", "…"`. */
function maskArgument(scan: Scan, end: number): boolean {
	const closed = scan.skipOver(`"'\\`, end, 4);
	const at = scan.skipOver(', \t', closed, 16);
	if (at === closed || scan.at(at) === 45) return false;
	ordinaryWord.lastIndex = at;
	if (ordinaryWord.test(scan.text)) return false;
	// The member of a list ends at the comma.
	if (scan.text.slice(closed, at).includes(',')) return maskValue(scan, at);
	return maskWord(scan, at);
}

/** `PASSWORD '…'` of SQL; in `.netrc`, `login … password …`. */
function maskSqlPassword(scan: Scan, end: number, head: string): boolean {
	const {text} = scan;
	const start = scan.blankEnd(end);
	if (start === end && !/^(?:'[^\s"),;:.=]|\$)/.test(text.slice(end, end + 2))) return false;
	if (start === end && /['"]password$/i.test(head)) return false;
	if (maskQuoted(scan, start)) return true;
	return /\blogin\s{1,4}\S{1,40}\s{1,4}password$/i.test(head) && start > end && maskWord(scan, start);
}

const setting = /\bset\s{1,8}(?:(?:session|local)\s{1,8})?"?[\w.-]{1,100}$/i;

/** `SET app.secret TO …`; a bare word only behind a name with a dot, as PostgreSQL has it for settings of applications. */
function maskSet(scan: Scan, end: number, head: string): boolean {
	const {text} = scan;
	const closed = scan.skipOver('"', end, 1);
	const to = scan.spaceEnd(closed);
	if (to === closed || !scan.hasWord('to', to) || !setting.test(text.slice(Math.max(scan.done, end - 140), end)))
		return false;
	const value = scan.blankEnd(to + 2);
	if (scan.hasWord('default', value)) return false;
	return head.includes('.') ? maskValue(scan, value) : maskQuoted(scan, value);
}

const option = /[(,]\s{0,8}(?:(?:add|set)\s{1,4})?"?[\w.-]{1,40}$/i;

/** `OPTIONS (ADD api_key '…')`, `CREATE SECRET (… SECRET '…')` */
function maskOption(scan: Scan, end: number, head: string): boolean {
	const closed = scan.skipOver('"', end, 1);
	const value = scan.blankEnd(closed);
	if (value === closed || scan.at(value) === 34 || !option.test(head)) return false;
	return maskQuoted(scan, value);
}

const action =
	/(?:verify|check|set|change|reset|update|hash|create|validate|compare|alter|add|store|save|put|encrypt|decrypt)/i;

/** `verify_password('u', '…')`, `create_aws_credentials('AK', '…')` */
function maskCall(scan: Scan, open: number, head: string): boolean {
	let start = open;
	while (open - start < longestTail && isWord(scan.at(start - 1))) start -= 1;
	if (!isSecretName(head) || !action.test(scan.text.slice(start, open))) return false;
	maskArguments(scan, open + 1, `'"$`);
	return true;
}

/** `token IN ('…', '…')` */
function maskListed(scan: Scan, end: number): boolean {
	const closed = closersEnd(scan, end);
	let at = scan.spaceEnd(closed);
	if (scan.hasWord('not', at)) at = scan.spaceEnd(at + 3);
	return scan.hasWord('in', at) && maskList(scan, scan.spaceEnd(at + 2));
}

/** `= ANY (ARRAY['…', '…'])` */
const maskAny = (scan: Scan, place: number): boolean =>
	['any', 'all', 'some'].some(word => scan.hasWord(word, place) && maskList(scan, scan.spaceEnd(place + word.length)));

/** `CONFIG SET requirepass …` */
function maskSetting(scan: Scan, end: number): boolean {
	const closed = scan.skipOver(`"'`, end, 1);
	const start = scan.spaceEnd(closed);
	if (start === closed || scan.at(start) === 61 || scan.at(start) === 58) return false;
	return maskWord(scan, start);
}

const nameBefore = /\bname["'\\]{0,4}[ \t]{0,8}[:=][ \t]{0,8}["'\\]{0,4}[\w.-]{0,48}$/i;
/** What is between the name and the value of an environment variable. */
const valueAfter = /["'\\]{0,4}[\s,;]{1,200}["'\\]{0,4}value["'\\]{0,4}[ \t]{0,8}[:=][ \t]{0,8}/iy;

/** `name: DB_PASSWORD`, `value: …`, as manifests, JSON and Go print an environment variable. */
function maskPair(scan: Scan, end: number, head: string): void {
	const {text} = scan;
	const before = text.slice(Math.max(scan.done, end - 80), end - head.length) + head;
	if (!nameBefore.test(before)) return;
	valueAfter.lastIndex = end;
	const found = valueAfter.exec(text);
	if (found !== null) maskValue(scan, end + found[0].length);
	else scan.awaitsValue = scan.skipOver(`"'\\, \t\r\n`, end, 16) >= text.length;
}

const valueLine = /^[\s"'{-]{0,80}value["'\\]{0,4}[ \t]{0,8}[:=][ \t]{0,8}/i;

/** The value of a name at the end of the line before. */
export function findValue(scan: Scan): void {
	const found = valueLine.exec(scan.text);
	if (found !== null && !isPlaceholder(scan, found[0].length)) maskValue(scan, found[0].length);
}

/** `set_config('app.token', '…', false)` */
export function findSetConfig(scan: Scan, place: number): void {
	const found = /^set_config\s{0,8}\(\s{0,8}(?:e?'|\$\$)([^'$]{1,100})(?:'|\$\$)(?:::\w{1,20})?\s{0,8},\s{0,8}/i.exec(
		scan.text.slice(place, place + 180),
	);
	if (found === null || isWord(scan.at(place - 1)) || !isSecretName(found[1] ?? '')) return;
	maskQuoted(scan, place + found[0].length);
}
