import {execFileSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {
	checkLayoutVersion,
	LayoutVersionError,
	layoutVersion,
	recordLayoutVersion,
} from '../../../src/state/layout-version.ts';
import {scratchDir} from './scratch-dir.ts';

describe('the version of the state directory', () => {
	test('is written once, also into a directory that does not exist yet, and accepted', async () => {
		const stateDir = join(await scratchDir(), 'midwatch');
		checkLayoutVersion(stateDir);
		expect(existsSync(stateDir)).toBe(false);
		await recordLayoutVersion(stateDir);
		const file = join(stateDir, 'state.json');
		expect(readFileSync(file, 'utf8')).toBe(`{"version":${layoutVersion}}\n`);
		const {ino} = statSync(file);
		await recordLayoutVersion(stateDir);
		checkLayoutVersion(stateDir);
		expect(statSync(file).ino).toBe(ino);
		expect(readdirSync(stateDir)).toEqual(['state.json']);
	});

	test('of a newer midwatch is refused, and stays', async () => {
		const stateDir = await scratchDir();
		const newer = `{"version":${layoutVersion + 1},"more":true}`;
		writeFileSync(join(stateDir, 'state.json'), newer);
		expect(() => checkLayoutVersion(stateDir)).toThrow(
			new LayoutVersionError(
				`${stateDir}/state.json: version is 2, written by a newer midwatch, and must be at most 1: use that midwatch, or another directory with XDG_STATE_HOME`,
			),
		);
		await recordLayoutVersion(stateDir);
		expect(readFileSync(join(stateDir, 'state.json'), 'utf8')).toBe(newer);
	});

	test.each([
		['empty', ''],
		['not JSON', '{"version":'],
		['null', 'null'],
		['another form', '{"version":"2"}'],
		['too large', `{"version":2,"more":"${'x'.repeat(5000)}"}`],
	])('is written again when the file is damaged: %s', async (_, text) => {
		const stateDir = await scratchDir();
		writeFileSync(join(stateDir, 'state.json'), text);
		checkLayoutVersion(stateDir);
		await recordLayoutVersion(stateDir);
		expect(readFileSync(join(stateDir, 'state.json'), 'utf8')).toBe(`{"version":${layoutVersion}}\n`);
	});

	test('is not waited for where a FIFO is in its place', async () => {
		const stateDir = await scratchDir();
		execFileSync('/usr/bin/mkfifo', [join(stateDir, 'state.json')]);
		checkLayoutVersion(stateDir);
	});
});
