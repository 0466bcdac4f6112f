import {readFileSync} from 'node:fs';
import fc from 'fast-check';
import {Counter, Gauge, Histogram, Registry, type RegistryContentType, Summary} from 'prom-client';
import {describe, expect, test} from 'vitest';
import {
	type Exposition,
	type Family,
	parseExposition,
	parseExpositionInSlices,
} from '../../../../src/model/prometheus/exposition.ts';
import type {ExpositionSample, LabelPairs} from '../../../../src/model/prometheus/exposition-line.ts';
import {expositionText} from './exposition-text.ts';

const page = (name: string): string => readFileSync(new URL(`__pages__/${name}`, import.meta.url), 'utf8');

/** A number as it is stored in JSON, which has no NaN and no infinity. */
const jsonNumber = (value: number): number | string =>
	Number.isNaN(value) ? 'NaN' : Number.isFinite(value) ? value : value > 0 ? '+Inf' : '-Inf';

const sorted = (labels: LabelPairs) => Object.fromEntries(labels.toSorted(([a], [b]) => (a < b ? -1 : 1)));

const sampleOf = (text: string): ExpositionSample | undefined => parseExposition(text).families[0]?.samples[0];

const seriesOf = ({families}: Exposition): readonly string[] =>
	families.flatMap(({samples}) => samples.map(({name, value}) => `${name}=${value}`));

describe('pages of real exporters, as the official client for Python reads them', () => {
	test.each(['node-exporter', 'prometheus', 'redis-exporter', 'python', 'python-openmetrics'])('%s', name => {
		const read = parseExposition(page(`${name}.txt`));
		expect(read.errors).toEqual([]);
		expect(read.omitted).toBe(0);
		const families = read.families.map(({name: family, type, help, unit, samples}) => ({
			name: family,
			type,
			help,
			unit,
			samples: samples.map(sample => [
				sample.name,
				sorted(sample.labels),
				jsonNumber(sample.value),
				...(sample.exemplar === undefined
					? []
					: [
							[
								sorted(sample.exemplar.labels),
								jsonNumber(sample.exemplar.value),
								Math.round(sample.exemplar.timestamp ?? Number.NaN),
							],
						]),
			]),
		}));
		expect(families).toEqual(JSON.parse(page(`${name}.json`)));
	});
});

describe('the output of prom-client', () => {
	function fill(registers: Registry<RegistryContentType>[]): void {
		const counter = new Counter({
			name: 'orders',
			help: 'Orders \\ taken\nin all',
			labelNames: ['region', 'path'],
			registers,
		});
		counter.inc({region: 'eu', path: 'C:\\new "x"\n}'}, 3);
		counter.inc({region: 'us', path: 'a,b={} # c'}, 0.5);
		const gauge = new Gauge({name: 'job:temperature:celsius', help: 'Temperature', labelNames: ['site'], registers});
		gauge.set({site: 'cellar'}, Number.NEGATIVE_INFINITY);
		gauge.set({site: 'roof'}, Number.NaN);
		gauge.set({site: 'hall'}, -1.5e-7);
		gauge.set({site: 'ünïcødé 🌡'}, Number.POSITIVE_INFINITY);
		const histogram = new Histogram({
			name: 'wait_seconds',
			help: 'Wait',
			labelNames: ['queue'],
			buckets: [0.1, 0.5, 1],
			registers,
		});
		for (const seconds of [0.05, 0.3, 0.7, 2]) histogram.observe({queue: 'mail'}, seconds);
		histogram.observe({queue: 'print'}, 0.2);
		const summary = new Summary({name: 'size_bytes', help: 'Size', percentiles: [0.5, 0.9], registers});
		for (const size of [1, 2, 3]) summary.observe(size);
		new Gauge({name: 'never_set', help: '-', labelNames: ['x'], registers});
	}

	test.each([
		['its text format', 'text/plain; version=0.0.4; charset=utf-8'],
		['OpenMetrics', 'application/openmetrics-text; version=1.0.0; charset=utf-8'],
	] as const)('%s is read as it is in the registry', async (_, contentType) => {
		const registry: Registry<typeof contentType> = new Registry();
		registry.setContentType(contentType);
		fill([registry]);
		const openMetrics = contentType.startsWith('application/openmetrics');
		const read = parseExposition(await registry.metrics(), {openMetrics});
		expect(read.errors).toEqual([]);
		const wanted = (await registry.getMetricsAsJSON()).map(metric => ({
			name: metric.name,
			type: String(metric.type),
			help: metric.help,
			samples: metric.values.map(value => [
				// Its OpenMetrics output writes a counter under another name than the registry holds it.
				`${'metricName' in value ? String(value.metricName) : metric.name}${openMetrics && String(metric.type) === 'counter' ? '_total' : ''}`,
				Object.fromEntries(Object.entries(value.labels).map(([label, text]) => [label, String(text)])),
				value.value,
			]),
		}));
		expect(
			read.families.map(({name, type, help, samples}) => ({
				name,
				type,
				help,
				samples: samples.map(sample => [sample.name, Object.fromEntries(sample.labels), sample.value]),
			})),
		).toEqual(wanted);
	});
});

