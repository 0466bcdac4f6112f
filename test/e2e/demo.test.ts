import {afterEach, expect, test} from 'vitest';
import {type ConsoleProcess, startConsole} from './console-process.ts';

let open: ConsoleProcess | undefined;
afterEach(async () => {
	await open?.close();
	open = undefined;
});

test('the demo opens on all six panes, and leaves the terminal as it was', async () => {
	open = await startConsole({demo: 'still', columns: 200, rows: 50});
	for (const title of ['1 Pods', '2 Top', '3 Slow queries', '4 Redis memory', '5 Consumer lag', '6 Targets']) {
		await open.expect(title);
	}
	expect(await open.quit()).toEqual({code: 0});
	expect(open.pty.output()).not.toMatch(/undefined|\[object|NaN/);
});

test('help is opened and left by its keys', async () => {
	open = await startConsole({demo: 'still'});
	await open.expect('1 Pods');
	open.press('deck.help');
	await open.expect('Next pane');
	open.press('deck.back');
	await open.expectAbsent('Next pane');
});
