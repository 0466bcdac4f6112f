import {describe, expect, test} from 'vitest';
import {parseQueryComparison, parseQueryErrorPosition} from '../../../../src/model/prometheus/promql-expression.ts';

describe('where a mistake is', () => {
	test.each([
		[
			'query: host:9090 answers with status 400: invalid parameter "query": 1:46: parse error: unexpected <by> in aggregation',
			{line: 1, column: 46, message: 'unexpected <by> in aggregation'},
		],
		['2:3: parse error: unexpected end of input', {line: 2, column: 3, message: 'unexpected end of input'}],
		['query processing would load too many samples into memory', undefined],
	])('%s', (said, wanted) => {
		expect(parseQueryErrorPosition(said)).toEqual(wanted);
	});
});

describe('the left side and the limit of an alert expression', () => {
	test.each([
		['node_load1 > 0.9', {left: 'node_load1', operator: '>', limit: 0.9}],
		['up == 0', {left: 'up', operator: '==', limit: 0}],
		[
			'(sum(rate(errors_total[5m])) by (job)) >= 1e-3',
			{left: '(sum(rate(errors_total[5m])) by (job))', operator: '>=', limit: 0.001},
		],
		['(a / b > 5)', {left: 'a / b', operator: '>', limit: 5}],
		['free_bytes < 2 * 1024 * 1024', {left: 'free_bytes', operator: '<', limit: 2_097_152}],
		['a{path=~"x>1"} > -1', {left: 'a{path=~"x>1"}', operator: '>', limit: -1}],
		['count(a > 3) > 2 # more than one', undefined],
		['# not (yet\nup == 0', {left: '# not (yet\nup', operator: '==', limit: 0}],
		['a{x="} > 0"} > 1', {left: 'a{x="} > 0"}', operator: '>', limit: 1}],
		['a{x="\\"> 1"} > 2', {left: 'a{x="\\"> 1"}', operator: '>', limit: 2}],
		['a{x=`\\`} > 2', {left: 'a{x=`\\`}', operator: '>', limit: 2}],
		['count(a > 3) > 2', {left: 'count(a > 3)', operator: '>', limit: 2}],
	])('are found in %s', (expression, wanted) => {
		expect(parseQueryComparison(expression)).toEqual(wanted);
	});

	test.each([
		'up',
		'a > b',
		'a > 1 and b < 2',
		'a > bool 1',
		'a > on(job) 1',
		'a > 1 < 2',
		'(a) > (b)',
		'a > (1',
		'absent(up{job="x"})',
		'> 1',
		'',
	])('are not found in %s', expression => {
		expect(parseQueryComparison(expression)).toBeUndefined();
	});
});
