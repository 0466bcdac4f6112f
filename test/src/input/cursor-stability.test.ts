import {expect, test} from 'vitest';
import {createCursorStability, stableAfterMs} from '../../../src/input/cursor-stability.ts';
import {createFakeClock} from '../../fake-clock.ts';

test('a clock that is set back does not block actions on the row under the cursor', async () => {
	const clock = createFakeClock();
	const steadiness = createCursorStability(clock);
	const row = 'probe.row/db/a' as const;
	steadiness.painted('p', {rows: 1, rowsAt: [0], cursorRow: 0, selected: row});
	expect(steadiness.isStable('p', row)).toBe(false);
	clock.set(-7_200_000);
	await clock.advance(stableAfterMs);
	expect(steadiness.isStable('p', row)).toBe(true);
});
