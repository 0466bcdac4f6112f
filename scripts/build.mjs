/*
 * Builds dist/midwatch.js: one file that runs anywhere, with no package.json or node_modules beside it.
 *
 * The file is neither an ES module nor a CommonJS one by its syntax: node's own modules come from `process.getBuiltinModule` rather than
 * from imports, and everything stands in one async function (the wasm of the layout engine needs await). So the check of the Node version
 * at its top runs first under every Node, whichever way that Node decides to load a `.js` file, and not after an import has failed.
 */
import {createHash} from 'node:crypto';
import {mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync} from 'node:fs';
import {builtinModules} from 'node:module';
import {dirname, join, relative, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {needNode, oldestNode} from './node-version.mjs';

needNode();

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);
/** `--out FILE` builds elsewhere. */
const target = args.includes('--out') ? resolve(args[args.indexOf('--out') + 1]) : join(root, 'dist', 'midwatch.js');
const builtins = new Set(builtinModules.filter(name => !name.startsWith('_')));

/** Optional packages that our dependencies ask for, and that the one file does without. */
const optional = /^(?:react-devtools-core|pg-native|pg-cloudflare|bufferutil|utf-8-validate)$/;

const selfContained = {
	name: 'self-contained',
	setup(build) {
		build.onResolve({filter: /^(?:node:)?[a-z0-9_]+(?:\/[a-z0-9_]+)*$/}, ({path, kind}) => {
			const name = `node:${path.replace(/^node:/, '')}`;
			if (!path.startsWith('node:') && !builtins.has(path)) return undefined;
			if (lateBuiltins.has(name)) return {path: name, namespace: 'late-builtin'};
			return {path: name, namespace: kind === 'import-statement' ? 'imported-builtin' : 'builtin', sideEffects: false};
		});
		build.onLoad({filter: /.*/, namespace: 'builtin'}, ({path}) => ({contents: `module.exports = ${loading(path)};`}));
		build.onLoad({filter: /.*/, namespace: 'imported-builtin'}, ({path}) => ({contents: importedBuiltin(path)}));
		build.onLoad({filter: /.*/, namespace: 'late-builtin'}, ({path}) => ({contents: lateBuiltin(path)}));
		build.onResolve({filter: optional}, ({path}) => ({path, namespace: 'left-out'}));
		build.onLoad({filter: /.*/, namespace: 'left-out'}, ({path}) => ({
			contents: `module.exports = undefined; throw Object.assign(new Error("Cannot find module '${path}'"), {code: 'MODULE_NOT_FOUND'});`,
			loader: 'js',
		}));
		// The layout engine decodes its wasm itself where there is no fetch; with fetch it loads all of undici first, a fifth of the start.
		build.onLoad({filter: /yoga-wasm-base64-esm\.js$/}, ({path}) => ({
			contents: `const fetch = undefined;\n${readFileSync(path, 'utf8')}`,
			loader: 'js',
		}));
		build.onLoad({filter: /node_modules\/string-width\/index\.js$/}, ({path}) => ({
			contents: lazyWidths(lazySegmenter(readFileSync(path, 'utf8'))),
			loader: 'js',
		}));
		// Its messages in fifty languages, which are not ours: midwatch writes its own.
		build.onLoad({filter: /node_modules\/zod\/v4\/locales\/index\.js$/}, () => ({
			contents: "export {default as en} from './en.js';",
		}));
		// The largest file of all. Its names are of no use to anybody who reads a stack, and each start reads it.
		build.onLoad({filter: /node_modules\/react-reconciler\/cjs\/.*\.production\.js$/}, async ({path}) => ({
			contents: (await transform(readFileSync(path, 'utf8'), {minifyIdentifiers: true, format: 'cjs'})).code,
		}));
		// It checks its one argument by a module of Node that takes as long to load as a frame to draw.
		build.onLoad({filter: /node_modules\/signal-exit\/index\.js$/}, ({path}) => ({
			contents: replaced(readFileSync(path, 'utf8'), "require('assert')", '{equal() {}}'),
		}));
		build.onLoad({filter: /node_modules\/ink\/build\/sanitize-ansi\.js$/}, ({path}) => ({
			contents: cheapSanitizing(readFileSync(path, 'utf8')),
		}));
		build.onLoad({filter: segmenting}, ({path}) => ({
			contents: lazySegmenter(readFileSync(path, 'utf8')),
			loader: 'js',
		}));
	},
};

/** @throws Error when the text does not hold it: the library is another one than what this was written for. */
function replaced(text, what, by) {
	if (!text.includes(what)) throw new Error(`a library does not hold ${what} any more: look at scripts/build.mjs`);
	return text.replaceAll(what, () => by);
}

