import {describe, expect, it} from 'vitest';
import type {Severity} from '../../../src/contract/row.ts';
import {bySeverity, worst} from '../../../src/contract/severity.ts';

describe('severity', () => {
	it('goes from crit over warn and unknown to ok', () => {
		const all: Severity[] = ['ok', 'unknown', 'crit', 'warn'];
		expect(all.toSorted(bySeverity)).toEqual(['crit', 'warn', 'unknown', 'ok']);
	});

	it('takes what was not read for worse than ok', () => {
		expect(worst(['ok', 'unknown', 'ok'])).toBe('unknown');
		expect(worst(['unknown', 'warn'])).toBe('warn');
		expect(worst([])).toBe('ok');
	});
});
