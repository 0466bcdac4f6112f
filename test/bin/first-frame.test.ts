import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {type BuiltProgram, buildAlone} from '../e2e/built-program.ts';
import {startBuilt} from './first-frame.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The modules whose imports are loaded before the first frame of the demo, which has a target of each system. */
const entries = ['bin/midwatch.ts', 'bin/console.ts', 'demo/estate.ts'];

/** The libraries that a frame is drawn with. */
const drawing =
	/^(?:@alcalzone\/ansi-tokenize|ansi-escapes|ansi-regex|ansi-styles|auto-bind|chalk|cli-boxes|cli-cursor|cli-truncate|code-excerpt|convert-to-spaces|environment|es-toolkit|escape-string-regexp|get-east-asian-width|indent-string|ink|is-fullwidth-code-point|is-in-ci|mimic-fn|onetime|patch-console|quick-lru|react|react-reconciler|restore-cursor|scheduler|signal-exit|slice-ansi|stack-utils|string-width|strip-ansi|terminal-size|type-fest|widest-line|wrap-ansi|yoga-layout)$/;

/** Each module that is loaded before the first frame (so not by `import()`), with the module that imports it. */
async function loadedBefore(extra = ''): Promise<ReadonlyMap<string, string>> {
	const stdin = [...entries.map(entry => `import ${JSON.stringify(`./${entry}`)};`), extra].join('\n');
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

/** The modules that no first frame needs: clients, servers of the demo, configuration, and libraries that draw nothing. */
function tooEarly(loaded: ReadonlyMap<string, string>): readonly string[] {
	return [...loaded].flatMap(([path, by]) => {
		const library = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
		const early =
			library === undefined
				? /^adapters\/[^/]+\/(?:(?:api|protocol|connection)\/)?(?:client|connect|connection|[a-z]+-connection|transport|agent|server)\.ts$|^demo\/(?:servers|kubernetes-api)\//.test(
						path,
					) || /^src\/config\/(?!config-error)/.test(path)
				: !drawing.test(library);
		return early &&
			path !== 'demo/connection.ts' &&
			path !== 'adapters/redis/server.ts' &&
			path !== 'demo/kubernetes-api/kubelets.ts'
			? [`${path}, imported by ${by}`]
			: [];
	});
}

describe('the modules that are loaded before the first frame', () => {
	test('include no client, no server of the demo and no schema: those are loaded by import() in connect', async () => {
		expect(tooEarly(await loadedBefore())).toEqual([]);
	});

	test.each([
		['adapters/kubernetes/client.ts'],
		['adapters/http/client.ts'],
		['demo/kubernetes-api/server.ts'],
		['src/config/load-config.ts'],
	])('are reported when they include %s', async path => {
		const reported = tooEarly(await loadedBefore(`import './${path}';`));
		expect(reported.map(line => line.split(',')[0])).toContain(path);
	});
});

describe('the built console', () => {
	let midwatch: BuiltProgram;
	beforeAll(() => {
		midwatch = buildAlone();
	});
	afterAll(() => midwatch.remove());

	test('loads no Node module for the network, cryptography, child processes or compression before its first frame', async () => {
		const {pty, first} = await startBuilt(midwatch);
		try {
			expect(first.builtins).toContain('tty');
			const late =
				/^(?:assert|child_process|crypto|dgram|dns|fs\/promises|http|http2|https|inspector|tls|worker_threads|zlib)$/;
			expect(first.builtins.filter(name => late.test(name))).toEqual([]);
		} finally {
			await pty.close();
		}
	});
});
