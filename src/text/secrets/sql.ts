import {maskArguments} from './arguments.ts';
import {isSecretName} from './names.ts';
import {quotedEnd} from './quoted.ts';
import {isWord, type Scan} from './scan.ts';
import {maskQuoted, maskWord} from './value.ts';

/** `crypt('…', gen_salt('bf'))`: the secret is the first argument. Of the others that encrypt, every string is one. */
export function findCrypt(scan: Scan, place: number): void {
	if (scan.text[place + 5] !== '(') return;
	if (isWord(scan.at(place - 1))) maskArguments(scan, place + 6);
	else maskQuoted(scan, scan.blankEnd(place + 6));
}

/** `decrypt_iv(column, '…', iv, 'aes')` */
export function findCryptVector(scan: Scan, place: number): void {
	maskArguments(scan, place + 'crypt_iv('.length);
}

/** `pgp_sym_decrypt(column, '…')`, `hmac(column, '…', 'sha256')` */
export function findCall(scan: Scan, place: number): void {
	const open = scan.wordEnd(place, 64);
	if (scan.text[open] === '(' && !isWord(scan.at(place - 1))) maskArguments(scan, open + 1);
}

/** `IDENTIFIED BY …` */
export function findIdentified(scan: Scan, place: number): void {
	const head = /^identified\s{1,8}by["']?\s{1,8}(?![=:])/i.exec(scan.text.slice(place, place + 40));
	if (head !== null && !isWord(scan.at(place - 1))) maskWord(scan, place + head[0].length);
}

/** Characters between the parts of an INSERT, and of its list of columns. */
const furthest = 400;
const longestColumns = 8000;
const inColumns = /[\w\s,"`.$[\]-]/;
const valuesWord = /\bvalues\b/i;

/** A row of values does not say which of them is the password that its columns name: all strings of it are masked. */
export function findInsert(scan: Scan, place: number): void {
	const {text} = scan;
	const head = /^insert\s{1,40}into\b/i.exec(text.slice(place, place + 60));
	if (head === null || isWord(scan.at(place - 1)) || place < scan.insertEnd) return;
	const table = place + head[0].length;
	const open = text.slice(table, table + furthest + 1).search(/[(;]/);
	if (open < 0 || text[table + open] !== '(') return;
	const start = table + open + 1;
	if (start === scan.columnsStart) return;
	scan.columnsStart = start;
	let close = start;
	while (close - start < longestColumns && inColumns.test(text[close] ?? '')) close += 1;
	if (text[close] !== ')') return;
	const names = text.slice(start, close).split(',');
	if (!names.some(name => isSecretName(name.replaceAll(/[\s"`]/g, '')))) return;
	const between = text.slice(close + 1, close + furthest);
	const values = valuesWord.exec(between);
	const end = between.indexOf(';');
	if (values === null || (end >= 0 && end < values.index)) return;
	for (let at = close + 1 + values.index + values[0].length; at < text.length; at += 1) {
		const stringEnd = `'"$eEuUnN`.includes(text[at] ?? '') ? quotedEnd(scan, at) : undefined;
		if (stringEnd === undefined) continue;
		scan.maskAhead(at, stringEnd);
		at = stringEnd - 1;
	}
	scan.insertEnd = text.length;
}
