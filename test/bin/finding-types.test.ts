import {globSync, readFileSync} from 'node:fs';
import {basename, resolve} from 'node:path';
import {describe, expect, test} from 'vitest';
import {systems} from '../../bin/systems.ts';
import type {FindingType} from '../../src/contract/finding-type.ts';
import {readFailureFindingTypes} from '../../src/watch/read-failure.ts';

const root = resolve(import.meta.dirname, '../..');

/** What makes a list of declared finding types wrong, one sentence each. */
function mistakes(
	findingTypes: readonly FindingType[],
	system: {
		readonly kind: string;
		readonly actions: readonly {readonly id: string}[];
		readonly inspections: readonly {readonly id: string}[];
	},
): readonly string[] {
	const unknownIds = (declared: readonly {readonly id: string}[], named: readonly string[]) =>
		named.filter(id => !declared.some(each => each.id === id));
	return findingTypes.flatMap(({type, actions, inspections}, index) => [
		...(new RegExp(String.raw`^${system.kind}\.[a-z][a-z-]*$`).test(type)
			? []
			: [`${type} is not ${system.kind}.<word>`]),
		...(findingTypes.findIndex(other => other.type === type) === index ? [] : [`${type} is declared twice`]),
		...unknownIds(system.actions, actions).map(id => `${type} names the action ${id}, which does not exist`),
		...unknownIds(system.inspections, inspections).map(
			id => `${type} names the inspection ${id}, which does not exist`,
		),
	]);
}

describe('finding types', () => {
	test.each(systems.map(system => [system.kind, system] as const))(
		'of %s have unique names, and ids of existing actions and inspections',
		(_, system) => {
			expect(mistakes(system.findingTypes, system)).toEqual([]);
		},
	);

	test('for failed reads have unique names', () => {
		expect(mistakes(readFailureFindingTypes, {kind: 'midwatch', actions: [], inspections: []})).toEqual([]);
	});

	test('are rejected with a misspelt id, a name of another system or a second declaration', () => {
		const type: FindingType = {
			type: 'redis.memory-short',
			actions: ['redis.kill-clientt'],
			inspections: ['redis.memory'],
		};
		const system = {kind: 'redis', actions: [{id: 'redis.kill-client'}], inspections: [{id: 'redis.memory'}]};
		expect(mistakes([type, {...type, type: 'kafka.lag', actions: []}, {...type, actions: []}], system)).toEqual([
			'redis.memory-short names the action redis.kill-clientt, which does not exist',
			'kafka.lag is not redis.<word>',
			'redis.memory-short is declared twice',
		]);
	});

	test('are all in the list of their system', async () => {
		const files = globSync('src/model/*/*-finding-types.ts', {cwd: root});
		expect(files.map(file => basename(file, '-finding-types.ts')).sort()).toEqual(systems.map(({kind}) => kind).sort());
		for (const file of files) {
			const exported = Object.values((await import(resolve(root, file))) as Readonly<Record<string, unknown>>);
			const declared = exported.filter(value => typeof value === 'object' && value !== null && 'type' in value);
			const list = systems.find(({kind}) => kind === basename(file, '-finding-types.ts'))?.findingTypes;
			expect(list, file).toEqual(expect.arrayContaining(declared));
		}
	});

	test('are taken from the declarations by product code', () => {
		const written = new RegExp(String.raw`\btype: ['"\x60](?:${systems.map(({kind}) => kind).join('|')}|midwatch)\.`);
		const files = globSync('{bin,src,views,adapters,demo}/**/*.{ts,tsx}', {cwd: root});
		const writing = files.filter(file => written.test(readFileSync(resolve(root, file), 'utf8')));
		expect(writing.filter(file => !file.endsWith('-finding-types.ts'))).toEqual(['src/watch/read-failure.ts']);
	});
});
