import {afterEach, expect, test} from 'vitest';
import {type Deck, deck} from './console-process.ts';

let open: Deck | undefined;
afterEach(async () => {
	await open?.close();
	open = undefined;
});

test('the demo opens on all six panes, and leaves the terminal as it was', async () => {
	open = await deck({demo: 'still', columns: 200, rows: 50});
	for (const title of ['1 Pods', '2 Top', '3 Slow queries', '4 Redis memory', '5 Consumer lag', '6 Targets']) {
		await open.expect(title);
	}
	expect(await open.quit()).toEqual({code: 0});
	expect(open.pty.output()).not.toMatch(/undefined|\[object|NaN/);
});

test('help is opened and left by its keys', async () => {
	open = await deck({demo: 'still'});
	await open.expect('1 Pods');
	open.press('deck.help');
	await open.expect('Next pane');
	open.press('deck.back');
	await open.gone('Next pane');
});
