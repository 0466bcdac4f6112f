import {existsSync, readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {failureModes} from './e2e/failure-modes/failure-modes.ts';

const page = new URL('../docs/failure-modes.md', import.meta.url);
const text = readFileSync(page, 'utf8');
const systemTest = /^\.\.\/test\/e2e\/failure-modes\/[a-z-]*\.test\.ts$/;

/** `[name of a test](its file)` */
const links = [...text.matchAll(/\[([^\]]+)\]\((\.\.\/[^)]+)\)/g)].map(([, name = '', file = '']) => ({name, file}));
const rows = text.split('\n').flatMap(line => (line.startsWith('| ') ? [line.slice(2, -2).split(' | ')] : []));

test('every failure mode has its tests for each system', () => {
	const head = rows.find(([name]) => name === 'failure') ?? [];
	expect(head.length).toBeGreaterThan(2);
	for (const mode of failureModes) {
		const cells = rows.find(([name]) => name === mode);
		expect(cells, mode).toHaveLength(head.length);
		for (const cell of cells ?? []) expect(cell).toMatch(/\S/);
	}
});

test('every row names a test', () => {
	const failures = rows.filter(([name = '']) => !/^(?:failure|where|---)/.test(name));
	expect(failures.length).toBeGreaterThan(failureModes.length);
	for (const [name, ...cells] of failures) for (const cell of cells) expect(cell, name).toMatch(/\]\(\.\.\/test\//);
});

test.each(links.filter(({name}) => name !== 'a test' && name !== 'a proxy'))('$name is in $file', ({name, file}) => {
	const url = new URL(file, page);
	expect(existsSync(url)).toBe(true);
	if (systemTest.test(file)) expect(failureModes).toContain(name);
	else expect(readFileSync(url, 'utf8')).toContain(name);
});
