/*
 * What the rules of redaction share: one pass over a text, from left to right. It costs linear time, because a rule reads only
 * characters that it masks, at most a fixed number of others, or a run that is remembered here.
 */

/** Upper-case ASCII letters as lower-case ones, by code. */
export const toLowerCaseCode = (code: number): number => (code >= 65 && code <= 90 ? code + 32 : code);

/** `[A-Za-z0-9_]`, by code. */
export const isWord = (code: number): boolean =>
	(code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95;

/** Whether a text has a lower-case word there, in any case. */
export function hasAt(text: string, word: string, place: number): boolean {
	for (let index = 0; index < word.length; index += 1)
		if (toLowerCaseCode(text.charCodeAt(place + index)) !== word.charCodeAt(index)) return false;
	return true;
}

/** White space as `\s` has it, by code; NaN, which is behind the end, is none. */
export const isSpace = (code: number): boolean =>
	code === 32 || (code >= 9 && code <= 13) || code === 0xa0 || (code > 0x2000 && /\s/.test(String.fromCharCode(code)));

/** Longest function name, cast, word or label that a rule reads. */
const longestName = 64;
const deepestCalls = 8;

type Range = {readonly from: number; readonly to: number};

export class Scan {
	readonly text: string;
	/** What is before this place is decided: no rule looks at it again. */
	done = 0;
	/** End of the word that the rule of names looked at last. */
	nameEnd = 0;
	/** The last command before this place on the same line, and where that line ends. */
	command: {readonly name: string; readonly until: number} | undefined;
	/** The text ends in `name: DB_PASSWORD`: the value comes in the next line. */
	awaitsValue = false;
	/** The text ends behind a string: PostgreSQL takes one in the next line for the rest of it. */
	awaitsString = false;
	/** The text ends inside of a private key. */
	inKey = false;

	/** End of the line whose rules of Redis were read, of the list of columns that an INSERT began, and of an INSERT that is masked. */
	rulesEnd = 0;
	columnsStart = -1;
	insertEnd = 0;

	readonly #ranges: Range[] = [];
	#ordered = true;
	/** Start of a comment to the end of the run of white space and comments that it belongs to. */
	#blanks: Map<number, number> | undefined;
	#newline = {from: 0, at: -1};
	#commentEnd = {from: 0, at: -1};

	constructor(text: string) {
		this.text = text;
	}

	/** Code of the character there; NaN outside of the text. */
	at(place: number): number {
		return this.text.charCodeAt(place);
	}

	/** Shows `***` for what is between. What follows is looked at from `to` on. */
	mask(from: number, to: number): void {
		this.#add(from, to);
		this.done = Math.max(this.done, to);
	}

	/** The same for what comes later: what is before it is still looked at. */
	maskAhead(from: number, to: number): void {
		this.#add(from, to);
	}

	#add(from: number, to: number): void {
		if (to <= from) return;
		if (from < (this.#ranges.at(-1)?.to ?? 0)) this.#ordered = false;
		this.#ranges.push({from, to});
	}

	/** The text without what was masked. */
	result(): string {
		if (this.#ranges.length === 0) return this.text;
		if (!this.#ordered) this.#ranges.sort((one, other) => one.from - other.from);
		let shown = '';
		let copied = 0;
		for (const {from, to} of this.#ranges) {
			if (from >= copied) shown += `${this.text.slice(copied, from)}***`;
			copied = Math.max(copied, to);
		}
		return shown + this.text.slice(copied);
	}

	/** Whether the text has this lower-case word there, in any case. */
	has(word: string, place: number): boolean {
		return hasAt(this.text, word, place);
	}

	/** The same with no letter, digit or `_` on either side. */
	hasWord(word: string, place: number): boolean {
		return this.has(word, place) && !isWord(this.at(place - 1)) && !isWord(this.at(place + word.length));
	}

	wordEnd(place: number, longest = Number.POSITIVE_INFINITY): number {
		let end = place;
		while (end - place < longest && isWord(this.at(end))) end += 1;
		return end;
	}

	/** End of a run of any of these characters. */
	skipOver(characters: string, place: number, longest = longestName): number {
		let end = place;
		while (end < this.text.length && end - place < longest && characters.includes(this.text[end] ?? '')) end += 1;
		return end;
	}

	/** End of the white space there; with `inLine` it ends before a line end. */
	spaceEnd(place: number, inLine = false): number {
		let end = place;
		while (isSpace(this.at(end)) && !(inLine && this.at(end) === 10)) end += 1;
		return end;
	}

	/** Where the line of this place ends. */
	lineEnd(place: number): number {
		this.#newline = this.#next('\n', place, this.#newline);
		return this.#newline.at;
	}

	/** End of what has neither white space nor a line end. */
	solidEnd(place: number): number {
		let end = place;
		while (end < this.text.length && !isSpace(this.at(end))) end += 1;
		return end;
	}

	/** End of the white space and the comments of SQL there. A comment without an end is none. */
	blankEnd(place: number): number {
		const starts: number[] = [];
		let end = place;
		for (;;) {
			end = this.spaceEnd(end);
			const known = this.#blanks?.get(end);
			if (known !== undefined) {
				end = known;
				break;
			}
			const closed = this.#commentEndAt(end);
			if (closed === undefined) break;
			starts.push(end);
			end = closed;
		}
		if (starts.length > 0) {
			this.#blanks ??= new Map();
			for (const start of starts) this.#blanks.set(start, end);
		}
		return end;
	}

	/** Start of the arguments of calls that are nested there: `lower(trim(`. */
	callsEnd(place: number): number {
		let start = place;
		for (let depth = 0; depth < deepestCalls; depth += 1) {
			let end = start;
			while (end - start < longestName && (isWord(this.at(end)) || this.at(end) === 46)) end += 1;
			if (end === start || this.at(end) !== 40) return start;
			start = this.blankEnd(end + 1);
		}
		return start;
	}

	#commentEndAt(place: number): number | undefined {
		const [first, second] = [this.at(place), this.at(place + 1)];
		if (first === 47 && second === 42) {
			this.#commentEnd = this.#next('*/', place + 2, this.#commentEnd);
			return this.#commentEnd.at < this.text.length ? this.#commentEnd.at + 2 : undefined;
		}
		if (first !== 45 || second !== 45) return undefined;
		const end = this.lineEnd(place);
		return end < this.text.length ? end + 1 : undefined;
	}

	/** The next place of a text, the end of all when there is none. What was found last is taken again where it still holds. */
	#next(wanted: string, place: number, last: {readonly from: number; readonly at: number}) {
		if (place >= last.from && place <= last.at) return last;
		const found = this.text.indexOf(wanted, place);
		return {from: place, at: found < 0 ? this.text.length : found};
	}
}
