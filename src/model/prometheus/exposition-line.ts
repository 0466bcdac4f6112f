/** `[name, value]`, in the order of the page. */
export type LabelPairs = readonly (readonly [name: string, value: string])[];

export type Exemplar = {readonly labels: LabelPairs; readonly value: number; readonly timestamp: number | undefined};

/** One series of a page. `timestamp` is in epoch milliseconds, whichever of the two formats it came in. */
export type ExpositionSample = {
	/** As written in the line: a bucket of `wait` is `wait_bucket`. */
	readonly name: string;
	readonly labels: LabelPairs;
	readonly value: number;
	readonly timestamp: number | undefined;
	readonly exemplar: Exemplar | undefined;
};

export type Declaration = {readonly keyword: string; readonly name: string; readonly rest: string};

const nameStart = 1;
const nameRest = 2;
const labelStart = 4;
const labelRest = 8;
const blank = 16;
const figure = 32;

/** What each ASCII character may be part of: https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels */
const classes = Uint8Array.from({length: 128}, (_, code) => {
	const character = String.fromCharCode(code);
	return (
		(/[a-zA-Z_:]/.test(character) ? nameStart : 0) |
		(/[a-zA-Z0-9_:]/.test(character) ? nameRest : 0) |
		(/[a-zA-Z_]/.test(character) ? labelStart : 0) |
		(/[a-zA-Z0-9_]/.test(character) ? labelRest : 0) |
		(/[ \t\r]/.test(character) ? blank : 0) |
		(/[0-9+\-.eE]/.test(character) ? figure : 0)
	);
});

const classOf = (code: number): number => (code < 128 ? (classes[code] ?? 0) : 0);

const quote = 34;
const hash = 35;
const comma = 44;
const equals = 61;
const backslash = 92;
const open = 123;
const close = 125;

const noLabels: LabelPairs = [];
/** Above so many labels a set is quicker than looking through them. */
const fewLabels = 16;

const unescaped = (text: string, escapes: RegExp): string =>
	text.replace(escapes, (_, what: string) => (what === 'n' ? '\n' : what));

