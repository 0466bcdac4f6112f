/*
 * Mutates one folder of src and reports the mutants that no test detects; see docs/dev/mutation.md.
 *
 * MUTATE is the folder. SHARE (0 to 1, default 1) is the part of its top-level statements to mutate, chosen by SEED (default 1). The same seed
 * chooses the same functions until they are renamed or moved to another file.
 */
import {createHash} from 'node:crypto';
import {globSync, readFileSync} from 'node:fs';
import {parseSync} from 'oxc-parser';

const {MUTATE: folder, SHARE: share = '1', SEED: seed = '1'} = process.env;
if (!folder) throw new Error('Set MUTATE to a folder, for example MUTATE=src/policy');

/** A number from 0 to 1 that depends on the seed and the text only. */
const draw = text => createHash('sha256').update(`${seed} ${text}`).digest().readUInt32BE() / 2 ** 32;

/** Name of what a statement declares, or its position in the file. */
function nameOf({declaration, ...statement}, index) {
	const declared = declaration ?? statement;
	return declared.id?.name ?? declared.declarations?.[0]?.id.name ?? index;
}

/** The chosen statements of a file, as `file:line:column-line:column`. */
function chosenRanges(file) {
	const text = readFileSync(file, 'utf8');
	const position = offset => {
		const before = text.slice(0, offset).split('\n');
		return `${before.length}:${before.at(-1).length}`;
	};
	return parseSync(file, text)
		.program.body.filter((statement, index) => draw(`${file} ${nameOf(statement, index)}`) < Number(share))
		.map(({start, end}) => `${file}:${position(start)}-${position(end)}`);
}

const report = `.stryker/${folder.replaceAll('/', '-')}`;

export default {
	mutate: globSync(`${folder}/**/*.ts`).sort().flatMap(chosenRanges),
	testRunner: 'vitest',
	plugins: ['@stryker-mutator/vitest-runner'],
	vitest: {configFile: 'test/mutation/vitest.config.mjs', dir: `test/${folder}`},
	coverageAnalysis: 'perTest',
	concurrency: 1,
	disableTypeChecks: false,
	// No such file: Stryker would rewrite the paths in it with functions that TypeScript 7 no longer has.
	tsconfigFile: '.stryker/tsconfig.json',
	tempDirName: '.stryker/sandbox',
	ignorePatterns: ['.stryker', '.estate', 'dist'],
	reporters: ['clear-text', 'progress-append-only', 'html', 'json'],
	clearTextReporter: {allowColor: false, logTests: false, reportTests: false},
	htmlReporter: {fileName: `${report}.html`},
	jsonReporter: {fileName: `${report}.json`},
};
