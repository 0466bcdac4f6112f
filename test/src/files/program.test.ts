import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {findProgram, workingDirectory} from '../../../src/files/find-program.ts';
import {createTestEnvironment, writeTestFile} from '../config/test-environment.ts';

test('a bare name is looked up in the absolute directories of PATH, and never in the current one', () => {
	const environment = createTestEnvironment();
	const file = writeTestFile(environment, 'login', '#!/bin/sh\n', 0o700);
	writeTestFile(environment, 'text', '', 0o600);
	mkdirSync(join(environment.home, 'folder'));
	const {home} = environment;
	expect(findProgram('login', `/nowhere:${home}`)).toBe(file);
	const before = process.cwd();
	onTestFinished(() => process.chdir(before));
	process.chdir(home);
	for (const path of ['', '.', ':/nowhere', './', undefined]) expect(findProgram('login', path)).toBeUndefined();
	for (const name of ['text', 'folder', 'none']) expect(findProgram(name, home)).toBeUndefined();
});

test('programs run in the home directory, or in the root where there is none', () => {
	const {home} = createTestEnvironment();
	expect(workingDirectory(home)).toBe(home);
	expect(workingDirectory(join(home, 'none'))).toBe('/');
});
