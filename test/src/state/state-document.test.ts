import {execFile} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {describe, expect, test} from 'vitest';
import * as z from 'zod';
import {stateLayout} from '../../../src/state/layout.ts';
import {createStateDocument} from '../../../src/state/state-document.ts';
import {scratchDir} from './scratch-dir.ts';

const {maxBytes} = stateLayout.approvedPrograms;

/** A document that is a list of words, in a state directory that does not exist yet. */
async function openFixture() {
	const stateDir = join(await scratchDir(), 'midwatch');
	const path = join(stateDir, 'approved-programs.json');
	const reports: string[] = [];
	const report = (text: string) => void reports.push(text);
	const open = () =>
		createStateDocument<readonly string[]>(stateDir, 'approvedPrograms', {
			schema: z.array(z.string()),
			initial: [],
			report,
		});
	const write = (text: string, mode = 0o600) => {
		mkdirSync(stateDir, {recursive: true});
		writeFileSync(path, text, {mode});
	};
	return {stateDir, path, reports, open, document: open(), write, stored: () => JSON.parse(readFileSync(path, 'utf8'))};
}

describe('a document', () => {
	test('has its initial value without a file, and reading creates none', async () => {
		const {document, stateDir} = await openFixture();
		expect(await document.read()).toEqual([]);
		expect(existsSync(stateDir)).toBe(false);
	});

	test('is changed, read by another console, and leaves only its file and the lock', async () => {
		const {document, open, stateDir, path, reports} = await openFixture();
		expect(await document.update(words => [...words, 'one'])).toEqual(['one']);
		expect(await open().update(words => [...words, 'two'])).toEqual(['one', 'two']);
		expect(await document.read()).toEqual(['one', 'two']);
		expect(readdirSync(stateDir).sort()).toEqual(['approved-programs.json', 'documents.lock']);
		expect([path, stateDir].map(of => statSync(of).mode & 0o777)).toEqual([0o600, 0o700]);
		expect(reports).toEqual([]);
	});

	test('loses no update of several processes at the same time', async () => {
		const {document, stateDir} = await openFixture();
		const program = fileURLToPath(new URL('count-up.ts', import.meta.url));
		const run = (name: string) => promisify(execFile)(process.execPath, [program, stateDir, name, '10']);
		const runs = await Promise.all(['a', 'b', 'c'].map(run));
		for (const {stderr} of runs) expect(stderr).not.toContain('renamed');
		const entries = await document.read();
		expect(new Set(entries).size).toBe(30);
		for (const name of ['a', 'b', 'c'])
			expect(entries.filter(entry => entry.startsWith(name))).toEqual(
				Array.from({length: 10}, (_, at) => `${name}${at + 1}`),
			);
	});

	test('is changed again from the present value when the lock was lost before it was written', async () => {
		const {document, write, stateDir, stored} = await openFixture();
		write('["before"]');
		const seen: (readonly string[])[] = [];
		await document.update(words => {
			seen.push(words);
			if (seen.length === 1) {
				// Another console took the lock while this one slept, and wrote.
				rmSync(join(stateDir, 'documents.lock'));
				write('["other"]');
			}
			return [...words, 'mine'];
		});
		expect(seen).toEqual([['before'], ['other']]);
		expect(stored()).toEqual(['other', 'mine']);
	});

	test('stays as it is when the change throws or the new value is too large', async () => {
		const {document, stored} = await openFixture();
		await document.update(() => ['first']);
		const failing = document.update(() => {
			throw new Error('no');
		});
		await expect(failing).rejects.toThrow('no');
		await expect(document.update(() => ['x'.repeat(maxBytes)])).rejects.toThrow(`and must have at most ${maxBytes}`);
		expect(stored()).toEqual(['first']);
		expect(await document.update(words => [...words, 'more'])).toEqual(['first', 'more']);
	});
});

describe('a broken document', () => {
	const broken = [
		['empty', '', 'is not JSON'],
		['not JSON', '["one",', 'is not JSON'],
		['not of the schema', '["one", 2]', 'has unexpected contents at 1'],
		['too large', JSON.stringify(['x'.repeat(maxBytes)]), 'is larger than 1 MB'],
	] as const;

	test.each(broken)('is set aside and reported once: %s', async (_, text, problem) => {
		const {document, open, write, path, reports, stateDir} = await openFixture();
		write(text);
		expect(await document.read()).toEqual([]);
		expect(reports).toEqual([`${path} ${problem}: it was renamed to ${path}.broken, and starts empty`]);
		expect(readFileSync(`${path}.broken`, 'utf8')).toBe(text);
		expect(await document.read()).toEqual([]);
		expect(await open().read()).toEqual([]);
		expect(reports).toHaveLength(1);
		expect(readdirSync(stateDir)).not.toContain('approved-programs.json');
	});

	test.each(broken)('is set aside before it is changed: %s', async (_, text) => {
		const {document, write, path, reports, stored} = await openFixture();
		write(text);
		expect(await document.update(words => [...words, 'new'])).toEqual(['new']);
		expect(stored()).toEqual(['new']);
		expect(readFileSync(`${path}.broken`, 'utf8')).toBe(text);
		expect(reports).toHaveLength(1);
	});

	test('that cannot be set aside is reported once, and never overwritten', async () => {
		const {document, write, path, reports} = await openFixture();
		write('no');
		mkdirSync(`${path}.broken`);
		expect(await document.read()).toEqual([]);
		expect(await document.read()).toEqual([]);
		expect(reports).toEqual([expect.stringMatching(/ is not JSON, and cannot be renamed: EISDIR/)]);
		await expect(document.update(() => ['new'])).rejects.toThrow('EISDIR');
		expect(readFileSync(path, 'utf8')).toBe('no');
	});

	test('is not one that others can read or write: that is refused until its mode is corrected', async () => {
		const {document, write, path, reports} = await openFixture();
		write('["first"]');
		for (const mode of [0o640, 0o606]) {
			chmodSync(path, mode);
			const says = `${path}: can be read by others (mode ${mode.toString(8)}): chmod 600 ${path}`;
			await expect(document.read()).rejects.toThrow(says);
			await expect(document.update(() => [])).rejects.toThrow(says);
		}
		chmodSync(path, 0o600);
		expect(await document.read()).toEqual(['first']);
		expect(reports).toEqual([]);
	});
});
