import {expect} from 'vitest';
import type {ConsoleProcess} from '../console-process.ts';

/**
 * Clears the screen, colours by a C1 control, sets the window's title, turns the reading order, and has a letter that cannot be seen. On the
 * screen it is `evil<202e><200b>`.
 */
export const hostileName = 'ev\u001b[2J\u009b31m\u001b]0;taken\u0007il\u202e\u200b';
export const fiveMegabytes = 5 * 1024 * 1024;

/** Expects that no control sequence of the hostile text has reached the terminal. */
export function expectSanitized(open: ConsoleProcess): void {
	expect(open.pty.output()).not.toMatch(/\u001b\[2J|\u009b|\u001b\]0;|\u202e|\u200b/);
}

/** Expects that `midwatch snapshot` prints no control sequence either. */
export async function expectSanitizedSnapshot(open: ConsoleProcess): Promise<void> {
	const {out, err} = open.runCommand('snapshot', '--json', '--config', `${open.home}/midwatch.yaml`);
	expect(err).toBe('');
	const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e\u200b]/;
	expect(out).not.toMatch(controls);
	// Also after parsing: JSON may contain a control character as an escape.
	const texts: string[] = [];
	JSON.parse(out, (name, value: unknown) => {
		texts.push(name, ...(typeof value === 'string' ? [value] : []));
		return value;
	});
	expect(texts.filter(text => text.includes('evil')).length).toBeGreaterThan(0);
	expect(texts.filter(text => controls.test(text))).toEqual([]);
}