const loading = path => `process.getBuiltinModule(${JSON.stringify(path)})`;
const namesOf = path => Object.keys(process.getBuiltinModule(path)).filter(name => name !== 'default');

/**
 * Only the names that are imported are taken: to copy all of them, as esbuild does, is to look at each, and there are those that Node
 * loads half of itself for when it is looked at them.
 */
function importedBuiltin(path) {
	const names = namesOf(path).map(name => `export const ${name} = /* @__PURE__ */ of('${name}');`);
	return `const all = ${loading(path)}; const of = name => all[name]; export default all; ${names.join('\n')}`;
}

/** Modules of Node that together take it longer to load than to draw the first frame, and that the first frame does not need. */
const lateBuiltins = new Set(
	'assert child_process crypto dgram dns fs/promises http http2 https inspector net tls worker_threads v8 zlib'
		.split(' ')
		.map(name => `node:${name}`),
);

/** Loaded when something of it is first used, and not by the module that names it. `assert` can be called, as some libraries do as they begin. */
function lateBuiltin(path) {
	return `let found;
		const load = () => (found ??= ${loading(path)});
		${path === 'node:assert' ? 'module.exports = (...args) => load()(...args);' : ''}
		for (const name of ${JSON.stringify(namesOf(path))})
			Object.defineProperty(module.exports, name, {enumerable: true, get: () => load()[name]});`;
}

/** ASCII, and the frames, blocks and signs that a deck is drawn with: each is a character by itself, and one cell wide. */
const plain = '\\u0020-\\u007E\\u00B7\\u2026\\u2500-\\u25FC\\u2800-\\u28FF';

/** Ink looks for controls and marks in each text: the same by sets of characters that take no time to build. */
function cheapSanitizing(text) {
	const controls = replaced(text, '/(?![\\t\\n])\\p{Control}/gu', '/[\\u0000-\\u0008\\u000B-\\u001F\\u007F-\\u009F]/g');
	const marks = 'leadingMarksRegex.exec(value)';
	return replaced(controls, marks, `(/^[${plain}]/.test(value) ? null : ${marks})`);
}

const segmenting =
	/node_modules\/(?:ink\/build\/line-update|slice-ansi\/tokenize-ansi|wrap-ansi\/index|@alcalzone\/ansi-tokenize\/build\/tokenize)\.js$/;
const segmenter = /^const (\w+) = (new Intl\.Segmenter\([^;]*\));$/gm;

/** The first segmenter takes Node as long as laying out the first frame, and frames of a deck seldom need one. It is made by its first use. */
function lazySegmenter(text) {
	if (text.match(segmenter)?.length !== 1)
		throw new Error('a library segments text in another way: look at scripts/build.mjs');
	// Only a way to look for one place in a text is more than a list can do.
	const simple = text.includes('.containing(')
		? ''
		: `/^[\\n\\u001B${plain}]*$/.test(text) ? Array.from(text, (segment, index) => ({segment, index})) : `;
	return text.replace(segmenter, `let made_$1; const $1 = {segment: text => ${simple}(made_$1 ??= $2).segment(text)};`);
}

/**
 * Building its regular expressions of Unicode sets takes string-width as long as laying out the first frame. They are built when the first
 * text needs them, and the frames, blocks and signs that a deck is drawn with, which are one cell wide each, need none.
 */
function lazyWidths(text) {
	const names = [...text.matchAll(/^const (\w+Regex) = (\/.*\/[gvu]*);$/gm)].map(found => found[1]);
	if (names.length !== 5) throw new Error('string-width is not as it was: look at scripts/build.mjs');
	let lazy = text.replace(/^const (\w+Regex) = (\/.*\/[gvu]*);$/gm, 'let made_$1; const $1 = () => (made_$1 ??= $2);');
	for (const name of names) lazy = lazy.replace(new RegExp(`\\b${name}(?=\\.test|\\))`, 'g'), `${name}()`);
	const fast = '/^[\\u0020-\\u007E]*$/';
	if (!lazy.includes(fast)) throw new Error('string-width is not as it was: look at scripts/build.mjs');
	return lazy.replace(fast, `/^[${plain}]*$/`);
}

/** Plain old JavaScript: it must parse and run under any Node at all. */
const [major, minor] = oldestNode.split('.');
const check = `'use strict';
(function () {
	var found = process.versions.node.split('.');
	if (+found[0] > ${major} || (+found[0] === ${major} && +found[1] >= ${minor})) return;
	process.stderr.write('midwatch: this is Node ' + process.version + ', and midwatch needs Node ${major}.${minor} or newer. Install a newer Node, or start midwatch with the path of one: /path/to/node midwatch.js\\n');
	process.exit(2);
})();`;