const inQuotes = /\\([\\"n])/g;
/** A quote is escaped in HELP by OpenMetrics only. */
const inHelp = /\\([\\n])/g;

const shown = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

/**
 * Reads one line at a time of the formats https://prometheus.io/docs/instrumenting/exposition_formats/ and
 * https://prometheus.io/docs/specs/om/open_metrics_spec/, quoted UTF-8 names included. Never throws: `problem` names the error.
 */
export class ExpositionLine {
	/** Why the last reading gave nothing. */
	problem = '';
	/** The name that was given within the braces, between quotes. */
	#inner: string | undefined;
	readonly #text: string;
	readonly #secondsToMs: number;
	#at = 0;
	#end = 0;

	/** `openMetrics` counts time in seconds, the other format in milliseconds. */
	constructor(text: string, openMetrics: boolean) {
		this.#text = text;
		this.#secondsToMs = openMetrics ? 1000 : 1;
	}

	/** Moves to the line from `start` up to `end`. Returns the code of its first character after blanks; NaN for an empty line. */
	begin(start: number, end: number): number {
		this.#at = start;
		this.#end = end;
		this.#blanks();
		return this.#peek();
	}

	/** `# TYPE name rest`, and likewise for HELP, UNIT and EOF; undefined of any other remark, with no problem. */
	declaration(): Declaration | undefined {
		this.problem = '';
		this.#at += 1;
		this.#blanks();
		const keyword = this.#token();
		if (keyword === 'EOF' && this.#at >= this.#end) return {keyword, name: '', rest: ''};
		if (keyword !== 'HELP' && keyword !== 'TYPE' && keyword !== 'UNIT') return undefined;
		this.#blanks();
		const name = this.#peek() === quote ? this.#quoted() : this.#name(nameStart, nameRest);
		if (name === undefined || name === '') {
			if (this.problem === '') this.#fail(`${keyword} without a name`);
			return undefined;
		}
		if (this.#at < this.#end && (classOf(this.#peek()) & blank) === 0) {
			this.#fail(`the name ${shown(name)} ends in something that is no part of a name`);
			return undefined;
		}
		this.#blanks();
		let end = this.#end;
		while (end > this.#at && (classOf(this.#text.charCodeAt(end - 1)) & blank) !== 0) end -= 1;
		const rest = this.#text.slice(this.#at, end);
		return {
			keyword,
			name,
			rest: rest.includes('\\') ? unescaped(rest, this.#secondsToMs === 1 ? inHelp : inQuotes) : rest,
		};
	}

	/** A series with its value; undefined when the line is wrong. */
	sample(): ExpositionSample | undefined {
		this.problem = '';
		this.#inner = undefined;
		const bare = this.#peek() === open ? '' : this.#name(nameStart, nameRest);
		if (bare === undefined) return this.#fail('a name starts with a letter, _ or :, or is quoted in {}');
		if (bare !== '' && this.#at < this.#end && this.#peek() !== open && (classOf(this.#peek()) & blank) === 0)
			return this.#fail(`${shown(this.#rest())} is no part of a name: only letters, digits, _ and : are`);
		this.#blanks();
		const labels = this.#peek() === open ? this.#labels(bare === '') : noLabels;
		if (labels === undefined) return undefined;
		const name = bare === '' ? this.#inner : bare;
		if (name === undefined) return this.#fail('there is no name, neither before {} nor in it');
		this.#blanks();
		const value = this.#number('value');
		if (value === undefined) return undefined;
		this.#blanks();
		let timestamp: number | undefined;
		if (this.#at < this.#end && this.#peek() !== hash) {
			timestamp = this.#timestamp();
			if (timestamp === undefined) return undefined;
		}
		let exemplar: Exemplar | undefined;
		if (this.#peek() === hash) {
			exemplar = this.#exemplar();
			if (exemplar === undefined) return undefined;
		}
		if (this.#at < this.#end) return this.#fail(`${shown(this.#rest())} is left over at the end of the line`);
		return {name, labels, value, timestamp, exemplar};
	}

	#fail(problem: string): undefined {
		this.problem = problem;
		return undefined;
	}

	#peek(): number {
		return this.#at < this.#end ? this.#text.charCodeAt(this.#at) : Number.NaN;
	}

	#rest(): string {
		return this.#text.slice(this.#at, this.#end);
	}

	#blanks(): void {
		while (this.#at < this.#end && (classOf(this.#text.charCodeAt(this.#at)) & blank) !== 0) this.#at += 1;
	}

	#token(): string {
		const from = this.#at;
		while (this.#at < this.#end && (classOf(this.#text.charCodeAt(this.#at)) & blank) === 0) this.#at += 1;
		const token = this.#text.slice(from, this.#at);
		this.#blanks();
		return token;
	}

	#name(first: number, rest: number): string | undefined {
		const from = this.#at;
		if ((classOf(this.#peek()) & first) === 0) return undefined;
		this.#at += 1;
		while (this.#at < this.#end && (classOf(this.#text.charCodeAt(this.#at)) & rest) !== 0) this.#at += 1;
		return this.#text.slice(from, this.#at);
	}

	/** Reads a quoted text, from its opening quote to past the closing one. */
	#quoted(): string | undefined {
		this.#at += 1;
		const from = this.#at;
		let escapes = false;
		while (this.#at < this.#end) {
			const code = this.#text.charCodeAt(this.#at);
			if (code === quote) {
				const text = this.#text.slice(from, this.#at);
				this.#at += 1;
				return escapes ? unescaped(text, inQuotes) : text;
			}
			if (code === backslash) {
				escapes = true;
				this.#at += 1;
			}
			this.#at += 1;
		}
		this.#at = this.#end;
		return this.#fail(`the quote before ${shown(this.#text.slice(from, this.#end))} is never closed`);
	}

	/** Reads the labels, from `{` to past `}`. With `mayName`, a quoted text without `=` is the name of the series. */
	#labels(mayName: boolean): LabelPairs | undefined {
		const labels: (readonly [string, string])[] = [];
		let many: Set<string> | undefined;
		this.#at += 1;
		for (;;) {
			this.#blanks();
			if (this.#peek() === close) {
				this.#at += 1;
				return labels.length === 0 ? noLabels : labels;
			}
			const quotedName = this.#peek() === quote;
			const name = quotedName ? this.#quoted() : this.#name(labelStart, labelRest);
			if (name === undefined) {
				if (quotedName) return undefined;
				return this.#fail(`${this.#here()} where the name of a label is expected`);
			}
			this.#blanks();
			if (this.#peek() === equals) {
				this.#at += 1;
				this.#blanks();
				if (this.#peek() !== quote)
					return this.#fail(`the value of label ${shown(name)} does not stand between quotes`);
				const value = this.#quoted();
				if (value === undefined) return undefined;
				if (labels.length === fewLabels) many = new Set(labels.map(([other]) => other));
				if (many?.has(name) ?? labels.some(([other]) => other === name))
					return this.#fail(`the label ${shown(name)} occurs twice`);
				many?.add(name);
				labels.push([name, value]);
			} else if (quotedName && mayName && this.#inner === undefined) {
				this.#inner = name;
			} else {
				return this.#fail(`the label ${shown(name)} has no value`);
			}
			this.#blanks();
			if (this.#peek() === comma) this.#at += 1;
			else if (this.#peek() !== close) return this.#fail(`${this.#here()} where , or } is expected`);
		}
	}

	#here(): string {
		return this.#at < this.#end ? shown(this.#rest()) : 'the end of the line';
	}

	/** As Go reads it, without its hexadecimal forms: https://pkg.go.dev/strconv#ParseFloat */
	#number(what: string): number | undefined {
		if (this.#at >= this.#end) return this.#fail(`there is no ${what}`);
		const from = this.#at;
		let plain = true;
		while (this.#at < this.#end) {
			const kind = classOf(this.#text.charCodeAt(this.#at));
			if ((kind & blank) !== 0) break;
			if ((kind & figure) === 0) plain = false;
			this.#at += 1;
		}
		const token = this.#text.slice(from, this.#at);
		this.#blanks();
		if (plain) {
			const value = Number(token);
			if (!Number.isNaN(value)) return value;
		} else if (/^[+-]?inf(?:inity)?$/i.test(token)) {
			return token.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
		} else if (/^[+-]?nan$/i.test(token)) {
			return Number.NaN;
		}
		return this.#fail(`the ${what} ${shown(token)} is no number`);
	}

	#timestamp(): number | undefined {
		const from = this.#at;
		const timestamp = this.#number('timestamp');
		if (timestamp === undefined) return undefined;
		if (Number.isFinite(timestamp) && (this.#secondsToMs !== 1 || Number.isInteger(timestamp)))
			return timestamp * this.#secondsToMs;
		const text = this.#text.slice(from, this.#end);
		return this.#fail(`the timestamp ${shown(text)} is not an integer of milliseconds`);
	}

	#exemplar(): Exemplar | undefined {
		this.#at += 1;
		this.#blanks();
		if (this.#peek() !== open) return this.#fail('an exemplar starts with its labels in {}');
		const labels = this.#labels(false);
		if (labels === undefined) return undefined;
		this.#blanks();
		const value = this.#number('value of the exemplar');
		if (value === undefined) return undefined;
		// Only OpenMetrics has exemplars, so that their time is in its unit.
		const seconds = this.#at < this.#end ? this.#number('timestamp of the exemplar') : Number.NaN;
		if (seconds === undefined) return undefined;
		return {labels, value, timestamp: Number.isNaN(seconds) ? undefined : seconds * 1000};
	}
}
