/* The text of the one file: the check of the Node version, the starter, and the program in a comment. */
import {createHash} from 'node:crypto';
import {oldestNode} from '../node-version.mjs';

/** ES5: it must parse and run under every Node. */
const [major, minor] = oldestNode.split('.');
const versionCheck = `'use strict';
(function () {
	var version = process.versions.node.split('.');
	if (+version[0] > ${major} || (+version[0] === ${major} && +version[1] >= ${minor})) return;
	process.stderr.write('midwatch: this is Node ' + process.version + ', and midwatch needs Node ${major}.${minor} or newer. Install a newer Node, or start midwatch with the path of one: /path/to/node midwatch.js\\n');
	process.exit(2);
})();`;

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

/** Replaces the end of a comment in the program. */
const end = '*%midwatch%/';

/**
 * Returns the file that contains a bundle, in ASCII.
 * @throws Error when the bundle still has an import, or contains what replaces the end of a comment.
 */
export function oneFile(output) {
	const bundled = output.replace(/^#!.*\n/, '');
	const leftOver = /^\s*(?:import|export)\b[^(]/m.exec(bundled.slice(0, 2000)) ?? /\bimport\.meta\b/.exec(bundled);
	if (leftOver) throw new Error(`the bundle still contains "${leftOver[0].trim()}": scripts/build.mjs must resolve it`);
	// One byte a character, on disk and in memory. esbuild leaves other characters in regular expressions and comments.
	const ascii = bundled.replaceAll(
		/[\u0080-\uffff]/g,
		unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
	);
	const program = `(async function (__midwatchUrl, __midwatchCode) {\n${ascii}\n})`;
	if (program.includes(end))
		throw new Error(`the bundle contains ${end}: choose another in scripts/build/one-file.mjs`);
	const name = createHash('sha256').update(program).digest('hex').slice(0, 16);
	return `#!/usr/bin/env node
${versionCheck}
var build = '${name}', from = '/* the ' + 'program', end = '${end}';
${starter}
/* the program
${program.replaceAll('*/', end)}*/
`;
}
