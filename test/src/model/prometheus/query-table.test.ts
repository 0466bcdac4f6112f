import {describe, expect, test} from 'vitest';
import {tableLines} from '../../../../src/model/prometheus/query-table.ts';

const sample = (value: number, labels: Record<string, string>) => ({value, labels, at: 0});
const text = (...given: Parameters<typeof tableLines>): string =>
	tableLines(...given)
		.map(line => line.text)
		.join('\n');

describe('series at one moment', () => {
	test('form a table of the labels that differ, the largest value first, with the shared labels above it', () => {
		const samples = [
			sample(3, {__name__: 'up', job: 'node', instance: 'a:1', zone: 'x'}),
			sample(1200.5, {__name__: 'up', job: 'node', instance: 'b:1'}),
			sample(Number.NaN, {__name__: 'up', job: 'node', instance: 'c\u001b[31m:1', zone: 'y'}),
			sample(Number.POSITIVE_INFINITY, {__name__: 'up', job: 'node', instance: 'd:1', zone: 'y'}),
		];
		expect(text(samples)).toBe(
			`
all of up{job="node"}
 value  instance  zone
  +Inf  d:1       y
1200.5  b:1       -
     3  a:1       x
   NaN  c:1       y`.trimStart(),
		);
	});

	test('of one series are named by all its labels', () => {
		expect(text([sample(0, {__name__: 'up', job: 'node'})])).toBe('up{job="node"}\nvalue\n    0');
		expect(text([sample(7, {})])).toBe('value\n    7');
	});

	test('of many names has a column for the name', () => {
		expect(text([sample(1, {__name__: 'a'}), sample(2, {__name__: 'b'})])).toBe('value  metric\n    2  b\n    1  a');
	});

	test.each([
		[1_795_314_564_123, '1795314564123'],
		[1_795_314_564.12345, '1795314564.1'],
		[0.054545454545, '0.0545455'],
		[2 ** 70, '1.1805916207174113e+21'],
		[-1.5e-9, '-1.5e-9'],
	])('%d is shown as %s', (value, wanted) => {
		expect(text([sample(value, {})])).toBe(`${'value'.padStart(wanted.length)}\n${wanted}`);
	});

	test('that are too many to read are counted as left out', () => {
		const samples = Array.from({length: 700}, (_, index) => sample(index, {i: String(index)}));
		const lines = text(samples).split('\n');
		expect(lines.slice(0, 2)).toEqual(['value  i', '  699  699']);
		expect(lines.at(-1)).toBe('… 200 more series, smaller than these');
		expect(lines).toHaveLength(502);
	});
});
