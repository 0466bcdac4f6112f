/*
 * Builds dist/midwatch.js: one file that needs no package.json and no node_modules beside it; and dist/THIRD-PARTY-NOTICES.txt, the licences
 * of the packages in it.
 *
 * The file has the syntax of neither an ES module nor CommonJS: it gets Node's modules from `process.getBuiltinModule` instead of imports,
 * and all its code is in one async function (the WebAssembly of the layout engine needs await). So the check of the Node version at its top
 * runs first under every Node, however that Node loads a `.js` file, and not after an import has failed.
 */
import {createHash} from 'node:crypto';
import {mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync} from 'node:fs';
import {builtinModules} from 'node:module';
import {dirname, join, relative, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {needNode, oldestNode} from './node-version.mjs';
import {thirdPartyNotices} from './notices.mjs';

needNode();

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);
/** `--out FILE` writes the program to another path, without the notices. */
const target = args.includes('--out') ? resolve(args[args.indexOf('--out') + 1]) : join(root, 'dist', 'midwatch.js');
const builtins = new Set(builtinModules.filter(name => !name.startsWith('_')));

/** Optional packages of our dependencies that the bundle leaves out. */
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
		// Without fetch the layout engine decodes its WebAssembly itself; with fetch it first loads all of undici, a fifth of the start time.
		build.onLoad({filter: /yoga-wasm-base64-esm\.js$/}, ({path}) => ({
			contents: `const fetch = undefined;\n${readFileSync(path, 'utf8')}`,
			loader: 'js',
		}));
		build.onLoad({filter: /node_modules\/string-width\/index\.js$/}, ({path}) => ({
			contents: lazyWidths(lazySegmenter(readFileSync(path, 'utf8'))),
			loader: 'js',
		}));
		// The messages of zod in fifty languages: midwatch writes its own.
		build.onLoad({filter: /node_modules\/zod\/v4\/locales\/index\.js$/}, () => ({
			contents: "export {default as en} from './en.js';",
		}));
		// The largest file. Shorter local names make each start faster; they are of no use in a stack trace.
		build.onLoad({filter: /node_modules\/react-reconciler\/cjs\/.*\.production\.js$/}, async ({path}) => ({
			contents: (await transform(readFileSync(path, 'utf8'), {minifyIdentifiers: true, format: 'cjs'})).code,
		}));
		// It checks its one argument with `assert`, which takes as long to load as a frame to draw.
		build.onLoad({filter: /node_modules\/signal-exit\/index\.js$/}, ({path}) => ({
			contents: replaceRequired(readFileSync(path, 'utf8'), "require('assert')", '{equal() {}}'),
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

/** @throws Error when the text does not contain `search`: the library has changed, and the patch must be reviewed. */
function replaceRequired(text, search, replacement) {
	if (!text.includes(search)) throw new Error(`a library no longer contains ${search}: review scripts/build.mjs`);
	return text.replaceAll(search, () => replacement);
}

const loading = path => `process.getBuiltinModule(${JSON.stringify(path)})`;
const namesOf = path => Object.keys(process.getBuiltinModule(path)).filter(name => name !== 'default');

/**
 * Reads only the names that are imported. esbuild would copy all names and so run every getter, and some getters make Node load half of its
 * modules.
 */
function importedBuiltin(path) {
	const names = namesOf(path).map(name => `export const ${name} = /* @__PURE__ */ of('${name}');`);
	return `const all = ${loading(path)}; const of = name => all[name]; export default all; ${names.join('\n')}`;
}

/** Node modules that the first frame does not need; loading them takes longer than drawing it. */
const lateBuiltins = new Set(
	'assert child_process crypto dgram dns fs/promises http http2 https inspector net tls worker_threads v8 zlib'
		.split(' ')
		.map(name => `node:${name}`),
);

/** Loads the Node module on first use of one of its names, not on import. `assert` is callable, because some libraries call it while they load. */
function lateBuiltin(path) {
	return `let loaded;
		const load = () => (loaded ??= ${loading(path)});
		${path === 'node:assert' ? 'module.exports = (...args) => load()(...args);' : ''}
		for (const name of ${JSON.stringify(namesOf(path))})
			Object.defineProperty(module.exports, name, {enumerable: true, get: () => load()[name]});`;
}

/** ASCII, and the frames, blocks and symbols that a deck is drawn with: each is a character of its own and one cell wide. */
const plain = '\\u0020-\\u007E\\u00B7\\u2026\\u2500-\\u25FC\\u2800-\\u28FF';

/** Ink searches each text for control characters and marks. This does the same with character sets that are cheap to build. */
function cheapSanitizing(text) {
	const controls = replaceRequired(
		text,
		'/(?![\\t\\n])\\p{Control}/gu',
		'/[\\u0000-\\u0008\\u000B-\\u001F\\u007F-\\u009F]/g',
	);
	const marks = 'leadingMarksRegex.exec(value)';
	return replaceRequired(controls, marks, `(/^[${plain}]/.test(value) ? null : ${marks})`);
}

const segmenting =
	/node_modules\/(?:ink\/build\/line-update|slice-ansi\/tokenize-ansi|wrap-ansi\/index|@alcalzone\/ansi-tokenize\/build\/tokenize)\.js$/;
const segmenter = /^const (\w+) = (new Intl\.Segmenter\([^;]*\));$/gm;

/** Creating the first segmenter takes Node as long as laying out the first frame, and a deck seldom needs one. So it is created on first use. */
function lazySegmenter(text) {
	if (text.match(segmenter)?.length !== 1)
		throw new Error('a library segments text in another way: review scripts/build.mjs');
	// `containing` needs a real segmenter; `segment` alone can be an array.
	const simple = text.includes('.containing(')
		? ''
		: `/^[\\n\\u001B${plain}]*$/.test(text) ? Array.from(text, (segment, index) => ({segment, index})) : `;
	return text.replace(segmenter, `let lazy_$1; const $1 = {segment: text => ${simple}(lazy_$1 ??= $2).segment(text)};`);
}

/**
 * Compiling the Unicode expressions of string-width takes as long as laying out the first frame. They are compiled when a text needs
 * them; the frames, blocks and symbols that a deck is drawn with are one cell wide each and do not.
 */
function lazyWidths(text) {
	const names = [...text.matchAll(/^const (\w+Regex) = (\/.*\/[gvu]*);$/gm)].map(match => match[1]);
	if (names.length !== 5) throw new Error('string-width has changed: review scripts/build.mjs');
	let lazy = text.replace(/^const (\w+Regex) = (\/.*\/[gvu]*);$/gm, 'let lazy_$1; const $1 = () => (lazy_$1 ??= $2);');
	for (const name of names) lazy = lazy.replace(new RegExp(`\\b${name}(?=\\.test|\\))`, 'g'), `${name}()`);
	const fast = '/^[\\u0020-\\u007E]*$/';
	if (!lazy.includes(fast)) throw new Error('string-width has changed: review scripts/build.mjs');
	return lazy.replace(fast, `/^[${plain}]*$/`);
}

/** ES5: it must parse and run under every Node. */
const [major, minor] = oldestNode.split('.');
const versionCheck = `'use strict';
(function () {
	var version = process.versions.node.split('.');
	if (+version[0] > ${major} || (+version[0] === ${major} && +version[1] >= ${minor})) return;
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
	metafile: true,
	outfile: target,
	platform: 'node',
	format: 'esm',
	// For the syntax only: the complete file must parse under an old Node before the version check can run.
	target: 'node18',
	supported: {'top-level-await': true},
	mainFields: ['module', 'main'],
	minifyWhitespace: true,
	minifySyntax: true,
	// Names are not minified: restoring the names of minified functions takes more time at each start than the longer text does.
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
if (leftOver) throw new Error(`the bundle still contains "${leftOver[0].trim()}": scripts/build.mjs must resolve it`);

/*
 * Compiling the program takes as long as everything else before the first frame. So the program is in a comment, which the parser skips,
 * and V8's code cache of it is stored in the user's cache directory. bin/code-cache.ts writes it; the starter reads it, only from a folder
 * and a file that no other user can write, and only when its checksum is right: V8 does not check and crashes on a damaged cache. V8 does
 * check that the same Node compiled it under the same flags, so it is written under the flags of the start.
 */
const starter = `(function () {
	var get = process.getBuiltinModule, fs = get('node:fs'), path = get('node:path'), vm = get('node:vm');
	var self = process.argv[1], text = fs.readFileSync(self, 'latin1');
	var program = text.slice(text.indexOf(from) + from.length, text.lastIndexOf('*' + '/')).replaceAll(end, '*' + '/');
	var me = process.getuid ? process.getuid() : -1;
	var home = process.env.XDG_CACHE_HOME || (process.env.HOME ? path.join(process.env.HOME, '.cache') : '');
	var folder = path.join(home, 'midwatch');
	var file = path.isAbsolute(home) ? path.join(folder, 'code-' + build + '-' + process.version + '-' + process.arch + '.bin') : undefined;
	var isPrivate = function (name) {
		var stats = fs.lstatSync(name);
		return stats.uid === me && !stats.isSymbolicLink() && (stats.mode & 18) === 0;
	};
	var cachedData;
	try {
		if (file && isPrivate(folder) && isPrivate(file)) {
			var bytes = fs.readFileSync(file), size = bytes.length - 4;
			if (get('node:zlib').crc32(bytes.subarray(0, size)) === bytes.readUInt32LE(size)) cachedData = bytes.subarray(0, size);
		}
	} catch (none) {}
	var script = new vm.Script(program, {filename: self, cachedData: cachedData});
	script.runInThisContext()(get('node:url').pathToFileURL(self).href, {
		file: file,
		cachedBytes: cachedData && !script.cachedDataRejected ? cachedData.length : 0,
		createCachedData: function () { return script.createCachedData(); },
	});
})();`;

/** ASCII only: one byte a character, on disk and in memory. esbuild leaves other characters in regular expressions and comments. */
const ascii = bundled.replaceAll(/[\u0080-\uffff]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
const program = `(async function (__midwatchUrl, __midwatchCode) {\n${ascii}\n})`;
const end = '*%midwatch%/';
if (program.includes(end)) throw new Error(`the bundle contains ${end}: choose another in scripts/build.mjs`);
const name = createHash('sha256').update(program).digest('hex').slice(0, 16);

const text = `#!/usr/bin/env node
${versionCheck}
var build = '${name}', from = '/* the ' + 'program', end = '${end}';
${starter}
/* the program
${program.replaceAll('*/', end)}*/
`;

mkdirSync(dirname(target), {recursive: true});
if (!args.includes('--out'))
	writeFileSync(join(dirname(target), 'THIRD-PARTY-NOTICES.txt'), thirdPartyNotices(result.metafile, root));
// Renamed into place, so that a console that starts meanwhile reads the old file or the new one, never a part of one.
const draft = `${target}.${process.pid}`;
try {
	writeFileSync(draft, text, {mode: 0o755});
	// The time of the start of the build: sources that changed meanwhile are newer, and start.mjs builds again.
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
