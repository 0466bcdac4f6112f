/*
 * `node scripts/dialect.mjs [PATH]` finds words that a new reader must read twice, in names, comments, texts and docs. `dialect.json` lists
 * them with their replacements, and the uses that are meant literally. Exits with 1 when it finds one.
 */
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const {words, literal} = JSON.parse(readFileSync(join(root, 'scripts/dialect.json'), 'utf8'));

/** Parts of names count as words: `told_by`, `ToldBy`, `isTold`. */
const lower = Object.keys(words).join('|');
const upper = Object.keys(words)
	.map(word => word[0].toUpperCase() + word.slice(1))
	.join('|');
const pattern = new RegExp(`(?<![A-Za-z])(?:${lower}|${upper})(?![a-z])|(?<=[a-z])(?:${upper})(?![a-z])`, 'g');

function findDialect(text, path = '') {
	const allowed = literal.filter(({file}) => file === path).map(({text: line}) => line);
	return text.split('\n').flatMap((line, index) => {
		if (allowed.some(part => line.includes(part))) return [];
		return [...line.matchAll(pattern)].map(([word]) => ({
			word: word.toLowerCase(),
			line: index + 1,
			text: line.trim(),
		}));
	});
}

/** Files of the repository below a path, but for recorded pages, lock files, and the lists of this check and that of regular expressions. */
const readFiles = folder =>
	execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', folder], {cwd: root, encoding: 'utf8'})
		.split('\n')
		.filter(path => /\.(?:tsx?|mjs|mts|md|py|json)$|^\.ci\/run$/.test(path))
		.filter(path => !/__pages__|package(?:-lock)?\.json$|regexps\.json|scripts\/dialect/.test(path))
		.map(path => ({path, text: readFileSync(join(root, path), 'utf8')}));

function main([folder = '.']) {
	const example = findDialect('const isTold = 1; // asked anew\nKept: tolding');
	if (example.map(({word}) => word).join() !== 'told,asked,anew,kept') {
		process.stdout.write('the check does not find the words of its own example\n');
		return 1;
	}
	const found = readFiles(folder).flatMap(({path, text}) => findDialect(text, path).map(one => ({path, ...one})));
	for (const {path, line, word, text} of found)
		process.stdout.write(`${path}:${line}: ${word} (${words[word]}): ${text}\n`);
	return found.length === 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