const {build, transform} = await import('esbuild');
const startedAt = new Date();
const started = performance.now();
const result = await build({
	entryPoints: [join(root, 'bin', 'midwatch.ts')],
	absWorkingDir: root,
	bundle: true,
	write: false,
	outfile: target,
	platform: 'node',
	format: 'esm',
	// Syntax only, and older than what is supported: the whole file must parse before the check of the version can run.
	target: 'node18',
	supported: {'top-level-await': true},
	mainFields: ['module', 'main'],
	minifyWhitespace: true,
	minifySyntax: true,
	// Names are kept as they are: to give a shortened function its name back takes more time, at each start, than longer text does.
	legalComments: 'eof',
	jsx: 'automatic',
	define: {
		'process.env.NODE_ENV': '"production"',
		'process.env.DEV': '"false"',
		'import.meta.url': '__midwatchUrl',
		'import.meta.resolve': 'undefined',
	},
	plugins: [selfContained],
	logLevel: 'warning',
});

const bundled = result.outputFiles[0].text.replace(/^#!.*\n/, '');
const leftOver = /^\s*(?:import|export)\b[^(]/m.exec(bundled.slice(0, 2000)) ?? /\bimport\.meta\b/.exec(bundled);
if (leftOver) throw new Error(`the bundle still holds "${leftOver[0].trim()}": scripts/build.mjs must resolve it`);

/*
 * Compiling all of it takes as long as everything else before the first frame. So the program stands in a comment, which is passed over,
 * and what Node compiled of it is kept in the user's own cache: bin/code-cache.ts writes it, and this reads it, only from a folder and a
 * file that nobody else can write to, and only when its checksum is right, for Node itself does not look and dies of a damaged one. It
 * does look whether it was compiled by the same Node under the same flags: so it is written before the program changes one.
 */
const starter = `(function () {
	var get = process.getBuiltinModule, fs = get('node:fs'), path = get('node:path'), vm = get('node:vm');
	var self = process.argv[1], text = fs.readFileSync(self, 'latin1');
	var program = text.slice(text.indexOf(from) + from.length, text.lastIndexOf('*' + '/')).replaceAll(end, '*' + '/');
	var me = process.getuid ? process.getuid() : -1;
	var home = process.env.XDG_CACHE_HOME || (process.env.HOME ? path.join(process.env.HOME, '.cache') : '');
	var folder = path.join(home, 'midwatch');
	var file = path.isAbsolute(home) ? path.join(folder, 'code-' + build + '-' + process.version + '-' + process.arch + '.bin') : undefined;
	var own = function (name) {
		var found = fs.lstatSync(name);
		return found.uid === me && !found.isSymbolicLink() && (found.mode & 18) === 0;
	};
	var cachedData;
	try {
		if (file && own(folder) && own(file)) {
			var kept = fs.readFileSync(file), size = kept.length - 4;
			if (get('node:zlib').crc32(kept.subarray(0, size)) === kept.readUInt32LE(size)) cachedData = kept.subarray(0, size);
		}
	} catch (none) {}
	var script = new vm.Script(program, {filename: self, cachedData: cachedData});
	script.runInThisContext()(get('node:url').pathToFileURL(self).href, {
		file: file,
		kept: cachedData && !script.cachedDataRejected ? cachedData.length : 0,
		compiled: function () { return script.createCachedData(); },
	});
})();`;

/** ASCII only: one byte a character, on the disk and in memory. What esbuild leaves stands in regular expressions and comments. */
const ascii = bundled.replaceAll(/[\u0080-\uffff]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
const program = `(async function (__midwatchUrl, __midwatchCode) {\n${ascii}\n})`;
const end = '*%midwatch%/';
if (program.includes(end)) throw new Error(`the bundle holds ${end}: choose another in scripts/build.mjs`);
const name = createHash('sha256').update(program).digest('hex').slice(0, 16);

const text = `#!/usr/bin/env node
${check}
var build = '${name}', from = '/* the ' + 'program', end = '${end}';
${starter}
/* the program
${program.replaceAll('*/', end)}*/
`;

mkdirSync(dirname(target), {recursive: true});
// Renamed into place, so that a console that starts meanwhile reads the old file or the new one, never half of one.
const draft = `${target}.${process.pid}`;
try {
	writeFileSync(draft, text, {mode: 0o755});
	// As old as the sources it was read from: what changed meanwhile is newer, and start.mjs builds again.
	utimesSync(draft, startedAt, startedAt);
	renameSync(draft, target);
} finally {
	rmSync(draft, {force: true});
}
if (!args.includes('--quiet')) {
	const size = (text.length / 1024 / 1024).toFixed(1);
	process.stdout.write(
		`${relative(process.cwd(), target)}: ${size} MB in ${Math.round(performance.now() - started)} ms\n`,
	);
}