describe('one line', () => {
	test.each([
		['a 1', {name: 'a', labels: [], value: 1}],
		['job:rate5m:sum{x="1",} 2', {name: 'job:rate5m:sum', labels: [['x', '1']], value: 2}],
		[
			'a { x = "1" , y="2" }   3  ',
			{
				labels: [
					['x', '1'],
					['y', '2'],
				],
				value: 3,
			},
		],
		['a{} 1', {labels: [], value: 1}],
		['a{x="\\\\n\\"\\n\\t"} 1', {labels: [['x', '\\n"\n\\t']]}],
		['a{x="} 1"} 2', {labels: [['x', '} 1']], value: 2}],
		['a NaN', {value: Number.NaN}],
		['a +inf', {value: Number.POSITIVE_INFINITY}],
		['a -Inf', {value: Number.NEGATIVE_INFINITY}],
		['a 3.09e+00', {value: 3.09}],
		['a 1 1700000000123', {value: 1, timestamp: 1_700_000_000_123}],
		['a 1 -62135596800000', {value: 1, timestamp: -62_135_596_800_000}],
		['a 1\r\n', {value: 1}],
		['\ta\t1', {name: 'a', value: 1}],
		['{"http.server.duration",x="1"} 2', {name: 'http.server.duration', labels: [['x', '1']], value: 2}],
		['{"wärme"} 2', {name: 'wärme', labels: [], value: 2}],
		['{x="1","a b"} 2', {name: 'a b', labels: [['x', '1']], value: 2}],
		['a{"k8s.pod"="p"} 2', {name: 'a', labels: [['k8s.pod', 'p']]}],
		[
			'a 1 # {trace_id="t"} 0.5 1700000000.5',
			{exemplar: {labels: [['trace_id', 't']], value: 0.5, timestamp: 1_700_000_000_500}},
		],
		['a 1 # {} 0.5', {exemplar: {labels: [], value: 0.5, timestamp: undefined}}],
		['a 1 1.5 # {} 0.5\n# EOF', {timestamp: 1500, exemplar: {labels: [], value: 0.5, timestamp: undefined}}],
		['a 1 -0.5\n# EOF\n', {timestamp: -500}],
	])('%j', (text, wanted) => {
		expect(parseExposition(text).errors).toEqual([]);
		expect(sampleOf(text)).toMatchObject(wanted);
	});

	test.each([
		['a', 'there is no value'],
		['a one', 'the value one is no number'],
		['a 0x1p4', 'the value 0x1p4 is no number'],
		['a 1 soon', 'the timestamp soon is no number'],
		['a 1 1.5', 'the timestamp 1.5 is not an integer of milliseconds'],
		['a 1 2 3', '3 is left over at the end of the line'],
		['a-b 1', '-b 1 is no part of a name: only letters, digits, _ and : are'],
		['1a 1', 'a name starts with a letter, _ or :, or is quoted in {}'],
		['wärme 1', 'ärme 1 is no part of a name: only letters, digits, _ and : are'],
		['a{x="1} 1', 'the quote before 1} 1 is never closed'],
		['a{x="1\\', 'the quote before 1\\ is never closed'],
		['a{x=1} 1', 'the value of label x does not stand between quotes'],
		['a{x} 1', 'the label x has no value'],
		['a{"x"} 1', 'the label x has no value'],
		['a{x="1" y="2"} 1', 'y="2"} 1 where , or } is expected'],
		['a{x="1",x="2"} 1', 'the label x occurs twice'],
		['a{,} 1', ',} 1 where the name of a label is expected'],
		['a{x="1",', 'the end of the line where the name of a label is expected'],
		['{x="1"} 1', 'there is no name, neither before {} nor in it'],
		['{"a","b"} 1', 'the label b has no value'],
		['a 1 # x', 'an exemplar starts with its labels in {}'],
		['# TYPE a meter', 'there is no type meter'],
		['# TYPE a', 'TYPE without a type'],
		['# TYPE', 'TYPE without a name'],
		['# TYPE a gauge\n# TYPE a counter', 'a is a gauge already'],
		['# HELP a{b} help', 'the name a ends in something that is no part of a name'],
		['a 1\n# EOF\nb 1\n# EOF', 'nothing may follow # EOF'],
	])('%j is wrong: %s', (text, problem) => {
		const {errors} = parseExposition(text);
		expect(errors[0]?.problem).toBe(problem);
		expect(errors[0]?.line).toBe(text.startsWith('# TYPE a gauge') ? 2 : text.startsWith('a 1\n') ? 3 : 1);
	});
});

