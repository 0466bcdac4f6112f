import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';

const repository = fileURLToPath(new URL('..', import.meta.url));
let folder: string;

/** Runs vitest as a child process on one test file. @returns its output, the last line of it, and the exit code. */
function run(source: string, env: Record<string, string> = {}): {last: string; text: string; code: number | null} {
	writeFileSync(join(folder, 'some.test.ts'), `import {beforeAll, expect, test} from 'vitest';\n${source}`);
	const {MIDWATCH_REQUIRE: _, ...inherited} = process.env;
	const done = spawnSync(
		process.execPath,
		[join(repository, 'node_modules/vitest/vitest.mjs'), 'run', '--config', join(folder, 'vitest.config.mjs')],
		{cwd: folder, encoding: 'utf8', env: {...inherited, ...env}},
	);
	return {last: done.stdout.trimEnd().split('\n').at(-1) ?? '', text: done.stdout, code: done.status};
}

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'midwatch-reporter-'));
	symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
	const reporter = JSON.stringify(join(repository, 'test/reporter.ts'));
	writeFileSync(
		join(folder, 'vitest.config.mjs'),
		`import {SummaryReporter} from ${reporter};
		export default {test: {reporters: ['default', new SummaryReporter()], pool: 'forks'}};`,
	);
});

afterAll(() => rmSync(folder, {recursive: true, force: true}));

describe('the summary', () => {
	test('counts, and says why a test was skipped', () => {
		// A program under test: it skips so that the reporter has a reason to show.
		const seen = run("test('good', () => {}); test('other', context => context.skip('no server here'));");
		expect(seen.last).toBe('1 passed, 0 failed, 1 skipped');
		expect(seen.text).toContain('some.test.ts > other: no server here');
		expect(seen.code).toBe(0);
	});

	test('counts a failed test', () => {
		// A program under test: it skips so that the reporter has a reason to show.
		const seen = run("test('good', () => {}); test('bad', () => expect(1).toBe(2));");
		expect(seen.last).toBe('1 passed, 1 failed, 0 skipped');
		expect(seen.text).toContain('\nFailed:\n  some.test.ts > bad: expected 1 to be 2 // Object.is equality\n');
		expect(seen.code).toBe(1);
	});

	test('counts a file that does not load', () => {
		const seen = run("throw new Error('broken');");
		expect(seen.last).toBe('0 passed, 1 failed, 0 skipped');
		expect(seen.text).toContain('\nFailed:\n  some.test.ts > (file): broken\n');
		expect(seen.code).toBe(1);
	});

	test('counts a hook that fails', () => {
		const seen = run("beforeAll(() => {throw new Error('no')}); test('never', () => {});");
		expect(seen.last).toMatch(/^0 passed, [1-9] failed, \d skipped$/);
		expect(seen.code).toBe(1);
	});

	test('shows the error of a hook', () => {
		const seen = run(
			"import {describe} from 'vitest'; describe('a', () => {beforeAll(() => {throw new Error('no disk')}); test('b', () => {});});",
		);
		expect(seen.text).toContain('\nFailed:\n  some.test.ts > (file): no disk\n');
	});

	test('fails on a skipped test when everything is required', () => {
		// A program under test: it skips where nothing may be skipped.
		const seen = run("test('other', context => context.skip('no server here'));", {MIDWATCH_REQUIRE: 'all'});
		expect(seen.last).toBe('0 passed, 1 failed, 0 skipped');
		expect(seen.code).toBe(1);
	});
});
