import {type Declaration, ExpositionLine, type ExpositionSample} from './exposition-line.ts';

const types = [
	'counter',
	'gauge',
	'histogram',
	'gaugehistogram',
	'summary',
	'info',
	'stateset',
	'unknown',
	'untyped',
] as const;

export type FamilyType = Exclude<(typeof types)[number], 'untyped'>;

/** What was declared under one name, with its series in the order of the page. */
export type Family = {
	readonly name: string;
	/** `unknown` when the page does not say. */
	readonly type: FamilyType;
	/** Empty when the page does not say. */
	readonly help: string;
	readonly unit: string;
	readonly samples: readonly ExpositionSample[];
};

/** `line` counts from 1; `text` is its start. */
export type LineError = {readonly line: number; readonly text: string; readonly problem: string};

export type Exposition = {
	readonly openMetrics: boolean;
	readonly families: readonly Family[];
	/** The number of stored series. */
	readonly series: number;
	/** The number of further series, parsed and dropped because of `limits.series`. */
	readonly omitted: number;
	/** The first of them; `wrongLines` counts all. */
	readonly errors: readonly LineError[];
	readonly wrongLines: number;
};

export type ExpositionLimits = {
	/** The most stored series. */
	readonly series: number;
	/** The most characters of a line; a longer one is an error. */
	readonly line: number;
	readonly errors: number;
	/** Characters read before the others in the program have their turn. */
	readonly slice: number;
};

const defaultLimits: ExpositionLimits = {series: 50_000, line: 65_536, errors: 100, slice: 65_536};

/** Endings of the series that belong to a family of each type: https://prometheus.io/docs/specs/om/open_metrics_spec/#suffixes */
const endings: Readonly<Record<FamilyType, readonly string[]>> = {
	counter: ['_total', '_created'],
	gauge: [],
	histogram: ['_bucket', '_count', '_sum', '_created'],
	gaugehistogram: ['_bucket', '_gcount', '_gsum'],
	summary: ['_count', '_sum', '_created'],
	info: ['_info'],
	stateset: [],
	unknown: [],
};

const everyEnding: ReadonlySet<string> = new Set(Object.values(endings).flat());

type OpenFamily = {name: string; type: FamilyType | undefined; help: string; unit: string; samples: ExpositionSample[]};

/** Puts series to the families they belong to. */
class Families {
	readonly #byName = new Map<string, OpenFamily>();
	readonly #bySeries = new Map<string, OpenFamily>();
	#lastName = '';
	#last: OpenFamily | undefined;

	/** Why it cannot be taken, or undefined when it was. */
	declare({keyword, name, rest}: Declaration): string | undefined {
		const family = this.#named(name);
		if (keyword === 'HELP') family.help = family.help === '' ? rest : family.help;
		if (keyword === 'UNIT') family.unit = rest;
		if (keyword !== 'TYPE') return undefined;
		const type = types.find(known => known === rest);
		if (type === undefined) return rest === '' ? 'TYPE without a type' : `there is no type ${rest.slice(0, 40)}`;
		const known: FamilyType = type === 'untyped' ? 'unknown' : type;
		if (family.type !== undefined && family.type !== known) return `${name} is a ${family.type} already`;
		family.type = known;
		return undefined;
	}

	add(sample: ExpositionSample): void {
		if (sample.name !== this.#lastName || this.#last === undefined) {
			this.#last = this.#bySeries.get(sample.name) ?? this.#found(sample.name);
			this.#lastName = sample.name;
		}
		this.#last.samples.push(sample);
	}

	all(): readonly Family[] {
		return [...this.#byName.values()].map(family => ({...family, type: family.type ?? 'unknown'}));
	}

	#named(name: string): OpenFamily {
		const known = this.#byName.get(name);
		if (known !== undefined) return known;
		const family: OpenFamily = {name, type: undefined, help: '', unit: '', samples: []};
		this.#byName.set(name, family);
		return family;
	}

	#found(series: string): OpenFamily {
		const ending = series.slice(series.lastIndexOf('_'));
		const base = everyEnding.has(ending) ? this.#byName.get(series.slice(0, -ending.length)) : undefined;
		const owns = base?.type !== undefined && endings[base.type].includes(ending);
		const family = owns && !this.#byName.has(series) ? base : this.#named(series);
		this.#bySeries.set(series, family);
		return family;
	}
}

/**
 * Reads a page of metrics: families with their series, wrong lines by number, and the rest as if those were not there. Yields after each
 * slice, so that other work runs during a page of 10 MB. `openMetrics`: the format by its content type; where that is not known, a page that
 * ends in `# EOF` is one.
 */
export function* parseExpositionInSlices(
	text: string,
	options: Partial<ExpositionLimits> & {readonly openMetrics?: boolean} = {},
): Generator<undefined, Exposition> {
	const limits = {...defaultLimits, ...options};
	const openMetrics = options.openMetrics ?? /^# EOF\s*$/m.test(text.slice(-64));
	const line = new ExpositionLine(text, openMetrics);
	const families = new Families();
	const errors: LineError[] = [];
	let [series, omitted, wrongLines, number, at, sliceEnd] = [0, 0, 0, 0, 0, limits.slice];
	let ended = false;
	const wrong = (start: number, problem: string) => {
		wrongLines += 1;
		const excerpt = text.slice(start, Math.min(start + 120, at - 1)).trim();
		if (errors.length < limits.errors) errors.push({line: number, text: excerpt, problem});
	};
	while (at < text.length) {
		const start = at;
		const found = text.indexOf('\n', start);
		const end = found === -1 ? text.length : found;
		at = end + 1;
		number += 1;
		if (at > sliceEnd) {
			sliceEnd = at + limits.slice;
			yield;
		}
		const first = line.begin(start, end);
		if (Number.isNaN(first)) continue;
		if (end - start > limits.line) {
			wrong(start, `the line is longer than ${limits.line} characters`);
		} else if (ended) {
			wrong(start, 'nothing may follow # EOF');
		} else if (first === 35) {
			const declared = line.declaration();
			if (declared?.keyword === 'EOF') ended = openMetrics;
			else if (declared !== undefined) {
				const problem = families.declare(declared);
				if (problem !== undefined) wrong(start, problem);
			} else if (line.problem !== '') wrong(start, line.problem);
		} else {
			const sample = line.sample();
			if (sample === undefined) wrong(start, line.problem);
			else if (series >= limits.series) omitted += 1;
			else {
				families.add(sample);
				series += 1;
			}
		}
	}
	if (openMetrics && !ended) {
		number += 1;
		wrong(text.length, 'the page ends without # EOF: it was cut off');
	}
	return {openMetrics, families: families.all(), series, omitted, errors, wrongLines};
}

/** The same in one go, for pages known to be small. */
export function parseExposition(
	text: string,
	options: Partial<ExpositionLimits> & {readonly openMetrics?: boolean} = {},
): Exposition {
	const slices = parseExpositionInSlices(text, options);
	for (;;) {
		const {done, value} = slices.next();
		if (done) return value;
	}
}
