import {describe, expect, test} from 'vitest';
import {systems} from '../bin/systems.ts';
import {findViolations, namedSystems, readModule, readSources} from './architecture.ts';

const faults = (...sources: readonly (readonly [path: string, text: string])[]) =>
	findViolations(sources.map(([path, text]) => readModule({path, text})));

/** Planted violations. Each must be caught, which proves that the test of the real files can fail. */
const planted: readonly (readonly [path: string, text: string, says: string])[] = [
	['src/a.ts', `import {Box} from 'ink';`, 'may not import ink'],
	['src/a.ts', `import type {ReactNode} from 'react';`, 'may not import react'],
	['src/a.ts', `import {b} from '../views/b.ts';`, 'may not import ../views/b.ts'],
	['src/a.ts', `import type {B} from '../adapters/redis/b.ts';`, 'may not import ../adapters/redis/b.ts'],
	['src/a.ts', `const b = await import('../bin/b.ts');`, 'may not import ../bin/b.ts'],
	['src/a.ts', `import {parse} from 'yaml';`, 'may not import yaml'],
	['src/config/a.ts', `import width from 'string-width';`, 'may not import string-width'],
	['src/text/a.ts', `const name = 'pg'; await import(name);`, 'may not import (computed) name'],
	['adapters/redis/a.ts', `import {Client} from 'pg';`, 'may not import pg'],
	['adapters/redis/a.ts', `import {b} from '../postgres/b.ts';`, 'may not import ../postgres/b.ts'],
	['adapters/redis/a.ts', `import {b} from '../http/b.ts';`, 'may not import ../http/b.ts'],
	['adapters/http/a.ts', `import {b} from '../prometheus/b.ts';`, 'may not import ../prometheus/b.ts'],
	['adapters/alertmanager/a.ts', `import {b} from '../prometheus/b.ts';`, 'may not import ../prometheus/b.ts'],
	['adapters/redis/a.ts', `import {load} from '../../src/config/load.ts';`, 'may not import ../../src/config/load.ts'],
	['adapters/redis/a.ts', `import {z} from 'zod';`, 'may not import zod'],
	[
		'adapters/redis/a.ts',
		`import {z} from '../../src/config/schema-parts.ts';`,
		'may not import ../../src/config/schema-parts.ts',
	],
	[
		'adapters/redis/config/a.ts',
		`import {load} from '../../../src/config/load-config.ts';`,
		'may not import ../../../src/config/load-config.ts',
	],
	['demo/a.ts', `import type {Policy} from '../src/policy/policy.ts';`, 'may not import ../src/policy/policy.ts'],
	['adapters/redis/a.ts', `import {b} from '../../demo/b.ts';`, 'may not import ../../demo/b.ts'],
	['demo/kubernetes-api/a.ts', `import {b} from '../scenario.ts';`, 'may not import ../scenario.ts'],
	[
		'demo/kubernetes-api/a.ts',
		`import type * as core from 'kubernetes-types/core/v1.js';`,
		'may not import kubernetes-types/core/v1.js',
	],
	[
		'src/model/a.ts',
		`import type * as core from 'kubernetes-types/core/v1.js';`,
		'may not import kubernetes-types/core/v1.js',
	],
	['demo/kubernetes-api/a.ts', `import {b} from '../../src/text/b.ts';`, 'may not import ../../src/text/b.ts'],
	[
		'demo/kubernetes-api/a.ts',
		`import {b} from '../../src/time/deadline.ts';`,
		'may not import ../../src/time/deadline.ts',
	],
	['views/tty.ts', `import {a} from 'node:fs';`, 'may not import node:fs'],
	['views/a.tsx', `import {b} from '../adapters/redis/b.ts';`, 'may not import ../adapters/redis/b.ts'],
	['views/a.tsx', `import {readFileSync} from 'node:fs';`, 'may not import node:fs'],
	['views/terminal/a.ts', `import {b} from '../theme.ts';`, 'may not import ../theme.ts'],
	[
		'views/terminal/a.ts',
		`import type {Clock} from '../../src/time/clock.ts';`,
		'may not import ../../src/time/clock.ts',
	],
	[
		'views/terminal/tty.ts',
		`import {cleanText} from '../../src/text/clean.ts';`,
		'may not import ../../src/text/clean.ts',
	],
	['views/terminal/a.ts', `import {a} from 'node:fs';`, 'may not import node:fs'],
	['views/a.tsx', `import {b} from '../test/b.ts';`, 'may not import ../test/b.ts'],
	['bin/a.ts', `import {b} from '../test/b.ts';`, 'may not import ../test/b.ts'],
	['bin/a.ts', `import {b} from '../scripts/b.mjs';`, 'may not import ../scripts/b.mjs'],
	['src/a.ts', 'export default 1;', 'has a default export'],
	['src/a.ts', 'const a = 1;\nexport {a as default};', 'has a default export'],
	['src/a.ts', `export * from './b.ts';`, 'exports what another file declares'],
	['src/a.ts', `export {b} from './b.ts';`, 'exports what another file declares'],
	['src/a.ts', `import {spawn} from 'node:child_process';\nspawn('ps', []);`, 'starts a program by a bare name'],
	['src/input/a.ts', `const name = 'name' in row ? row.name : '';`, 'guesses the type of a row'],
	['src/input/a.ts', `const name = 'name' in entry.row;`, 'guesses the type of a row'],
	['views/panes/a.ts', `const isPod = (of: PodRow | WorkloadRow) => !('runs' in of);`, 'guesses the type of a row'],
	['adapters/redis/a.ts', 'const first = rows[0] as RedisServerRow | undefined;', 'guesses the type of a row'],
	['src/a.ts', `import {connect} from 'node:net';`, 'may not import node:net'],
	['bin/a.ts', `import {lookup} from 'node:dns/promises';`, 'may not import node:dns/promises'],
	['bin/a.ts', `await fetch('https://midwatch.example/newest');`, 'sends a network request'],
	['src/a.ts', 'let count = 0;', 'src/a.ts:1: count is a variable of the module'],
	['src/a.ts', 'const a = 1;\nexport let last: string | undefined;', 'src/a.ts:2: last is a variable of the module'],
	['views/a.tsx', 'const painted = new WeakMap<Row, string>();', 'painted is a WeakMap of the module'],
	['adapters/redis/a.ts', 'const cache = new Map<string, number>();', 'cache is a Map of the module'],
	['adapters/redis/a.ts', 'export const cache: Map<string, number> = new Map();', 'cache is a Map of the module'],
	['bin/a.ts', `const names = new Set(['a']);`, 'names is a Set of the module'],
	['src/a.ts', 'const seen: string[] = [];', 'seen is an array of the module'],
	['src/a.ts', `const names = ['a'];`, 'names is an array of the module'],
	['src/a.ts', 'const byName: Record<string, number> = {};', 'byName is an empty object of the module'],
	['src/a.ts', 'setTimeout(() => {}, 5);', 'uses a clock or timer'],
	['adapters/redis/a.ts', 'const timer = setInterval(tick, 5);', 'uses a clock or timer'],
	['bin/a.ts', `import {setTimeout as pause} from 'node:timers/promises';`, 'uses a clock or timer'],
	['views/a.tsx', 'const began = performance.now();', 'uses a clock or timer'],
	['demo/a.ts', 'const now: () => number = Date.now;', 'uses a clock or timer'],
	['src/time-zones.ts', 'const at = new Date().toISOString();', 'uses a clock or timer'],
	['src/a.ts', `const file = join(stateDir, 'mutes.json');`, 'joins a path of the state directory'],
	['bin/a.ts', `const file = join(options.stateDir, 'mutes.json');`, 'joins a path of the state directory'],
	['adapters/http/a.ts', `await fetch('https://midwatch.example/');`, 'calls fetch'],
	['src/utils.ts', 'export const a = 1;', 'is named utils'],
	['src/watch/index.ts', 'export const a = 1;', 'is named index'],
	['src/watchKeeper.ts', 'export const a = 1;', 'is not named in kebab-case'],
	['src/a.ts', 'export const a = 1;\n'.padEnd(420, '\n'), 'more than 400'],
	['src/a.ts', `// ${'TO'}DO: later`, 'holds TO'],
];

