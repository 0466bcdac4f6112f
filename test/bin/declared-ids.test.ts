import {globSync, readFileSync} from 'node:fs';
import {basename, resolve} from 'node:path';
import {describe, expect, test} from 'vitest';
import {panes} from '../../bin/panes.ts';
import {systems} from '../../bin/systems.ts';
import type {FindingType} from '../../src/contract/finding-type.ts';
import {type Pane, sectionKinds} from '../../src/contract/pane.ts';
import type {System} from '../../src/contract/system.ts';
import {keymapProblems} from '../../src/input/keymap.ts';
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

const repeated = (ids: readonly string[]): readonly string[] => ids.filter((id, index) => ids.indexOf(id) !== index);

type Command = {readonly id: string; readonly kind: string; readonly also?: readonly string[]};

type DeclaredSystem = Pick<System, 'kind'> & {
	readonly sources: readonly {readonly kind: string; readonly gauges?: readonly string[]}[];
	readonly actions: readonly Command[];
	readonly inspections: readonly Command[];
};

/** What is wrong with the ids that a system declares, one sentence each. */
function systemMistakes({kind: system, sources, actions, inspections}: DeclaredSystem): readonly string[] {
	const kinds = sources.map(({kind}) => kind);
	return [
		...[...kinds, ...[...actions, ...inspections].map(({id}) => id)]
			.filter(id => !new RegExp(String.raw`^${system}\.[a-z][a-z-]*$`).test(id))
			.map(id => `${id} is not ${system}.<word>`),
		...[kinds, actions.map(({id}) => id), inspections.map(({id}) => id)]
			.flatMap(repeated)
			.map(id => `${id} is declared twice`),
		...[...actions, ...inspections].flatMap(({id, kind, also = []}) => [
			...[kind, ...also]
				.filter(each => !kinds.includes(each))
				.map(each => `${id} is for rows of ${each}, which no source reads`),
			...repeated([kind, ...also]).map(each => `${id} names ${each} twice`),
		]),
		...sources.flatMap(({kind, gauges = []}) => repeated(gauges).map(id => `${kind} declares the gauge ${id} twice`)),
	];
}

/** What is wrong with the ids that a pane names, one sentence each. */
function paneMistakes(pane: Pane, all: readonly DeclaredSystem[]): readonly string[] {
	const sources = all.filter(({kind}) => pane.systems.includes(kind)).flatMap(each => each.sources);
	const kinds = pane.sections.flatMap(sectionKinds);
	const gauges = sources.filter(({kind}) => kinds.some(each => each === kind)).flatMap(each => each.gauges ?? []);
	return [
		...kinds
			.filter(kind => !sources.some(source => source.kind === kind))
			.map(kind => `pane ${pane.id} shows rows of ${kind}, which no source of its systems reads`),
		...pane.gauges
			.filter(id => !gauges.includes(id))
			.map(id => `pane ${pane.id} shows the gauge ${id}, which no source of its rows has`),
		...repeated(pane.gauges).map(id => `pane ${pane.id} shows the gauge ${id} twice`),
	];
}

