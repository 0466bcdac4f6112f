import {afterEach, expect, test} from 'vitest';
import {type Deck, deck} from './deck.ts';

const sizes = [
	[250, 70],
	[200, 50],
	[120, 40],
	[80, 24],
	[60, 15],
] as const;

let open: Deck | undefined;
afterEach(async () => {
	await open?.close();
	open = undefined;
});

/** A blank that was written and a cell that was never touched look the same. */
const bare = (screen: string): string =>
	screen
		.split('\n')
		.map(line => line.trimEnd())
		.join('\n');

/** What the screen shows and what it should show: drawn by differences, and drawn anew. */
async function shownAndRedrawn({pty, press}: Deck): Promise<readonly [string, string]> {
	const shown = await pty.still(400);
	press('deck.redraw');
	return [bare(shown), bare(await pty.still(400))];
}

test.each(sizes)('a storm of resizes that ends at %i x %i leaves the screen whole', async (columns, rows) => {
	open = await deck({demo: 'still', columns: 120, rows: 40});
	await open.expect('1 Pods');
	// While the demo's cluster lives through its past nothing is drawn, and what is quiet is not yet what is shown.
	await open.expect('prod-eu  412');
	for (let round = 0; round < 6; round += 1) for (const [width, height] of sizes) open.pty.resize(width, height);
	open.pty.resize(columns, rows);
	await open.expect(screen => screen.split('\n').length === rows && screen.includes('midwatch'));
	const [shown, redrawn] = await shownAndRedrawn(open);
	expect(shown).toBe(redrawn);
	expect(Math.max(...shown.split('\n').map(line => [...line].length))).toBeLessThanOrEqual(columns);
	// The last line is the footer's: nothing was pushed off the screen.
	expect(shown.split('\n').at(-1)).toContain('help');
});