const fine: readonly (readonly [path: string, text: string])[] = [
	[
		'src/config/a.ts',
		`import {readFile} from 'node:fs/promises';\nimport {parse} from 'yaml';\nimport {z} from 'zod';`,
	],
	['src/text/a.ts', `import width from 'string-width';`],
	['adapters/postgres/a.ts', `import {Client} from 'pg';\nimport type {Row} from '../../src/contract/row.ts';`],
	['adapters/redis/a.ts', `import {b} from '../../src/model/b.ts';\nconst c = await import('ioredis');`],
	['adapters/alertmanager/a.ts', `import {b} from '../http/b.ts';`],
	[
		'adapters/redis/config/a.ts',
		`import {z} from 'zod';\nimport {textSchema} from '../../../src/config/schema-parts.ts';`,
	],
	['demo/a.ts', `import {b} from '../adapters/postgres/b.ts';`],
	['demo/kubernetes-api/a.ts', `import {b} from '../../src/time/yield.ts';`],
	['demo/kubernetes-api/objects/a.ts', `import type * as core from 'kubernetes-types/core/v1.js';`],
	['bin/cli/a.ts', `import {b} from '../console.ts';`],
	['views/terminal/tty.ts', `import {createWriteStream} from 'node:fs';`],
	['views/terminal/tty-device.ts', `import {openSync} from 'node:fs';`],
	['views/terminal/a.tsx', `import {Box} from 'ink';\nimport {displayWidth} from '../../src/text/fit.ts';`],
	['views/a.tsx', `import {Box} from 'ink';\nimport {memo} from 'react';\nimport {b} from '../src/b.ts';`],
	['bin/a.ts', `import {b} from '../adapters/redis/b.ts';\nimport {c} from '../views/c.tsx';`],
	['test/a.test.ts', `import {b} from '../bin/b.ts';\nlet count = 0;\nsetTimeout(() => {}, 5);`],
	['src/time/a.ts', 'const now = () => Date.now();'],
	['views/terminal/a.ts', 'const began = performance.now();'],
	[
		'src/a.ts',
		`const names: ReadonlySet<string> = new Set(['a']);\nconst steps = [1, 2] as const;\nexport const all: readonly string[] = [];\nfunction count() {\n\tlet sum = 0;\n\tconst seen = new Map();\n}`,
	],
];

