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

const moment = Date.UTC(2026, 10, 22, 14, 5, 22);

test('a saved text is for this user alone, under a name that says what it is and when', async () => {
	const path = await saveText(folder, 'Logs of checkout/api-1, 3 pods', ['one', 'zwei ü'], moment);
	expect(basename(path)).toBe('20261122T140522Z-Logs-of-checkout-api-1-3-pods.txt');
	expect(readFileSync(path, 'utf8')).toBe('one\nzwei ü\n');
	expect(statSync(path).mode & 0o777).toBe(0o600);
	expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
});

test('it never takes the place of another', async () => {
	const paths = [];
	for (const text of ['first', 'second', 'third']) paths.push(await saveText(folder, '../..', [text], moment));
	expect(new Set(paths).size).toBe(3);
	expect(paths.map(path => readFileSync(path, 'utf8'))).toEqual(['first\n', 'second\n', 'third\n']);
	expect(paths.map(path => dirname(path))).toEqual(Array(3).fill(join(folder, 'saved')));
});

test('a long one is whole', async () => {
	const lines = Array.from({length: 5001}, (_, index) => `line ${index}`);
	const path = await saveText(folder, 'long', lines, moment);
	expect(readFileSync(path, 'utf8')).toBe(`${lines.join('\n')}\n`);
});
