import {describe, expect, test} from 'vitest';
import type {DocumentLine} from '../../../../src/contract/document.ts';
import {parseExposition} from '../../../../src/model/prometheus/exposition.ts';
import {errorLines, familyLines} from '../../../../src/model/prometheus/metrics-page.ts';

function shown(page: string): {readonly lines: readonly string[]; readonly pauses: number} {
	const work = familyLines(parseExposition(page));
	let pauses = 0;
	for (;;) {
		const {done, value} = work.next();
		if (done) return {lines: value.map((line: DocumentLine) => line.text), pauses};
		pauses += 1;
	}
}

describe('a page of metrics', () => {
	test('is shown by family with type, unit and help', () => {
		const page = [
			'# HELP wait_seconds Time\\nwaited',
			'# TYPE wait_seconds histogram',
			'# UNIT wait_seconds seconds',
			'wait_seconds_bucket{le="1"} 3 # {trace_id="t"} 0.5',
			'wait_seconds_bucket{le="+Inf"} 4',
			'wait_seconds_sum 3.05',
			'wait_seconds_count 4',
			'# TYPE up gauge',
			'up 1 1700000000.5',
			'bare{a="\\"",b="\\n"} NaN',
			'# EOF',
		].join('\n');
		expect(shown(page).lines).toEqual([
			'wait_seconds  histogram, seconds, 4 series  Time waited',
			'  wait_seconds_bucket{le="1"}  3  for example {trace_id="t"} 0.5',
			'  wait_seconds_bucket{le="+Inf"}  4',
			'  wait_seconds_sum  3.05',
			'  wait_seconds_count  4',
			'up  gauge',
			'  up  1  at 2023-11-14T22:13:20.500Z',
			'bare  unknown',
			'  bare{a="\\"", b="\\n"}  NaN',
		]);
	});

	test('that is too long to read is cut, and says by how much', () => {
		const {lines, pauses} = shown(Array.from({length: 30_000}, (_, index) => `a{i="${index}"} 1`).join('\n'));
		expect(lines).toHaveLength(20_001);
		expect(lines.at(-1)).toBe('… 10,001 more series, not shown: read the page with curl');
		expect(pauses).toBeGreaterThan(5);
	});

	test('lists the lines that are wrong', () => {
		expect(errorLines(parseExposition('a 1\n'))).toEqual([]);
		expect(errorLines(parseExposition('a 1\na{ 2\nb x\n')).map(({text}) => text)).toEqual([
			'2 lines are wrong: Prometheus takes nothing of such a page',
			'  line 2: 2 where the name of a label is expected',
			'    a{ 2',
			'  line 3: the value x is no number',
			'    b x',
			'',
		]);
		const many = errorLines(parseExposition('a x\n'.repeat(500)));
		expect(many.at(-2)?.text).toBe('  … 400 more');
	});
});