describe('the rule', () => {
	test.each(planted)('catches %s: %s', (path, text, says) => {
		expect(faults([path, text])).toEqual([expect.stringContaining(says)]);
	});

	test.each(fine)('lets %s: %s pass', (path, text) => {
		expect(faults([path, text])).toEqual([]);
	});

	test('catches a cycle of three files, also of type imports', () => {
		const a = ['src/a.ts', `import {b} from './b.ts';`] as const;
		const b = ['src/b.ts', `import type {C} from './deep/c.ts';`] as const;
		const c = ['src/deep/c.ts', `const a = await import('../a.ts');`] as const;
		expect(faults(a, b, c)).toEqual(['these import each other: src/a.ts -> src/b.ts -> src/deep/c.ts -> src/a.ts']);
		expect(faults(a, b)).toEqual([]);
	});

	test('catches a cycle of sibling folders, also through their subfolders, and lets a folder import its subfolders', () => {
		const a = ['src/text/a.ts', `import {b} from '../model/redis/b.ts';`] as const;
		const b = ['src/model/redis/b.ts', `import {d} from '../c.ts';`] as const;
		const c = ['src/model/c.ts', `import {d} from '../text/secrets/d.ts';`] as const;
		const d = ['src/text/secrets/d.ts', 'export const d = 1;'] as const;
		expect(faults(a, b, c, d)).toEqual([
			expect.stringContaining('these folders import each other: src/text -> src/model -> src/text'),
		]);
		expect(faults(a, b, d)).toEqual([]);
		const e = ['src/text/e.ts', `import {d} from './secrets/d.ts';`] as const;
		const f = ['src/text/secrets/f.ts', `import {g} from '../g.ts';`] as const;
		expect(faults(d, e, f)).toEqual([]);
	});

	test('catches a folder with too many files', () => {
		const all = Array.from({length: 27}, (_, at) => [`src/text/a${at}.ts`, ''] as const);
		expect(faults(...all)).toEqual(['src/text: has 27 files, more than 26']);
		expect(faults(...all.slice(1))).toEqual([]);
	});

	/** Returns a file whose function has this number of lines. */
	const functionOf = (lines: number, head: string, tail = '}') => `${head}\n${'\t1;\n'.repeat(lines - 2)}${tail}\n`;
	test.each([
		['createA', functionOf(81, 'export function createA() {')],
		['createA', functionOf(81, 'const createA = async () => {', '};')],
		['run', `export const a = {\n${functionOf(81, 'async run() {', '},')}};\n`],
		['run', `export const a = {\n${functionOf(81, 'run: function* () {', '},')}};\n`],
		['inner', `export function outer() {\n${functionOf(81, 'function inner() {')}}\n`],
		['run', `class A {\n${functionOf(81, 'run() {')}}\n`],
		['(anonymous)', functionOf(81, 'each(value => {', '});')],
	])('catches %s when it has 81 lines', (name, text) => {
		expect(faults(['adapters/redis/a.ts', text])).toContainEqual(
			expect.stringMatching(`^adapters/redis/a.ts:[12]: ${name.replace(/[()]/g, '\\$&')} has 81 lines`),
		);
	});

	test('accepts a function of 80 lines, and a longer one in a test', () => {
		expect(faults(['src/a.ts', functionOf(80, 'export function createA() {')])).toEqual([]);
		expect(faults(['test/a.test.ts', functionOf(200, `describe('a', () => {`, '});')])).toEqual([]);
	});

	const named = (path: string, text: string) => namedSystems([readModule({path, text})], ['redis', 'kafka']);
	test.each([
		['src/config/a.ts', `export const kinds = ['redis'];`, 'src/config/a.ts:1: names redis'],
		['src/watch/a.ts', `import type {KafkaPort} from '../port/queue.ts';`, 'src/watch/a.ts:1: names Kafka'],
		['src/watch/a.ts', `import {b} from '../model/redis/b.ts';`, 'src/watch/a.ts:1: names redis'],
		['src/input/a.ts', 'export const hint = () => `name it in ${1} kafka.allow`;', 'src/input/a.ts:1: names kafka'],
	])('catches the name of a system in %s: %s', (path, text, says) => {
		expect(named(path, text)).toEqual([says]);
	});

	test('lets models, ports, adapters and comments name a system', () => {
		expect(named('src/model/redis/a.ts', 'export const redis = 1;')).toEqual([]);
		expect(named('src/port/redis.ts', 'export const redis = 1;')).toEqual([]);
		expect(named('adapters/redis/a.ts', 'export const redis = 1;')).toEqual([]);
		expect(named('src/watch/a.ts', '/** As redis. */\nexport const a = 1; // kafka')).toEqual([]);
	});

	test('catches an example that is no longer there', () => {
		expect(named('src/config/config-schema.ts', 'export const a = 1;')).toEqual([
			expect.stringContaining('does not occur'),
		]);
	});

	test('fails on a file that it cannot parse', () => {
		expect(() => faults(['src/a.ts', 'import {'])).toThrow('src/a.ts');
	});
});

describe('the code base', () => {
	const modules = readSources().map(readModule);

	test('is read completely', () => {
		expect(modules.filter(({path}) => !path.startsWith('test/')).length).toBeGreaterThan(40);
		for (const folder of ['bin', 'src', 'views', 'adapters', 'demo', 'test']) {
			expect(modules.some(({path}) => path.startsWith(`${folder}/`))).toBe(true);
		}
		expect(modules.flatMap(({imports}) => imports).length).toBeGreaterThan(100);
	});

	test('names no system in the core', () => {
		const kinds = systems.map(({kind}) => kind);
		expect(kinds.length).toBeGreaterThan(5);
		expect(namedSystems(modules, kinds)).toEqual([]);
	});

	test('follows the rule', () => {
		expect(findViolations(modules)).toEqual([]);
	});
});
