import {globSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {describe, expect, test} from 'vitest';
import {generateReferenceDocs} from '../bin/cli/reference-docs.ts';
import {panes} from '../bin/panes.ts';
import {systems} from '../bin/systems.ts';
import {keyBindings} from '../src/input/keymap.ts';

const committed = (name: string) => readFileSync(new URL(`../docs/${name}`, import.meta.url), 'utf8');

const generated = await generateReferenceDocs(systems, panes);

describe('the documents that follow from the declarations', () => {
	test.each(Object.entries(generated))('docs/%s is what `npm run docs` writes', (name, text) => {
		expect(committed(name)).toBe(text);
	});

	test('every action declares the facts that its confirmation shows, each once', () => {
		for (const {id, shownFacts} of systems.flatMap(({actions}) => actions)) {
			const facts = shownFacts.map(({fact}) => fact);
			expect(facts.length, id).toBeGreaterThan(2);
			expect(new Set(facts).size, id).toBe(facts.length);
		}
	});

	test('name every key, action and inspection', () => {
		const keys = committed('keys.md');
		for (const {intent} of keyBindings(panes)) expect(keys).toContain(`\`${intent}\``);
		for (const {actions, inspections} of systems) {
			for (const {id} of [...actions, ...inspections]) expect(keys).toContain(`\`${id}\``);
			for (const {id} of actions) expect(committed('actions.md')).toContain(`(\`${id}\`)`);
		}
	});
});

const repository = fileURLToPath(new URL('..', import.meta.url));

/** Paths of this repository that a text names in backticks; `<system>` and `…` stand for what the reader fills in. */
const pathsIn = (text: string): readonly string[] =>
	[...text.matchAll(/`((?:\.ci|adapters|bench|bin|demo|docs|scripts|src|test|views)\/[^`\s]+)`/g)]
		.map(([, path = '']) => path)
		.filter(path => !/[<…{]/.test(path));

test('SECURITY.md names the tests of what it claims', () => {
	expect(pathsIn(committed('../SECURITY.md')).length).toBeGreaterThan(8);
});

test('every path that a document names in backticks exists', () => {
	const documents = globSync(['*.md', 'docs/**/*.md'], {cwd: repository});
	expect(documents.length).toBeGreaterThan(20);
	const missing = documents.flatMap(document =>
		pathsIn(readFileSync(`${repository}${document}`, 'utf8'))
			.filter(path => globSync(path, {cwd: repository}).length === 0)
			.map(path => `${document}: ${path}`),
	);
	expect(missing).toEqual([]);
});
