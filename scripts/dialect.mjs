/*
 * `node scripts/dialect.mjs [PATH]` finds words that a new reader must read twice, in names, comments, texts and docs. `dialect.json` lists
 * them with their replacements, and the uses that are meant literally. Without a path it exits with 1 when a folder has more of them than
 * `dialect-baseline.json` allows; `--write` sets the baseline to the current counts.
 */
import {execFileSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const {words, literal} = JSON.parse(readFileSync(join(root, 'scripts/dialect.json'), 'utf8'));
const baselineFile = join(root, 'scripts/dialect-baseline.json');

/** Parts of names count as words: `isTold`, `told_by`. */
const pattern = new RegExp(
	`(?<![A-Za-z])(?:${Object.keys(words).join('|')})(?![a-z])|(?<=[a-z])(?:${Object.keys(words)
		.map(word => word[0].toUpperCase() + word.slice(1))
		.join('|')})(?![a-z])`,
	'g',
);
const anyCase = new RegExp(
	`(?<![A-Za-z])(?:${Object.keys(words)
		.map(word => word[0].toUpperCase() + word.slice(1))
		.join('|')})(?![a-z])`,
	'g',
);

/** Finds the listed words in one text. @returns the word, its line number, and the text of that line. */
export function findDialect(text, path = '') {
	const allowed = literal.filter(({file}) => file === path).map(({text: line}) => line);
	return text.split('\n').flatMap((line, index) => {
		if (allowed.some(text => line.includes(text))) return [];
		return [...line.matchAll(pattern), ...line.matchAll(anyCase)].map(([word]) => ({
			word: word.toLowerCase(),
			line: index + 1,
			text: line.trim(),
		}));
	});
}

const folderOf = path => {
	const [top, second, third] = path.split('/');
	if (second === undefined) return '.';
	return third === undefined || !['src', 'adapters', 'views', 'test', 'demo'].includes(top) ? top : `${top}/${second}`;
};

function read(filter) {
	const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
		cwd: root,
		encoding: 'utf8',
	})
		.trim()
		.split('\n')
		.filter(path => /\.(?:tsx?|mjs|mts|md|py|json)$|^\.ci\/run$/.test(path))
		.filter(path => !/__pages__|package(?:-lock)?\.json$|regexps\.json|dialect|^docs\/adr\//.test(path))
		.filter(path => filter === undefined || path.startsWith(filter));
	return files.map(path => ({path, found: findDialect(readFileSync(join(root, path), 'utf8'), path)}));
}

/** @returns the number of words by folder. */
function countByFolder(all) {
	const counts = {};
	for (const {path, found} of all) {
		if (found.length > 0) counts[folderOf(path)] = (counts[folderOf(path)] ?? 0) + found.length;
	}
	return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function main(args) {
	const planted = findDialect('const isTold = 1; // asked anew\nKept: tolding');
	if (
		planted
			.map(({word}) => word)
			.sort()
			.join() !== 'anew,asked,kept,told'
	) {
		process.stdout.write('the check does not find the words of its own example\n');
		return 1;
	}
	const folder = args.find(arg => !arg.startsWith('-'));
	const all = read(folder);
	if (folder !== undefined) {
		for (const {path, found} of all) {
			for (const {word, line, text} of found)
				process.stdout.write(`${path}:${line}: ${word} (${words[word]}): ${text}\n`);
		}
		process.stdout.write(`${all.reduce((sum, {found}) => sum + found.length, 0)} in ${folder}\n`);
		return 0;
	}
	const counts = countByFolder(all);
	if (args.includes('--write')) {
		writeFileSync(baselineFile, `${JSON.stringify(counts, undefined, '\t')}\n`);
		return 0;
	}
	const baseline = JSON.parse(readFileSync(baselineFile, 'utf8'));
	const over = Object.entries(counts).filter(([name, count]) => count > (baseline[name] ?? 0));
	for (const [name, count] of over) {
		process.stdout.write(
			`${name}: ${count} words of scripts/dialect.json, ${baseline[name] ?? 0} allowed: node scripts/dialect.mjs ${name}\n`,
		);
	}
	return over.length === 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
