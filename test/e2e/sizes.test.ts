import {afterEach, expect, test} from 'vitest';
import {type ConsoleProcess, startConsole} from './console-process.ts';

const sizes = [
	[250, 70],
	[200, 50],
	[120, 40],
	[80, 24],
	[60, 15],
] as const;

let open: ConsoleProcess | undefined;
afterEach(async () => {
	await open?.close();
	open = undefined;
});

/** What fits into the columns: the emulator keeps cells that it no longer shows. A blank that was written is no other than one that was erased. */
const seen = (screen: string, columns: number): string =>
	screen
		.split('\n')
		.map(line => [...line].slice(0, columns).join('').trimEnd())
		.join('\n');

/** What the screen shows and what it should show: drawn by differences, and drawn completely. */
async function shownAndRedrawn({pty, press}: ConsoleProcess, columns: number): Promise<readonly [string, string]> {
	const shown = await pty.waitUntilIdle(400);
	press('deck.redraw');
	return [seen(shown, columns), seen(await pty.waitUntilIdle(400), columns)];
}

test.each(sizes)('a storm of resizes that ends at %i x %i leaves the screen complete', async (columns, rows) => {
	open = await startConsole({demo: 'still', columns: 120, rows: 40});
	await open.expect('1 Pods');
	for (let round = 0; round < 6; round += 1) for (const [width, height] of sizes) open.pty.resize(width, height);
	open.pty.resize(columns, rows);
	await open.expect(screen => screen.split('\n').length === rows && screen.includes('midwatch'));
	// What is still to come would stand on the second screen alone.
	await open.expect(screen => !/connecting|reading:/.test(screen));
	const [shown, redrawn] = await shownAndRedrawn(open, columns);
	expect(shown).toBe(redrawn);
	// The last line is the footer's: nothing was pushed off the screen.
	expect(shown.split('\n').at(-1)).toContain('help');
});
