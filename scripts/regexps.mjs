/*
 * Checks that every regular expression of the product takes linear time on any input (part of `npm run check`). It parses all sources for
 * literals, and loads all modules to record the expressions they construct. See docs/adr/0014-linear-time.md.
 *
 *   node scripts/regexps.mjs           checks the expressions that have no verdict yet
 *   node scripts/regexps.mjs --write   also stores the verdicts in scripts/regexps.json, so that the check is fast in a fresh checkout
 */
import {existsSync, globSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {parseSync} from 'oxc-parser';
import {checkSync} from 'recheck';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const committed = join(root, 'scripts', 'regexps.json');
const cached = join(root, 'node_modules', '.cache', 'midwatch-regexps.json');
const sources = '{bin,src,views,adapters,demo}/**/*.{ts,tsx}';

/** Files that may call the RegExp constructor in a function, with the reason. */
const mayConstruct = {
	'adapters/kafka/config/kafka-config.ts': 'it only checks that the expression is valid, and never runs it',
};

/** @returns the literals of a source, and its calls of the constructor: in a function, or at module level. */
function readSource(file, text) {
	const {program, errors} = parseSync(file, text);
	if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
	const place = node => `${file}:${text.slice(0, node.start).split('\n').length}`;
	const literals = [];
	const calls = [];
	const visit = (node, inFunction) => {
		if (typeof node !== 'object' || node === null) return;
		if (Array.isArray(node)) {
			for (const member of node) visit(member, inFunction);
			return;
		}
		if (node.type === 'Literal' && node.regex !== undefined && node.regex !== null)
			literals.push({pattern: node.regex.pattern, flags: node.regex.flags, place: place(node)});
		const builds = (node.type === 'NewExpression' || node.type === 'CallExpression') && node.callee?.name === 'RegExp';
		if (builds) calls.push({place: place(node), inFunction});
		const isFunction = /Function/.test(node.type ?? '');
		for (const [key, value] of Object.entries(node))
			if (key !== 'type' && key !== 'regex') visit(value, inFunction || isFunction);
	};
	visit(program, false);
	return {literals, calls};
}

/** @returns the expressions that modules construct while `load` loads them, without those of libraries. */
async function constructedBy(load) {
	const Native = globalThis.RegExp;
	const found = [];
	const record = expression => {
		const caller = (new Error('').stack ?? '')
			.split('\n')
			.find(line => /file:/.test(line) && !/scripts\/regexps/.test(line));
		const file = caller?.includes('/node_modules/')
			? undefined
			: /\/((?:bin|src|views|adapters|demo)\/[^:)]+:\d+)/.exec(caller ?? '');
		if (file) found.push({pattern: expression.source, flags: expression.flags, place: file[1]});
		return expression;
	};
	globalThis.RegExp = new Proxy(Native, {
		construct: (target, words, as) => record(Reflect.construct(target, words, as)),
		apply: (target, self, words) => record(Reflect.apply(target, self, words)),
	});
	try {
		await load();
	} finally {
		globalThis.RegExp = Native;
	}
	return found;
}

const keyOf = ({pattern, flags}) => `/${pattern}/${flags}`;

/** @returns why the expression is not linear; empty when it is. */
function verdictOf({pattern, flags}) {
	const {status, complexity, error} = checkSync(pattern, flags, {timeout: 20_000});
	if (status === 'safe') return '';
	return status === 'vulnerable' ? complexity.summary : `recheck has no verdict (${error?.kind ?? status})`;
}

/** Checks the check: a planted fault must be found. @throws Error when it is not. */
async function checkItself() {
	const {literals, calls} = readSource(
		'planted.ts',
		'const bad = /(a+)+$/; const f = (t: string) => new RegExp(t).test(t); const built = RegExp(f.name);',
	);
	const inFunctions = calls.map(({inFunction}) => inFunction).join();
	if (literals.length !== 1 || inFunctions !== 'true,false') throw new Error('a planted literal or call was not found');
	for (const planted of [literals[0], {pattern: '\\s+$', flags: ''}, {pattern: '<[^>]*>', flags: 'g'}])
		if (verdictOf(planted) === '') throw new Error(`${keyOf(planted)} passes, and is not linear`);
	if (verdictOf({pattern: '<[^<>]*>', flags: 'g'}) !== '') throw new Error('a linear expression does not pass');
}

const readJson = file => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {});

/** Imports all modules without JSX, which Node cannot load, and adds those that loaded to `loaded`. */
async function loadAll(files, loaded) {
	const modules = files.filter(file => file.endsWith('.ts') && file !== 'bin/midwatch.ts');
	const load = async file => {
		await import(pathToFileURL(join(root, file)).href);
		loaded.add(file);
	};
	await Promise.allSettled(modules.map(load));
}

async function main() {
	const faults = [];
	const found = [];
	const files = globSync(sources, {cwd: root})
		.map(file => file.replaceAll('\\', '/'))
		.toSorted();
	const loaded = new Set();
	found.push(...(await constructedBy(() => loadAll(files, loaded))));
	for (const file of files) {
		const {literals, calls} = readSource(file, readFileSync(join(root, file), 'utf8'));
		found.push(...literals);
		for (const {place, inFunction} of calls) {
			if (inFunction && mayConstruct[file] === undefined)
				faults.push(`${place} constructs an expression from a text: use src/text/pattern.ts, which takes linear time`);
			if (!inFunction && !loaded.has(file))
				faults.push(
					`${place} constructs an expression in a module that this check cannot load: move it to one without JSX`,
				);
		}
	}

	const known = {...readJson(committed), ...readJson(cached)};
	const now = {};
	let checked = 0;
	for (const expression of found) {
		const key = keyOf(expression);
		if (now[key] === undefined) {
			if (known[key] === undefined) checked += 1;
			now[key] = known[key] ?? verdictOf(expression);
		}
		if (now[key] !== '') faults.push(`${expression.place} ${key}: ${now[key]}`);
	}
	const safe = Object.fromEntries(
		Object.entries(now)
			.filter(([, verdict]) => verdict === '')
			.toSorted(),
	);
	mkdirSync(dirname(cached), {recursive: true});
	writeFileSync(cached, JSON.stringify(safe));
	if (process.argv.includes('--write')) writeFileSync(committed, `${JSON.stringify(safe, null, '\t')}\n`);
	process.stdout.write(`${Object.keys(now).length} expressions in ${files.length} files, ${checked} of them new\n`);
	for (const fault of faults) process.stdout.write(`${fault}\n`);
	return faults.length === 0 ? 0 : 1;
}

await checkItself();
// A loaded module may hold the event loop open.
process.exit(await main());
