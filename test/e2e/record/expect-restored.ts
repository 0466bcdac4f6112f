import {expect} from 'vitest';
import type {Pty} from '../pty.ts';

/** Every mode that was switched on is off again, and nothing was drawn after that. */
export function expectRestored({pty}: {readonly pty: Pty}): void {
	const output = pty.output();
	for (const mode of ['1049', '25', '7', '2004']) {
		const [on, off] = mode === '25' || mode === '7' ? ['l', 'h'] : ['h', 'l'];
		expect(output.lastIndexOf(`\u001b[?${mode}${off}`)).toBeGreaterThan(output.lastIndexOf(`\u001b[?${mode}${on}`));
	}
	expect(pty.alternate).toBe(false);
}
