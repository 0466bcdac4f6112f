/* What the bundle does not take from its libraries as they are; docs/adr/0008 lists it. The text of no library is changed. */
import {readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));

/** Modules, by the end of their path, and what of simple-text.ts takes the place of the function that each exports. */
const replaced = {
	'string-width/index.js': 'simpleStringWidth',
	'ink/build/sanitize-ansi.js': 'simpleSanitizeAnsi',
};

/** The text of a module that exports `name` of simple-text.ts, and loads what it takes the place of when that is needed. */
const replacement = name =>
	`import {${name}} from './simple-text.ts'; export default ${name}(() => require('original').default);`;

/** Optional packages of our dependencies; these notice that they are not there. */
const optional = /^(?:react-devtools-core|pg-native|pg-cloudflare|bufferutil|utf-8-validate)$/;

/** Parts of libraries that midwatch does not use, by the end of their path, and what their importer gets. */
const unused = {
	// The binding of pg to the C library.
	'pg/lib/native/index.js': notFound('pg-native'),
	// ioredis only exports it.
	'ioredis/built/cluster/index.js': 'exports.default = undefined;',
};

/** signal-exit checks its one argument with `assert`, which takes as long to load as a frame to draw. */
const unchecked = 'exports.equal = () => {};';

/** Global names, and what they are in the bundle. */
export const globals = {
	'Intl.Segmenter': 'LazySegmenter',
	// Without fetch the layout engine decodes its WebAssembly itself; with fetch it first loads all of undici, a fifth of the start time.
	fetch: 'undefined',
};

/** The modules that declare the new names in `globals`. */
export const declarations = [join(folder, 'lazy-segmenter.ts')];

/** The text of a module that its importer does not find. */
function notFound(name) {
	return `module.exports = undefined; throw Object.assign(new Error("Cannot find module '${name}'"), {code: 'MODULE_NOT_FOUND'});`;
}

/** The esbuild plugin. The build fails when a library no longer has a module that is replaced or left out. */
export const libraries = {
	name: 'libraries',
	setup(build) {
		const left = new Set();
		const load = (file, contents) => {
			left.add(file);
			build.onLoad({filter: new RegExp(`/node_modules/${file.replaceAll('.', '\\.')}$`)}, ({suffix}) => {
				if (suffix === '?original') return undefined;
				left.delete(file);
				return {contents, loader: 'js', resolveDir: folder};
			});
		};
		for (const [file, name] of Object.entries(replaced)) load(file, replacement(name));
		for (const [file, contents] of Object.entries(unused)) load(file, contents);
		build.onLoad({filter: /\/node_modules\/react-reconciler\/cjs\/.*\.production\.js$/}, async ({path}) => {
			const text = readFileSync(path, 'utf8');
			return {contents: (await build.esbuild.transform(text, {minifyIdentifiers: true, format: 'cjs'})).code};
		});
		build.onResolve({filter: /^original$/}, ({importer}) => ({path: importer, suffix: '?original'}));
		build.onResolve({filter: /^assert$/}, ({path, importer}) =>
			importer.endsWith('/signal-exit/index.js') ? {path, namespace: 'unchecked'} : undefined,
		);
		build.onLoad({filter: /./, namespace: 'unchecked'}, () => ({contents: unchecked}));
		build.onResolve({filter: optional}, ({path}) => ({path, namespace: 'optional'}));
		build.onLoad({filter: /./, namespace: 'optional'}, ({path}) => ({contents: notFound(path), loader: 'js'}));
		build.onEnd(() => {
			if (left.size > 0)
				throw new Error(`not in the bundle any more: ${[...left].join(', ')}. Review scripts/build/libraries.mjs`);
		});
	},
};
