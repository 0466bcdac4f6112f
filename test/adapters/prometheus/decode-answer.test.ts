import {describe, expect, test} from 'vitest';
import {decodeQueryResult, decodeRangeQueryResult} from '../../../adapters/prometheus/ad-hoc-queries.ts';
import {decodePrometheusAlerts} from '../../../adapters/prometheus/decode.ts';

const response = (data: object, more: object = {}) => ({status: 'success', data, ...more});

/** https://prometheus.io/docs/prometheus/latest/querying/api/#native-histograms */
const histogram = {count: '60', sum: '120', buckets: [[0, '0.1', '0.2', '60']]};

describe('alerts', () => {
	test('have values without exponents', () => {
		const alerts = ['0e+00', '1.5e+02', '9.234567891e-01', '+Inf', 'NaN', ''].map(value => ({state: 'firing', value}));
		const values = decodePrometheusAlerts(response({alerts})).map(({value}) => value);
		expect(values).toEqual(['0', '150', '0.923457', '+Inf', 'NaN', '']);
	});
});

describe('a response of the query API', () => {
	test('counts native histograms separately: they have no single value', () => {
		const vector = response({
			resultType: 'vector',
			result: [
				{metric: {__name__: 'a'}, value: [1_700_000_000.5, '3.09e+00']},
				{metric: {__name__: 'b'}, histogram: [1_700_000_000.5, histogram]},
			],
		});
		expect(decodeQueryResult(vector, 'query')).toEqual({
			kind: 'vector',
			samples: [{labels: {__name__: 'a'}, at: 1_700_000_000_500, value: 3.09}],
			text: '',
			histograms: 1,
			warnings: [],
		});
		const matrix = response({
			resultType: 'matrix',
			result: [
				{
					metric: {i: '1'},
					values: [
						[1, '1'],
						[2, '+Inf'],
						[3, 'NaN'],
					],
				},
				{metric: {i: '2'}, histograms: [[1, histogram]]},
				{metric: {i: '3'}, values: [[1, '-Inf']], histograms: [[2, histogram]]},
			],
		});
		expect(decodeRangeQueryResult(matrix, 'query')).toEqual({
			series: [
				{
					labels: {i: '1'},
					points: [
						{at: 1000, value: 1},
						{at: 2000, value: Number.POSITIVE_INFINITY},
						{at: 3000, value: Number.NaN},
					],
				},
				{labels: {i: '3'}, points: [{at: 1000, value: Number.NEGATIVE_INFINITY}]},
			],
			histograms: 2,
			warnings: [],
		});
		expect(decodeQueryResult(matrix, 'query').samples.map(({at}) => at)).toEqual([3000, 1000]);
	});

	test('has the warnings and infos of the server', () => {
		const scalar = response(
			{resultType: 'scalar', result: [1, '2']},
			{warnings: ['a store did not answer'], infos: ['metric might not be a counter']},
		);
		expect(decodeQueryResult(scalar, 'query')).toMatchObject({
			kind: 'scalar',
			samples: [{labels: {}, at: 1000, value: 2}],
			warnings: ['a store did not answer', 'metric might not be a counter'],
		});
	});

	test.each([
		['nothing', undefined],
		['another shape', {status: 'success', data: {resultType: 'table', result: []}}],
		['an error', {status: 'error', error: 'x'}],
	])('that is %s is malformed', (_, body) => {
		expect(() => decodeQueryResult(body, 'query')).toThrow('not that of a Prometheus');
	});
});