describe('a page', () => {
	test('with wrong lines: their numbers are reported, the rest is read', () => {
		const read = parseExposition('# HELP a A\n# TYPE a counter\na{x="1"} 1\na{x="2} 2\na{x="3"} three\n\nb 4');
		expect(seriesOf(read)).toEqual(['a=1', 'b=4']);
		expect(read.errors).toEqual([
			{line: 4, text: 'a{x="2} 2', problem: 'the quote before 2} 2 is never closed'},
			{line: 5, text: 'a{x="3"} three', problem: 'the value three is no number'},
		]);
	});

	test('with remarks and an empty help', () => {
		const read = parseExposition('# a remark\n#\n# HELP a\n# TYPE a gauge\n#TYPE b counter\na 1\nb 2\n');
		expect(read.errors).toEqual([]);
		expect(read.families.map(({name, type, help}) => [name, type, help])).toEqual([
			['a', 'gauge', ''],
			['b', 'counter', ''],
		]);
	});

	test('whose families share a beginning: each series goes to its own', () => {
		const read = parseExposition(
			'# TYPE a histogram\na_bucket{le="+Inf"} 1\na_count 1\na_sum 2\na_total 3\n# TYPE b gauge\nb_count 4\n# TYPE a_count_total counter\na_count_total 5\n',
		);
		expect(read.families.map(({name, samples}) => [name, samples.map(sample => sample.name)])).toEqual([
			['a', ['a_bucket', 'a_count', 'a_sum']],
			['a_total', ['a_total']],
			['b', []],
			['b_count', ['b_count']],
			['a_count_total', ['a_count_total']],
		]);
	});

	test('of OpenMetrics that was cut off says so', () => {
		const {errors} = parseExposition('# TYPE a counter\na_total 1\n', {openMetrics: true});
		expect(errors).toEqual([{line: 3, text: '', problem: 'the page ends without # EOF: it was cut off'}]);
	});

	test('longer than its limits: what is left out is counted', () => {
		const text = `${Array.from({length: 10}, (_, index) => `a{i="${index}"} ${index}`).join('\n')}\n# a remark\n${'x'.repeat(99)} 1\n`;
		const read = parseExposition(text, {series: 4, line: 60, errors: 0});
		expect([read.series, read.omitted, read.wrongLines, read.errors.length]).toEqual([4, 6, 1, 0]);
	});

	test('that is read in slices has the same result, with a yield after each slice', () => {
		const text = page('prometheus.txt');
		const slices = parseExpositionInSlices(text, {slice: 1000});
		let pauses = 0;
		let step = slices.next();
		while (!step.done) {
			pauses += 1;
			step = slices.next();
		}
		expect(step.value).toEqual(parseExposition(text));
		expect(pauses).toBeGreaterThan(text.length / 2000);
	});

	test('with names such as __proto__ is read like any other', () => {
		const read = parseExposition(
			'__proto__{__proto__="x",constructor="y"} 1\ntoString 2\n# TYPE hasOwnProperty gauge\n',
		);
		expect(read.families.map(({name}) => name)).toEqual(['__proto__', 'toString', 'hasOwnProperty']);
		expect(read.families[0]?.samples[0]?.labels).toEqual([
			['__proto__', 'x'],
			['constructor', 'y'],
		]);
	});
});