describe('the ids of systems and panes', () => {
	test.each(systems.map(system => [system.kind, system] as const))(
		'of %s are unique, and name what exists',
		(_, system) => {
			expect(systemMistakes(system)).toEqual([]);
		},
	);

	test.each(panes.map(pane => [pane.id, pane] as const))('in the pane %s name what its systems read', (_, pane) => {
		expect(paneMistakes(pane, systems)).toEqual([]);
	});

	test('have keys without a problem', () => {
		const [actions, inspections] = [systems.flatMap(each => each.actions), systems.flatMap(each => each.inspections)];
		expect(keymapProblems({actions, inspections, panes})).toEqual([]);
	});

	test('are rejected when misspelt: of an action, an inspection, a row kind and a gauge', () => {
		const redis: DeclaredSystem = {
			kind: 'redis',
			sources: [{kind: 'redis.server', gauges: ['memory', 'ops']}, {kind: 'redis.client'}],
			actions: [{id: 'redis.kill', kind: 'redis.client'}],
			inspections: [{id: 'redis.info', kind: 'redis.server', also: ['redis.client']}],
		};
		expect(systemMistakes(redis)).toEqual([]);
		expect(systemMistakes({...redis, actions: [{id: 'kafka.kill', kind: 'redis.clientt'}]})).toEqual([
			'kafka.kill is not redis.<word>',
			'kafka.kill is for rows of redis.clientt, which no source reads',
		]);
		const [info] = redis.inspections;
		const wrong = {id: 'redis.info', kind: 'redis.server', also: ['redis.serverr']};
		expect(systemMistakes({...redis, inspections: [info ?? wrong, wrong]})).toEqual([
			'redis.info is declared twice',
			'redis.info is for rows of redis.serverr, which no source reads',
		]);
		const section = {title: '', columns: [], orders: [{title: '', compare: () => 0}], empty: '', weight: 1} as const;
		const pane: Pane = {
			id: 'memory',
			title: '',
			tab: '',
			systems: ['redis'],
			sections: [{...section, kind: 'redis.server'}],
			gauges: ['memory'],
		};
		expect(paneMistakes(pane, [redis])).toEqual([]);
		expect(paneMistakes({...pane, gauges: ['memmory']}, [redis])).toEqual([
			'pane memory shows the gauge memmory, which no source of its rows has',
		]);
		expect(paneMistakes({...pane, sections: [{...section, kind: 'redis.servre'}], gauges: []}, [redis])).toEqual([
			'pane memory shows rows of redis.servre, which no source of its systems reads',
		]);
	});
});

/** Texts that look like an id: a host, a file and a configuration key. */
const otherNames = ['kubernetes.default', 'prometheus.yml', 'kubernetes.allowExec'];

const rowKinds = systems.flatMap(({sources}) => sources.map(({kind}) => kind));
const actionIds = systems.flatMap(({actions}) => actions.map(({id}) => id));
const knownNames: ReadonlySet<string> = new Set([
	...rowKinds,
	...actionIds,
	...systems.flatMap(({inspections, findingTypes}) => [
		...inspections.map(({id}) => id),
		...findingTypes.map(({type}) => type),
	]),
	...readFailureFindingTypes.map(({type}) => type),
	...otherNames,
]);

/** The ids in the text of a file that nothing declares, and those of another category than their place requires. */
function unknownNames(text: string): readonly string[] {
	const id = String.raw`'((?:${systems.map(({kind}) => kind).join('|')}|midwatch)\.[\w-]+)'`;
	const found = (pattern: string) => [...text.matchAll(new RegExp(pattern, 'g'))].map(([, name = '']) => name);
	return [
		...found(id).filter(name => !knownNames.has(name)),
		...found(String.raw`\bkind: ${id}`).filter(name => !rowKinds.some(kind => kind === name)),
		...found(String.raw`\binstead: ${id}`).filter(name => !actionIds.some(each => each === name)),
	];
}

describe('ids in product code', () => {
	test('are declared', () => {
		const files = globSync('{bin,src,views,adapters,demo}/**/*.{ts,tsx}', {cwd: root});
		expect(files.length).toBeGreaterThan(500);
		const unknown = files.flatMap(file =>
			unknownNames(readFileSync(resolve(root, file), 'utf8')).map(name => `${file}: ${name}`),
		);
		expect(unknown).toEqual([]);
	});

	test.each([
		[`createFinding(type, {kind: 'redis.clientt', row: {kind: 'redis.client', id}})`, 'redis.clientt'],
		[`unhelpful: {reason, instead: 'postgres.terminat'}`, 'postgres.terminat'],
		[`also: ['kubernetes.pod', 'kubernetes.workloads']`, 'kubernetes.workloads'],
		[`needs: 'redis.kill_client'`, 'redis.kill_client'],
		[`kind: 'redis.kill-client'`, 'redis.kill-client'],
		[`instead: 'redis.server'`, 'redis.server'],
	])('are rejected when misspelt or in the wrong place: %s', (text, name) => {
		expect(unknownNames(text)).toContain(name);
	});
});
