/* Collects the licences of the packages that are in the bundle, for dist/THIRD-PARTY-NOTICES.txt. */
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

const mit = copyright => `MIT License

${copyright}

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.`;

/** Licences of packages that contain no licence text, copied from their repositories. */
const missingTexts = {'yoga-layout': mit('Copyright (c) Facebook, Inc. and its affiliates.')};

/** @returns the directories of the packages that contributed code to the bundle, relative to the repository. */
function bundledPackages(metafile) {
	const folders = new Set();
	for (const {inputs} of Object.values(metafile.outputs)) {
		for (const [path, {bytesInOutput}] of Object.entries(inputs)) {
			const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path.replace(/^[a-z-]+:/, ''))?.[0];
			if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
		}
	}
	return [...folders];
}

/** @returns the texts of the licence and notice files of a package, or the licence section of its README. */
function licenceTexts(folder, name) {
	const names = readdirSync(folder);
	const files = names.filter(file => /^(?:licen[cs]e|copying|notice)(?:\.(?:md|txt))?$/i.test(file)).toSorted();
	if (files.length > 0) return files.map(file => readFileSync(join(folder, file), 'utf8').trim());
	const readme = names.find(file => /^readme(?:\.md)?$/i.test(file));
	const text = readme === undefined ? '' : readFileSync(join(folder, readme), 'utf8');
	const section = /^#+ *licen[cs]e *\n([\s\S]*Permission is hereby granted[\s\S]*)/im.exec(text)?.[1];
	if (section !== undefined) return [section.trim()];
	return missingTexts[name] === undefined ? [] : [missingTexts[name]];
}

/**
 * Returns the text of THIRD-PARTY-NOTICES.txt: each package of the bundle with its version and licence.
 * @param metafile the metafile of esbuild; its paths are relative to `root`.
 * @throws Error when a package has no licence text: add it to `missingTexts`.
 */
export function thirdPartyNotices(metafile, root) {
	const sections = new Map();
	for (const folder of bundledPackages(metafile)) {
		const {name, version, license} = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
		const texts = licenceTexts(join(root, folder), name);
		if (texts.length === 0) throw new Error(`${folder} has no licence text: add it to scripts/notices.mjs`);
		sections.set(`${name} ${version} (${license})`, texts.join('\n\n'));
	}
	const rule = '-'.repeat(80);
	const parts = [...sections]
		.toSorted(([a], [b]) => (a < b ? -1 : 1))
		.map(([title, text]) => `${rule}\n${title}\n\n${text}\n`);
	return `midwatch.js contains code of the following packages.\n\n${parts.join('\n')}`;
}
