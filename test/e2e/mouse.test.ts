import {appendFileSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, expect, test} from 'vitest';
import {describeRedis} from '../estate/describe-server.ts';
import {writeConfig} from '../estate/target-config.ts';
import {type ConsoleProcess, startConsole} from './console-process.ts';

describeRedis('redis', 'the mouse', server => {
	let open: ConsoleProcess | undefined;
	let home = '';
	afterEach(async () => {
		await open?.close();
		open = undefined;
		rmSync(home, {recursive: true, force: true});
	});

	async function opened(more: string): Promise<ConsoleProcess> {
		home = mkdtempSync(join(tmpdir(), 'midwatch-e2e-'));
		const file = writeConfig([server], {open: [], folder: join(home, 'config')});
		appendFileSync(file, more);
		open = await startConsole({file, home});
		await open.expect('allkeys-lru');
		return open;
	}

	/** The row of the screen with the cursor. */
	const cursor = (one: ConsoleProcess) => one.pty.find('▸')?.row ?? -1;

	test('is taken with one setting: a click goes to a row, the wheel scrolls, and the first click says how text is selected', async () => {
		const one = await opened('mouse: true\n');
		const hint = 'hold shift, on a Mac option, to select text';
		const before = cursor(one);
		one.pty.send('\u001b[<65;10;10M');
		await one.expect(() => cursor(one) > before);
		expect(one.pty.screen()).not.toContain(hint);
		one.pty.send(`\u001b[<0;10;${before + 1}M\u001b[<0;10;${before + 1}m`);
		await one.expect(() => cursor(one) === before);
		await one.expect(hint);
		one.press('row.down');
		await one.expectAbsent(hint);
		one.pty.send(`\u001b[<0;10;${before + 1}M`);
		await one.expect(() => cursor(one) === before);
		expect(one.pty.screen()).not.toContain(hint);
		one.press('deck.help');
		await one.expect('Next pane');
		one.press('text.last');
		await one.expect('the terminal then selects text only with shift held');
		one.press('deck.back');
		expect(await one.quit()).toEqual({code: 0});
		const output = one.pty.output();
		for (const mode of ['1000', '1006'])
			expect(output.lastIndexOf(`\u001b[?${mode}l`)).toBeGreaterThan(output.lastIndexOf(`\u001b[?${mode}h`));
	});

	test('is left to the terminal without it', async () => {
		const one = await opened('');
		expect(await one.quit()).toEqual({code: 0});
		expect(one.pty.output()).not.toMatch(/\u001b\[\?100[0-36]h/);
	});
});
