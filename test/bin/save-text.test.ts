import {mkdtempSync, readFileSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, dirname, join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {saveText} from '../../bin/save-text.ts';

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'midwatch-saved-'));
});
afterEach(() => rmSync(folder, {recursive: true, force: true}));

const now = Date.UTC(2026, 10, 22, 14, 5, 22);

test('a saved text is readable by this user alone, and its name has the time and the title', async () => {
	const path = await saveText(folder, 'Logs of checkout/api-1, 3 pods', ['one', 'zwei ü'], now);
	expect(basename(path)).toBe('20261122T140522Z-Logs-of-checkout-api-1-3-pods.txt');
	expect(readFileSync(path, 'utf8')).toBe('one\nzwei ü\n');
	expect(statSync(path).mode & 0o777).toBe(0o600);
	expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
});

test('a second file of the same name does not overwrite the first', async () => {
	const paths = [];
	for (const text of ['first', 'second', 'third']) paths.push(await saveText(folder, '../..', [text], now));
	expect(new Set(paths).size).toBe(3);
	expect(paths.map(path => readFileSync(path, 'utf8'))).toEqual(['first\n', 'second\n', 'third\n']);
	expect(paths.map(path => dirname(path))).toEqual(Array(3).fill(join(folder, 'saved')));
});

test('a long text is written completely', async () => {
	const lines = Array.from({length: 5001}, (_, index) => `line ${index}`);
	const path = await saveText(folder, 'long', lines, now);
	expect(readFileSync(path, 'utf8')).toBe(`${lines.join('\n')}\n`);
});
