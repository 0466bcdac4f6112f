import {
	chmodSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {crc32} from 'node:zlib';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest';
import {saveCodeCache} from '../../bin/code-cache.ts';
import {type BuiltProgram, buildAlone} from '../e2e/built-program.ts';
import type {Pty} from '../e2e/pty.ts';
import {startBuilt, waitForFile} from './first-frame.ts';

describe('saveCodeCache', () => {
	let home: string;
	let folder: string;
	beforeEach(() => {
		home = mkdtempSync(join(tmpdir(), 'midwatch-code-'));
		folder = join(home, 'cache', 'midwatch');
	});
	afterEach(() => rmSync(home, {recursive: true, force: true}));

	const file = (name = 'code-new-v24.bin') => join(folder, name);
	const save = (bytes: number, cachedBytes: number, name?: string) =>
		saveCodeCache({file: file(name), cachedBytes, createCachedData: () => Buffer.alloc(bytes, 7)});

	test('writes the cache with its checksum, readable by this user alone, and leaves no draft', async () => {
		expect(await save(1000, 0)).toBe(true);
		const written = readFileSync(file());
		expect(written.length).toBe(1004);
		expect(written.readUInt32LE(1000)).toBe(crc32(written.subarray(0, 1000)));
		expect(statSync(file()).mode & 0o777).toBe(0o600);
		expect(statSync(folder).mode & 0o777).toBe(0o700);
		expect(readdirSync(folder)).toHaveLength(1);
	});

	test('replaces a cache that is a tenth smaller, and leaves one that is nearly as large', async () => {
		await save(1000, 0);
		expect(await save(1090, 1000)).toBe(false);
		expect(statSync(file()).size).toBe(1004);
		expect(await save(1200, 1000)).toBe(true);
		expect(statSync(file()).size).toBe(1204);
	});

	test('of several writers at once one wins, and its file is complete', async () => {
		const results = await Promise.all([1000, 2000, 3000].map(bytes => save(bytes, 0)));
		expect(results).toContain(true);
		const written = readFileSync(file());
		expect(written.readUInt32LE(written.length - 4)).toBe(crc32(written.subarray(0, -4)));
		expect(readdirSync(folder)).toHaveLength(1);
	});

	test('retains the caches of the last few builds, and other files', async () => {
		mkdirSync(folder, {recursive: true});
		for (let age = 1; age <= 6; age += 1) {
			const name = file(`code-old${age}-v24.bin`);
			writeFileSync(name, '');
			utimesSync(name, 1_000_000 - age, 1_000_000 - age);
		}
		writeFileSync(file('notes.txt'), '');
		await save(1000, 0);
		expect(readdirSync(folder).toSorted()).toEqual([
			'code-new-v24.bin',
			'code-old1-v24.bin',
			'code-old2-v24.bin',
			'code-old3-v24.bin',
			'notes.txt',
		]);
	});

	test('writes nothing to a folder that others can write, to one that cannot be written, or without a path', async () => {
		mkdirSync(folder, {recursive: true});
		chmodSync(folder, 0o777);
		expect(await save(1000, 0)).toBe(false);
		expect(readdirSync(folder)).toEqual([]);
		writeFileSync(join(home, 'file'), '');
		expect(
			await saveCodeCache({
				file: join(home, 'file', 'code.bin'),
				cachedBytes: 0,
				createCachedData: () => Buffer.alloc(9),
			}),
		).toBe(false);
		expect(await saveCodeCache({file: undefined, cachedBytes: 0, createCachedData: () => Buffer.alloc(9)})).toBe(false);
		expect(await saveCodeCache(undefined)).toBe(false);
	});
});

describe('the built console', () => {
	let midwatch: BuiltProgram;
	const open: Pty[] = [];
	beforeAll(() => {
		midwatch = buildAlone();
	});
	afterEach(async () => {
		for (const pty of open.splice(0)) await pty.close();
	});
	afterAll(() => midwatch.remove());

	const folder = () => join(midwatch.home, '.cache', 'midwatch');
	const caches = () => readdirSync(folder()).map(name => join(folder(), name));
	async function start() {
		const {pty, first} = await startBuilt(midwatch, 'still');
		open.push(pty);
		return {pty, code: first.code};
	}

	test('writes its code cache while it runs, and the next start uses it', async () => {
		await midwatch.run(['--version']);
		const {pty, code} = await start();
		expect(code).toBe('none');
		await waitForFile(folder());
		await expect.poll(caches).toEqual([expect.stringMatching(/code-[0-9a-f]{16}-v[\d.]+-\w+\.bin$/)]);
		await pty.close();
		expect((await start()).code).toBe('taken');
	});

	test('does not use a damaged cache, and replaces it', async () => {
		const [file = ''] = caches();
		const damaged = readFileSync(file);
		damaged.fill(0, damaged.length >> 1);
		writeFileSync(file, damaged);
		const {pty, code} = await start();
		expect(code).toBe('none');
		await expect.poll(() => readFileSync(file).subarray(-4).equals(Buffer.alloc(4))).toBe(false);
		await pty.close();
		expect((await start()).code).toBe('taken');
	});

	test('does not use a cache that others could have written', async () => {
		chmodSync(folder(), 0o777);
		expect((await start()).code).toBe('none');
		chmodSync(folder(), 0o700);
		for (const file of caches()) chmodSync(file, 0o622);
		expect((await start()).code).toBe('none');
	});
});
