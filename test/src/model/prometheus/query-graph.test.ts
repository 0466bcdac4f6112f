import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {chooseQueryRange, queryGraph} from '../../../../src/model/prometheus/query-graph.ts';

const now = Date.UTC(2026, 10, 21, 14, 5, 22);
const minute = 60_000;
const range = {from: now - 10 * minute, to: now, stepMs: minute};

const series = (labels: Record<string, string>, values: readonly (number | undefined)[]) => ({
	labels,
	points: values.flatMap((value, step) => (value === undefined ? [] : [{at: range.from + step * minute, value}])),
});

describe('the range of a graph', () => {
	test('has round steps that fit a screen, and is coarser for many series', () => {
		expect(chooseQueryRange(now, 60 * minute, 1)?.stepMs).toBe(15_000);
		expect(chooseQueryRange(now, 7 * 1440 * minute, 1)?.stepMs).toBe(3_600_000);
		expect(chooseQueryRange(now, 60 * minute, 1000)?.stepMs).toBe(120_000);
		expect(chooseQueryRange(now, 60 * minute, 3000)).toBeUndefined();
	});

	test('ends now, within a step, and requests no more points than the limit', () => {
		fc.assert(
			fc.property(
				fc.integer({min: 0, max: 4e12}),
				fc.integer({min: minute, max: 366 * 1440 * minute}),
				fc.integer({min: 1, max: 2000}),
				(at, length, many) => {
					const found = chooseQueryRange(at, length, many);
					expect(found).toBeDefined();
					if (found === undefined) return;
					const points = (found.to - found.from) / found.stepMs + 1;
					expect(found.to % found.stepMs).toBe(0);
					expect(at - found.to).toBeGreaterThanOrEqual(0);
					expect(at - found.to).toBeLessThan(found.stepMs);
					expect(points).toBeLessThanOrEqual(301);
					expect(points * many).toBeLessThanOrEqual(42_000);
				},
			),
		);
	});
});

describe('a graph of an answer', () => {
	test('has a value for each step; what is missing, NaN or infinite is a gap and reported', () => {
		const {graph, notes} = queryGraph(
			'x',
			[series({}, [1, 2, undefined, Number.NaN, Number.POSITIVE_INFINITY, 6, 7, 8, 9, 10, 11])],
			range,
		);
		expect(graph.series).toEqual([
			{
				label: 'x',
				points: [1, 2, undefined, undefined, undefined, 6, 7, 8, 9, 10, 11].map((value, step) => [
					range.from + step * minute,
					value,
				]),
			},
		]);
		expect(notes.map(note => note.text)).toEqual(['2 values are NaN or infinite, in 1 series: a gap is drawn']);
	});

	test('has the highest last values first, named by the labels that differ, and counts what it leaves out', () => {
		const many = Array.from({length: 35}, (_, index) =>
			series({__name__: 'up', job: 'a', i: String(index)}, [...Array<number>(10).fill(50), index]),
		);
		const {graph} = queryGraph('up', many, range);
		expect(graph.series.map(one => one.label).slice(0, 2)).toEqual(['{i="34"}', '{i="33"}']);
		expect([graph.series.length, graph.omitted]).toEqual([30, 5]);
	});

	test('shows which series ended', () => {
		const {notes} = queryGraph(
			'up',
			[series({i: '1'}, [1, 1, 1, 1, 1, 1, 1]), series({i: '2'}, Array<number>(11).fill(2))],
			range,
		);
		expect(notes.map(note => note.text)).toEqual(['1 of 2 series ended: the last one 4m00s ago, at 14:01:22Z']);
	});

	test('has the limit of a rule as its second line', () => {
		const {graph} = queryGraph('up', [series({i: '1'}, [1]), series({i: '2'}, [2])], range, 5);
		expect(graph.series.map(one => one.label)).toEqual(['{i="2"}', 'the limit of the rule', '{i="1"}']);
		expect(graph.series[1]?.points).toEqual([
			[range.from, 5],
			[range.to, 5],
		]);
	});
});