/** What a lone surrogate becomes, no page in UTF-8 can hold. */
const anyText = fc.string({unit: 'binary', maxLength: 12}).map(text => text.replaceAll('\r', ' '));
const bare = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,8}$/);
const names = fc.oneof(
	bare,
	anyText.filter(text => text !== ''),
);
const values = fc.oneof(
	fc.double(),
	fc.integer(),
	fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);
const labelNames = fc.oneof(
	fc.stringMatching(/^[a-zA-Z_]\w{0,6}$/),
	anyText.filter(text => text !== ''),
);
const labelSets = fc.uniqueArray(fc.tuple(labelNames, anyText), {selector: ([name]) => name, maxLength: 20});
const fullSeconds = fc.integer({min: -1e10, max: 1e10}).map(seconds => seconds * 1000);

const anyFamily = (name: string): fc.Arbitrary<Family> =>
	fc
		.record({
			type: fc.constantFrom('gauge', 'stateset', 'counter', 'summary', 'histogram', 'info', 'unknown'),
			help: anyText.map(text => text.trim()),
			unit: fc.constantFrom('', 'seconds', 'bytes'),
			samples: fc.array(
				fc.record({
					labels: labelSets,
					value: values,
					timestamp: fc.option(fullSeconds, {nil: undefined}),
					exemplar: fc.option(
						fc.record({labels: labelSets, value: values, timestamp: fc.option(fullSeconds, {nil: undefined})}),
						{nil: undefined},
					),
				}),
				{maxLength: 6},
			),
		})
		.map(family => ({...family, name, samples: family.samples.map(sample => ({name, ...sample}))}));

const pages = fc.uniqueArray(names, {maxLength: 6}).chain(all => fc.tuple(...all.map(anyFamily)));

describe('any page', () => {
	test('that is written from families is read back as the same families', () => {
		fc.assert(
			fc.property(
				pages,
				fc.boolean(),
				fc.constantFrom('\n', '\r\n'),
				fc.boolean(),
				(families, openMetrics, end, ends) => {
					const written = expositionText(families, openMetrics).replaceAll('\n', end);
					const read = parseExposition(ends ? written : written.trimEnd(), {openMetrics});
					expect(read.errors).toEqual([]);
					expect(read.families).toEqual(families);
				},
			),
			{numRuns: 300},
		);
	});

	test('never throws, and reports every line once', () => {
		const pieces = fc.constantFrom(
			'a',
			'{',
			'}',
			'"',
			'\\',
			',',
			'=',
			' ',
			'#',
			'# TYPE ',
			'# HELP ',
			'x="',
			'1',
			'NaN',
			'\n',
			'\r',
			'# EOF',
			'é',
		);
		const text = fc.oneof(
			fc.string({unit: 'binary', maxLength: 200}),
			fc.array(pieces, {maxLength: 60}).map(all => all.join('')),
		);
		fc.assert(
			fc.property(text, fc.boolean(), (given, openMetrics) => {
				const read = parseExposition(given, {openMetrics, slice: 7, series: 3});
				const lines = given.split('\n').length + 1;
				expect(read.series + read.omitted + read.wrongLines).toBeLessThanOrEqual(lines);
				expect(read.series).toBe(read.families.reduce((sum, family) => sum + family.samples.length, 0));
			}),
			{numRuns: 1000},
		);
	});
});
