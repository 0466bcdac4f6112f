import {describe, expect, it} from 'vitest';
import type {Severity} from '../../../src/contract/row.ts';
import {compareSeverity, worstSeverity} from '../../../src/contract/severity.ts';

describe('severity', () => {
	it('is ordered crit, warn, unknown, ok', () => {
		const all: Severity[] = ['ok', 'unknown', 'crit', 'warn'];
		expect(all.toSorted(compareSeverity)).toEqual(['crit', 'warn', 'unknown', 'ok']);
	});

	it('treats unknown as worse than ok', () => {
		expect(worstSeverity(['ok', 'unknown', 'ok'])).toBe('unknown');
		expect(worstSeverity(['unknown', 'warn'])).toBe('warn');
		expect(worstSeverity([])).toBe('ok');
	});
});
