/*
 * Checks that every regular expression of the product takes linear time, whatever it reads: `npm run check` runs it. It parses all sources for
 * literals, and loads all modules to see what they build. docs/adr/0014-linear-time.md.
 *
 *   node scripts/regexps.mjs           checks; looks only at expressions that have no verdict yet
 *   node scripts/regexps.mjs --write   writes the verdicts to scripts/regexps.json, so that a fresh checkout is fast too
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

/** Files that may call the constructor in a function, and why. */
const mayBuild = {
	'src/config/kafka-settings.ts': 'it is only built, to see whether it can be, and never run',
};

/** Literals of a source, and the calls of the constructor: in a function, or where the module is loaded. */
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

/** What modules build while they load. Library code is not ours. */
async function builtBy(load) {
	const Native = globalThis.RegExp;
	const found = [];
	const note = expression => {
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
		construct: (target, words, as) => note(Reflect.construct(target, words, as)),
		apply: (target, self, words) => note(Reflect.apply(target, self, words)),
	});
	try {
		await load();
	} finally {
		globalThis.RegExp = Native;
	}
	return found;
}

const keyOf = ({pattern, flags}) => `/${pattern}/${flags}`;

/** @returns what is wrong with it; empty when it is linear. */
function verdictOf({pattern, flags}) {
	const {status, complexity, error} = checkSync(pattern, flags, {timeout: 20_000});
	if (status === 'safe') return '';
	return status === 'vulnerable' ? complexity.summary : `recheck cannot tell (${error?.kind ?? status})`;
}

/** Were a planted fault to pass, the check of the real ones would prove nothing. */
async function proveItself() {
	const {literals, calls} = readSource(
		'planted.ts',
		'const bad = /(a+)+$/; const f = (t: string) => new RegExp(t).test(t); const built = RegExp(f.name);',
	);
	const inFunctions = calls.map(({inFunction}) => inFunction).join();
	if (literals.length !== 1 || inFunctions !== 'true,false') throw new Error('a planted literal or call is not found');
	for (const planted of [literals[0], {pattern: '\\s+$', flags: ''}, {pattern: '<[^>]*>', flags: 'g'}])
		if (verdictOf(planted) === '') throw new Error(`${keyOf(planted)} passes, and is not linear`);
	if (verdictOf({pattern: '<[^<>]*>', flags: 'g'}) !== '') throw new Error('a linear expression does not pass');
}

const readJson = file => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {});

/** Loads what Node can, which reads no JSX, and notes what was loaded. */
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
	found.push(...(await builtBy(() => loadAll(files, loaded))));
	for (const file of files) {
		const {literals, calls} = readSource(file, readFileSync(join(root, file), 'utf8'));
		found.push(...literals);
		for (const {place, inFunction} of calls) {
			if (inFunction && mayBuild[file] === undefined)
				faults.push(`${place} builds an expression from a text: use src/text/pattern.ts, which takes linear time`);
			if (!inFunction && !loaded.has(file))
				faults.push(
					`${place} builds an expression in a module that this check cannot load: move it to one without JSX`,
				);
		}
	}

	const known = {...readJson(committed), ...readJson(cached)};
	const now = {};
	let looked = 0;
	for (const one of found) {
		const key = keyOf(one);
		if (now[key] === undefined) {
			if (known[key] === undefined) looked += 1;
			now[key] = known[key] ?? verdictOf(one);
		}
		if (now[key] !== '') faults.push(`${one.place} ${key}: ${now[key]}`);
	}
	const safe = Object.fromEntries(
		Object.entries(now)
			.filter(([, verdict]) => verdict === '')
			.toSorted(),
	);
	mkdirSync(dirname(cached), {recursive: true});
	writeFileSync(cached, JSON.stringify(safe));
	if (process.argv.includes('--write')) writeFileSync(committed, `${JSON.stringify(safe, null, '\t')}\n`);
	process.stdout.write(`${Object.keys(now).length} expressions in ${files.length} files, ${looked} of them new\n`);
	for (const fault of faults) process.stdout.write(`${fault}\n`);
	return faults.length === 0 ? 0 : 1;
}

await proveItself();
// Modules may hold the loop open.
process.exit(await main());
