import {existsSync, readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {badDays} from './e2e/bad-days/bad-days.ts';

const page = new URL('../docs/bad-days.md', import.meta.url);
const text = readFileSync(page, 'utf8');
const story = /^\.\.\/test\/e2e\/bad-days\/[a-z-]*\.test\.ts$/;

/** `[name of a test](its file)` */
const links = [...text.matchAll(/\[([^\]]+)\]\((\.\.\/[^)]+)\)/g)].map(([, name = '', file = '']) => ({name, file}));
const rows = text.split('\n').flatMap(line => (line.startsWith('| ') ? [line.slice(2, -2).split(' | ')] : []));

test('every bad day has its tests for each system', () => {
	const head = rows.find(([name]) => name === 'day') ?? [];
	expect(head.length).toBeGreaterThan(2);
	for (const day of badDays) {
		const cells = rows.find(([name]) => name === day);
		expect(cells, day).toHaveLength(head.length);
		for (const cell of cells ?? []) expect(cell).toMatch(/\S/);
	}
});

test('every row names a test', () => {
	const days = rows.filter(([name = '']) => !/^(?:day|where|---)/.test(name));
	expect(days.length).toBeGreaterThan(badDays.length);
	for (const [name, ...cells] of days) for (const cell of cells) expect(cell, name).toMatch(/\]\(\.\.\/test\//);
});

test.each(links.filter(({name}) => name !== 'a test' && name !== 'a proxy'))('$name is in $file', ({name, file}) => {
	const url = new URL(file, page);
	expect(existsSync(url)).toBe(true);
	if (story.test(file)) expect(badDays).toContain(name);
	else expect(readFileSync(url, 'utf8')).toContain(name);
});
