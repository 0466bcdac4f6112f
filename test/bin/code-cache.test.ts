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

describe('keeping compiled code', () => {
	let home: string;
	let folder: string;
	beforeEach(() => {
		home = mkdtempSync(join(tmpdir(), 'midwatch-code-'));
		folder = join(home, 'cache', 'midwatch');
	});
	afterEach(() => rmSync(home, {recursive: true, force: true}));

	const file = (name = 'code-new-v24.bin') => join(folder, name);
	const keep = (bytes: number, kept: number, name?: string) =>
		saveCodeCache({file: file(name), kept, compiled: () => Buffer.alloc(bytes, 7)});

	test('writes it with its checksum, for this user alone, and leaves nothing else', async () => {
		expect(await keep(1000, 0)).toBe(true);
		const found = readFileSync(file());
		expect(found.length).toBe(1004);
		expect(found.readUInt32LE(1000)).toBe(crc32(found.subarray(0, 1000)));
		expect(statSync(file()).mode & 0o777).toBe(0o600);
		expect(statSync(folder).mode & 0o777).toBe(0o700);
		expect(readdirSync(folder)).toHaveLength(1);
	});

	test('replaces what is much less, and leaves alone what is as good', async () => {
		await keep(1000, 0);
		expect(await keep(1090, 1000)).toBe(false);
		expect(statSync(file()).size).toBe(1004);
		expect(await keep(1200, 1000)).toBe(true);
		expect(statSync(file()).size).toBe(1204);
	});

	test('of two at once one wins, whole', async () => {
		const both = await Promise.all([1000, 2000, 3000].map(bytes => keep(bytes, 0)));
		expect(both).toContain(true);
		const found = readFileSync(file());
		expect(found.readUInt32LE(found.length - 4)).toBe(crc32(found.subarray(0, -4)));
		expect(readdirSync(folder)).toHaveLength(1);
	});

	test('keeps that of the last few builds, and other files', async () => {
		mkdirSync(folder, {recursive: true});
		for (let age = 1; age <= 6; age += 1) {
			const name = file(`code-old${age}-v24.bin`);
			writeFileSync(name, '');
			utimesSync(name, 1_000_000 - age, 1_000_000 - age);
		}
		writeFileSync(file('notes.txt'), '');
		await keep(1000, 0);
		expect(readdirSync(folder).toSorted()).toEqual([
			'code-new-v24.bin',
			'code-old1-v24.bin',
			'code-old2-v24.bin',
			'code-old3-v24.bin',
			'notes.txt',
		]);
	});

	test('writes nothing where others may write, where nothing can be written, and without a place', async () => {
		mkdirSync(folder, {recursive: true});
		chmodSync(folder, 0o777);
		expect(await keep(1000, 0)).toBe(false);
		expect(readdirSync(folder)).toEqual([]);
		writeFileSync(join(home, 'file'), '');
		expect(await saveCodeCache({file: join(home, 'file', 'code.bin'), kept: 0, compiled: () => Buffer.alloc(9)})).toBe(
			false,
		);
		expect(await saveCodeCache({file: undefined, kept: 0, compiled: () => Buffer.alloc(9)})).toBe(false);
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
	const kept = () => readdirSync(folder()).map(name => join(folder(), name));
	async function start() {
		const {pty, first} = await startBuilt(midwatch, 'still');
		open.push(pty);
		return {pty, code: first.code};
	}

	test('keeps its code while it runs, and the next start takes it', async () => {
		await midwatch.run(['--version']);
		const {pty, code} = await start();
		expect(code).toBe('none');
		await waitForFile(folder());
		await expect.poll(kept, {timeout: 30_000}).toEqual([expect.stringMatching(/code-[0-9a-f]{16}-v[\d.]+-\w+\.bin$/)]);
		await pty.close();
		expect((await start()).code).toBe('taken');
	});

	test('a damaged one is not taken, and mended', async () => {
		const [file = ''] = kept();
		const whole = readFileSync(file);
		const damaged = Buffer.from(whole);
		damaged.fill(0, whole.length >> 1);
		writeFileSync(file, damaged);
		const {pty, code} = await start();
		expect(code).toBe('none');
		await expect.poll(() => readFileSync(file).subarray(-4).equals(Buffer.alloc(4)), {timeout: 30_000}).toBe(false);
		await pty.close();
		expect((await start()).code).toBe('taken');
	});

	test('what others could have written is not taken', async () => {
		chmodSync(folder(), 0o777);
		expect((await start()).code).toBe('none');
		chmodSync(folder(), 0o700);
		for (const file of kept()) chmodSync(file, 0o622);
		expect((await start()).code).toBe('none');
	});
});
