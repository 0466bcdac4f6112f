import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {type BuiltProgram, buildAlone} from '../e2e/built-program.ts';
import {startBuilt} from './first-frame.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The modules whose imports are loaded before the first frame. */
const entries = ['bin/midwatch.ts', 'bin/console.ts'];
/** Those of the demo, which has a target of each system. */
const demoEntries = [...entries, 'demo/estate.ts'];

/** The libraries that a frame is drawn with. */
const drawing =
	/^(?:@alcalzone\/ansi-tokenize|ansi-escapes|ansi-regex|ansi-styles|auto-bind|chalk|cli-boxes|cli-cursor|cli-truncate|code-excerpt|convert-to-spaces|environment|es-toolkit|escape-string-regexp|get-east-asian-width|indent-string|ink|is-fullwidth-code-point|is-in-ci|mimic-fn|onetime|patch-console|quick-lru|react|react-reconciler|restore-cursor|scheduler|signal-exit|slice-ansi|stack-utils|string-width|strip-ansi|terminal-size|type-fest|widest-line|wrap-ansi|yoga-layout)$/;

/** Each module that is loaded before the first frame (so not by `import()`), with the module that imports it. */
async function loadedBefore(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
	const specifiers = paths.map(path => (path.endsWith('.ts') ? `./${path}` : path));
	const stdin = specifiers.map(specifier => `import ${JSON.stringify(specifier)};`).join('\n');
	const {metafile} = await build({
		stdin: {contents: stdin, resolveDir: root, sourcefile: 'entries.ts', loader: 'ts'},
		absWorkingDir: root,
		bundle: true,
		write: false,
		metafile: true,
		platform: 'node',
		format: 'esm',
		outfile: 'entries.js',
		jsx: 'automatic',
		mainFields: ['module', 'main'],
		external: ['react-devtools-core', 'pg-native', 'pg-cloudflare', 'bufferutil', 'utf-8-validate'],
		logLevel: 'silent',
	});
	const importers = new Map<string, string>();
	const visit = (path: string) => {
		for (const {path: next, kind, external} of metafile.inputs[path]?.imports ?? []) {
			if (external === true || kind === 'dynamic-import' || importers.has(next)) continue;
			importers.set(next, path);
			visit(next);
		}
	};
	visit('entries.ts');
	return importers;
}

/** Their names look like clients or servers, but they open no connection: a source of rows, and a type with an empty value. */
const openNoConnection = new Set(['adapters/redis/server.ts', 'demo/kubernetes-api/kubelets.ts']);

/** The modules that no first frame needs: clients, servers of the demo, configuration, and libraries that draw nothing. */
function tooEarly(loaded: ReadonlyMap<string, string>): readonly string[] {
	return [...loaded].flatMap(([path, by]) => {
		const library = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
		const early =
			library === undefined
				? /^adapters\/[^/]+\/(?:(?:api|protocol|connection)\/)?(?:client|connect|connection|[a-z]+-connection|transport|agent|server|credentials|exec-plugin)\.ts$|^demo\/(?:servers|kubernetes-api)\//.test(
						path,
					) || /^src\/config\/(?!config-error)/.test(path)
				: !drawing.test(library);
		return early && !openNoConnection.has(path) ? [`${path}, imported by ${by}`] : [];
	});
}

describe('the modules that are loaded before the first frame', () => {
	test('include no client, no server of the demo and no schema: those are loaded by import() in connect', async () => {
		expect(tooEarly(await loadedBefore(demoEntries))).toEqual([]);
	});

	test('include nothing of the demo but the names of its scenarios, unless it is started', async () => {
		const loaded = [...(await loadedBefore(entries)).keys()];
		expect(loaded.filter(path => path.startsWith('demo/'))).toEqual(['demo/scenario.ts']);
	});

	test.each([
		['adapters/kubernetes/client.ts'],
		['adapters/kubernetes/api/exec-plugin.ts'],
		['adapters/http/client.ts'],
		['demo/kubernetes-api/server.ts'],
		['src/config/load-config.ts'],
		['yaml'],
		['re2js'],
	])('are reported when they include %s', async path => {
		const reported = tooEarly(await loadedBefore([...demoEntries, path]));
		expect(reported).toContainEqual(expect.stringMatching(`(?:^|node_modules/)${path}[,/]`));
	});
});

describe('the built console', () => {
	let midwatch: BuiltProgram;
	beforeAll(() => {
		midwatch = buildAlone();
	});
	afterAll(() => midwatch.remove());

	test('loads no Node module for the network, cryptography, child processes or compression before its first frame, and creates no segmenter', async () => {
		const {pty, first} = await startBuilt(midwatch);
		try {
			expect(first.builtins).toContain('tty');
			const late =
				/^(?:assert|child_process|crypto|dgram|dns|fs\/promises|http|http2|https|inspector|internal\/deps\/undici\/undici|tls|worker_threads|zlib)$/;
			expect(first.builtins.filter(name => late.test(name))).toEqual([]);
			expect(first.segmenters).toBe(0);
		} finally {
			await pty.close();
		}
	});
});
