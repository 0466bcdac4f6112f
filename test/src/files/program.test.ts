import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {findProgram, workingDirectory} from '../../../src/files/find-program.ts';
import {emptySurroundings, put} from '../config/test-environment.ts';

test('a bare name is looked up in the absolute directories of PATH, and never in the current one', () => {
	const surroundings = emptySurroundings();
	const file = put(surroundings, 'login', '#!/bin/sh\n', 0o700);
	put(surroundings, 'text', '', 0o600);
	mkdirSync(join(surroundings.home, 'folder'));
	const {home} = surroundings;
	expect(findProgram('login', `/nowhere:${home}`)).toBe(file);
	const before = process.cwd();
	onTestFinished(() => process.chdir(before));
	process.chdir(home);
	for (const path of ['', '.', ':/nowhere', './', undefined]) expect(findProgram('login', path)).toBeUndefined();
	for (const name of ['text', 'folder', 'none']) expect(findProgram(name, home)).toBeUndefined();
});

test('programs run in the home directory, or in the root where there is none', () => {
	const {home} = emptySurroundings();
	expect(workingDirectory(home)).toBe(home);
	expect(workingDirectory(join(home, 'none'))).toBe('/');
});
