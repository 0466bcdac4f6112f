import {globSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {describe, expect, test} from 'vitest';
import {referenceDocs} from '../bin/cli/reference-docs.ts';
import {systems} from '../bin/systems.ts';
import {keyBindings} from '../src/input/keymap.ts';

const committed = (name: string) => readFileSync(new URL(`../docs/${name}`, import.meta.url), 'utf8');

describe('the documents that follow from the declarations', () => {
	test.each(Object.entries(referenceDocs))('docs/%s is what `npm run docs` writes', (name, write) => {
		expect(committed(name)).toBe(write());
	});

	test('every action declares the facts that its confirmation shows, each once', () => {
		for (const {id, shows} of systems.flatMap(({actions}) => actions)) {
			const facts = shows.map(({fact}) => fact);
			expect(facts.length, id).toBeGreaterThan(2);
			expect(new Set(facts).size, id).toBe(facts.length);
		}
	});

	test('name every key, action and inspection', () => {
		const keys = committed('keys.md');
		for (const {intent} of keyBindings) expect(keys).toContain(`\`${intent}\``);
		for (const {actions, inspections} of systems) {
			for (const {id} of [...actions, ...inspections]) expect(keys).toContain(`\`${id}\``);
			for (const {id} of actions) expect(committed('actions.md')).toContain(`(\`${id}\`)`);
		}
	});
});

test('what SECURITY.md says of its tests: each of them is there', () => {
	const named = [...committed('../SECURITY.md').matchAll(/`((?:test|scripts)\/[^`]+)`/g)].map(([, path = '']) => path);
	expect(named.length).toBeGreaterThan(8);
	const cwd = fileURLToPath(new URL('..', import.meta.url));
	for (const path of named) expect(globSync(path, {cwd}), path).not.toEqual([]);
});
