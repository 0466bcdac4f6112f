/*
 * Builds dist/midwatch.js: one file that needs no package.json and no node_modules beside it; and dist/THIRD-PARTY-NOTICES.txt, the licences
 * of the packages in it.
 *
 * The file has the syntax of neither an ES module nor CommonJS: it gets Node's modules from `process.getBuiltinModule` instead of imports,
 * and all its code is in one async function (the WebAssembly of the layout engine needs await). So the check of the Node version at its top
 * runs first under every Node, however that Node loads a `.js` file, and not after an import has failed.
 */
import {mkdirSync, renameSync, rmSync, utimesSync, writeFileSync} from 'node:fs';
import {dirname, join, relative, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {nodeBuiltins} from './build/builtins.mjs';
import {declarations, globals, libraries} from './build/libraries.mjs';
import {oneFile} from './build/one-file.mjs';
import {needNode} from './node-version.mjs';
import {thirdPartyNotices} from './notices.mjs';

needNode();

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);
/** `--out FILE` writes the program to another path, without the notices. */
const target = args.includes('--out') ? resolve(args[args.indexOf('--out') + 1]) : join(root, 'dist', 'midwatch.js');

const {build} = await import('esbuild');
const startedAt = new Date();
const started = performance.now();
const {outputFiles, metafile} = await build({
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
		...globals,
		'process.env.NODE_ENV': '"production"',
		'process.env.DEV': '"false"',
		'import.meta.url': '__midwatchUrl',
		'import.meta.resolve': 'undefined',
	},
	inject: declarations,
	plugins: [libraries, nodeBuiltins],
	logLevel: 'warning',
});
const text = oneFile(outputFiles[0].text);

mkdirSync(dirname(target), {recursive: true});
if (!args.includes('--out'))
	writeFileSync(join(dirname(target), 'THIRD-PARTY-NOTICES.txt'), thirdPartyNotices(metafile, root));
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
