import {readdirSync, readFileSync} from 'node:fs';
import {builtinModules} from 'node:module';
import {basename, dirname, join, posix} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseSync} from 'oxc-parser';
import {findLongFunctions, type LongFunction, maxFunctionLines} from './function-length.ts';
import {findModuleState} from './module-state.ts';

/** One file of the product or of its tests. `path` is relative to the root of the repository, with slashes. */
export type SourceFile = {readonly path: string; readonly text: string};

type Import = {readonly from: string; readonly type: boolean; readonly line: number};

export type Module = SourceFile & {
	/** The text with spaces instead of comments. */
	readonly code: string;
	readonly imports: readonly Import[];
	readonly hasDefaultExport: boolean;
	readonly reexports: boolean;
	/** Of the product only: the tests of one subject may fill a long function. */
	readonly longFunctions: readonly LongFunction[];
	/** The variables at module level that can change, one line each. */
	readonly moduleState: readonly string[];
};

const folders = ['bin', 'src', 'views', 'adapters', 'demo', 'test'];
const root = dirname(dirname(fileURLToPath(import.meta.url)));

export function readSources(): readonly SourceFile[] {
	return folders.flatMap(folder =>
		readdirSync(join(root, folder), {recursive: true, encoding: 'utf8'})
			.filter(path => /\.[cm]?[jt]sx?$/.test(path) && !path.split('/').includes('node_modules'))
			.map(path => `${folder}/${path}`)
			.map(path => ({path, text: readFileSync(join(root, path), 'utf8')})),
	);
}

/** Parses a file. @throws Error when it does not parse, so that it cannot pass unchecked. */
export function readModule(source: SourceFile): Module {
	const {module, errors, comments} = parseSync(source.path, source.text);
	const [error] = errors;
	if (error !== undefined) throw new Error(`${source.path}: ${error.message}`);
	const lineAt = (offset: number) => source.text.slice(0, offset).split('\n').length;
	const imports = module.staticImports.map(({moduleRequest, entries, start}) => ({
		from: moduleRequest.value,
		type: entries.length > 0 && entries.every(entry => entry.isType),
		line: lineAt(start),
	}));
	const exported = module.staticExports.flatMap(({entries, start}) =>
		entries.map(entry => ({...entry, line: lineAt(start)})),
	);
	for (const {moduleRequest, isType, line} of exported) {
		if (moduleRequest !== null) imports.push({from: moduleRequest.value, type: isType, line});
	}
	for (const {moduleRequest, start} of module.dynamicImports) {
		const argument = source.text.slice(moduleRequest.start, moduleRequest.end);
		imports.push({
			from: /^(['"`])(.*)\1$/.exec(argument)?.[2] ?? `(computed) ${argument}`,
			type: false,
			line: lineAt(start),
		});
	}
	let code = source.text;
	for (const {start, end} of comments)
		code = code.slice(0, start) + code.slice(start, end).replace(/[^\n]/g, ' ') + code.slice(end);
	return {
		...source,
		code,
		imports,
		hasDefaultExport: exported.some(({exportName}) => exportName.kind === 'Default' || exportName.name === 'default'),
		reexports: exported.some(({moduleRequest}) => moduleRequest !== null),
		longFunctions: source.path.startsWith('test/') ? [] : findLongFunctions(source.path, source.text),
		moduleState: findModuleState(source.path, source.text),
	};
}

/** The client library of each adapter; for Kubernetes the one that prints objects as YAML. */
const clients: Readonly<Record<string, readonly string[]>> = {
	postgres: ['pg', 'pgpass/lib/helper.js'],
	redis: ['ioredis'],
	kubernetes: ['yaml'],
};
/** The adapters that share the HTTP client. */
const speakHttp = ['kubernetes', 'prometheus', 'alertmanager', 'outbound'];
/** The parts of the core that an adapter may import. */
const allowedCoreImports = /^src\/(?:contract|errors|files|model|port|text|time)(?:\.ts$|\/)/;
/** The folder of a system in which its configuration is read, and the parts of src/config that it is made of. */
const configFolder = /^adapters\/[^/]+\/config\//;
const configParts =
	/^src\/(?:state\/state-document|config\/(?:config-error|entry-fields|http-schema|http-settings|safe-file|schema-parts|secrets|server-url|settings-error|variable-discovery))\.ts$/;

/** The parts of the core that the terminal may import. */
const textWidth = /^src\/text\/(?:fit|graphemes)\.ts$/;

/** Resolves a relative import to its path; undefined for a package or a builtin. */
const resolved = (path: string, from: string): string | undefined =>
	from.startsWith('.') ? posix.normalize(posix.join(posix.dirname(path), from)) : undefined;

/** Types of the Kubernetes API. */
const kubernetesTypes = /^kubernetes-types\//;

/** The modules that open connections. Only adapters may import them, so that data leaves this machine only for a target or a sink. */
const network = /^(?:node:)?(?:net|tls|https?|http2|dgram|dns)(?:\/|$)/;
const networkCall = /(?<![.\w])(?:fetch|WebSocket|EventSource)\(/;
const fetchCall = /(?<![.\w])fetch\(/;

/** Matches a path of the state directory that is not declared in src/state/layout.ts. */
const ownStatePath = /\bjoin\((?:\w+\.)*(?:\w*[sS]tateDir|state)\b/;

/** Matches the system's clocks and timers, which have no test double: everything uses a `Clock`. */
const systemTime =
	/\b(?:setTimeout|setInterval)\(|\bperformance\.now\b|\bDate\.now\b|\bnew Date\(\)|['"](?:node:)?timers(?:\/promises)?['"]/;
/** Where they may be used. The terminal is independent of the core. */
const ownsTime = /^(?:src\/time|views\/terminal|test)\//;

const isBuiltin = (from: string) => from.startsWith('node:') || builtinModules.includes(from);

/** Whether `path` may import `from`, by the rule of docs/architecture.md. */
function allowed(path: string, from: string): boolean {
	const [folder, system = ''] = path.split('/');
	const inner = resolved(path, from);
	if (inner === 'package.json') return folder === 'bin' || folder === 'test';
	const [place, other] = inner?.split('/') ?? [];
	if (place !== undefined && !folders.includes(place)) return folder === 'test' && place === 'scripts';
	if (network.test(from) && folder !== 'adapters' && folder !== 'demo' && folder !== 'test') return false;
	switch (folder) {
		case 'src':
			if (inner !== undefined) return place === 'src';
			if (from === 'yaml') return path.startsWith('src/config/');
			if (from === 'string-width' || from === 're2js') return path.startsWith('src/text/');
			if (kubernetesTypes.test(from)) return path === 'src/port/kubernetes-objects.ts';
			return isBuiltin(from) || from === 'zod';
		case 'adapters':
			if (configFolder.test(path) && (from === 'zod' || (inner !== undefined && configParts.test(inner)))) return true;
			if (inner === undefined) return isBuiltin(from) || (clients[system] ?? []).includes(from);
			if (place === 'adapters' && other === 'http' && speakHttp.includes(system)) return true;
			if (place === 'adapters') return other === system;
			return allowedCoreImports.test(inner);
		case 'demo':
			// The API server is a separate program.
			if (inner === undefined)
				return isBuiltin(from) || (path.startsWith('demo/kubernetes-api/objects/') && kubernetesTypes.test(from));
			if (system === 'kubernetes-api')
				return inner.startsWith('demo/kubernetes-api/') || /^src\/time\/(?:clock|yield)\.ts$/.test(inner);
			return place === 'demo' || place === 'adapters' || allowedCoreImports.test(inner);
		case 'views':
			// The terminal is independent of the core, except for the width of text.
			if (inner !== undefined && path.startsWith('views/terminal/'))
				return inner.startsWith('views/terminal/') || textWidth.test(inner);
			if (inner !== undefined) return place === 'src' || place === 'views';
			if (isBuiltin(from)) return /^views\/terminal\/tty(?:-[a-z]+)?\.ts$/.test(path);
			return ['ink', 'react', 'react/jsx-runtime'].includes(from);
		case 'bin':
			return place !== 'test' && !from.startsWith('(computed)');
		default:
			return true;
	}
}

/** Returns a cycle as the paths on it; undefined when there is none. */
export function findCycle(modules: readonly Module[]): readonly string[] | undefined {
	const edges = new Map(
		modules.map(({path, imports}) => [path, imports.flatMap(({from}) => resolved(path, from) ?? [])] as const),
	);
	const done = new Set<string>();
	const visit = (path: string, trail: readonly string[]): readonly string[] | undefined => {
		if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
		if (done.has(path)) return undefined;
		for (const next of edges.get(path) ?? []) {
			const cycle = visit(next, [...trail, path]);
			if (cycle !== undefined) return cycle;
		}
		done.add(path);
		return undefined;
	};
	for (const {path} of modules) {
		const cycle = visit(path, []);
		if (cycle !== undefined) return cycle;
	}
	return undefined;
}

/** Returns the sibling folders that an import connects; undefined when one folder contains the other. */
function folderEdge(from: string, to: string): readonly [from: string, to: string] | undefined {
	const one = posix.dirname(from).split('/');
	const other = posix.dirname(to).split('/');
	const at = one.findIndex((name, index) => name !== other[index]);
	if (at < 0 || other[at] === undefined) return undefined;
	return [one.slice(0, at + 1).join('/'), other.slice(0, at + 1).join('/')];
}

/** Returns a cycle of sibling folders with its imports. A folder and its subfolders may import each other. */
function folderCycles(modules: readonly Module[]): readonly string[] {
	const edges = new Map<string, Map<string, string>>();
	for (const {path, imports} of modules) {
		for (const {from} of imports) {
			const inner = resolved(path, from);
			const edge = inner === undefined ? undefined : folderEdge(path, inner);
			if (edge === undefined) continue;
			const [one, other] = edge;
			const out = edges.get(one) ?? new Map<string, string>();
			edges.set(one, out.set(other, `${path} -> ${inner}`));
		}
	}
	const done = new Set<string>();
	const visit = (folder: string, trail: readonly string[]): readonly string[] | undefined => {
		if (trail.includes(folder)) return [...trail.slice(trail.indexOf(folder)), folder];
		if (done.has(folder)) return undefined;
		for (const next of edges.get(folder)?.keys() ?? []) {
			const cycle = visit(next, [...trail, folder]);
			if (cycle !== undefined) return cycle;
		}
		done.add(folder);
		return undefined;
	};
	for (const folder of edges.keys()) {
		const cycle = visit(folder, []);
		if (cycle === undefined) continue;
		const why = cycle.slice(1).map((next, index) => edges.get(cycle[index] ?? '')?.get(next));
		return [`these folders import each other: ${cycle.join(' -> ')} (${why.join(', ')})`];
	}
	return [];
}

/** The maximum number of files in a folder: more of them fall into groups with folders of their own. */
const maxFilesInFolder = 26;

function fullFolders(modules: readonly Module[]): readonly string[] {
	const counts = new Map<string, number>();
	for (const {path} of modules) counts.set(posix.dirname(path), (counts.get(posix.dirname(path)) ?? 0) + 1);
	return [...counts]
		.filter(([, count]) => count > maxFilesInFolder)
		.map(([folder, count]) => `${folder}: has ${count} files, more than ${maxFilesInFolder}`);
}

/** What names a system in the core: its models and ports; the names that programs give to passwords; ids as examples in messages and in docs/config.md. */
const namesSystems = /^src\/(?:model|port|text\/secrets)\//;
const exampleIds: Readonly<Record<string, readonly string[]>> = {
	'src/config/config-schema.ts': ['`postgres.cancel: X`'],
	'src/config/policy-file.ts': ['[postgres.terminate, redis.*]', '`postgres.terminate`', '`redis.*`', '`postgres`'],
};

/** Returns each line of the core that names a system of `kinds`, and each example that is no longer there. */
export function namedSystems(modules: readonly Module[], kinds: readonly string[]): readonly string[] {
	const name = new RegExp(kinds.join('|'), 'i');
	return modules.flatMap(({path, code}) => {
		if (!path.startsWith('src/') || namesSystems.test(path)) return [];
		const examples = exampleIds[path] ?? [];
		const missing = examples
			.filter(id => !code.includes(id))
			.map(id => `${path}: ${id} does not occur: take it out of exampleIds`);
		const rest = examples.reduce((text, id) => text.replaceAll(id, ''), code);
		const found = rest.split('\n').flatMap((line, index) => {
			const kind = name.exec(line)?.[0];
			return kind === undefined ? [] : [`${path}:${index + 1}: names ${kind}`];
		});
		return [...missing, ...found];
	});
}

const maxLines = 400;
const forbidden = ['utils', 'helpers', 'common', 'manager', 'types', 'index'];
const unfinished = new RegExp(['TO' + 'DO', 'FIX' + 'ME', '@ts-' + 'ignore', '@ts-' + 'nocheck'].join('|'));

/** Matches a program that is started by a bare name: the system looks it up in PATH, which may contain the current directory. */
const bareProgram = /\b(?:spawn|execFile|exec|fork)(?:Sync)?\(\s*['"`](?!\/)/;

/** Matches a test of a field by which code would distinguish row types, and a cast to a row type. A row has its `kind` for both. */
const fieldTest = /'\w+' in \w/;
const rowFieldTest = /'\w+' in (?:\w+\??\.)*(?:\w*Row|rows?)\b/;
const rowCast = /\bas (?:readonly )?\w*Row\b/;
const rowTypeName = /\b[A-Z]\w+Row\b/;

const guessesRowType = (text: string): boolean =>
	rowCast.test(text) || rowFieldTest.test(text) || (rowTypeName.test(text) && fieldTest.test(text));

const tooLongFunctions = (modules: readonly Module[]): readonly string[] =>
	modules.flatMap(({path, longFunctions}) =>
		longFunctions.map(
			({name, line, lines}) => `${path}:${line}: ${name} has ${lines} lines, more than ${maxFunctionLines}`,
		),
	);

/** Returns every violation in the modules, one line each. */
export function findViolations(modules: readonly Module[]): readonly string[] {
	const faults: string[] = [];
	for (const module of modules) {
		const {path} = module;
		const say = (text: string) => faults.push(`${path}: ${text}`);
		for (const {from, line} of module.imports) {
			if (!allowed(path, from)) faults.push(`${path}:${line}: may not import ${from}`);
		}
		if (module.hasDefaultExport && !/^test\/(?:[\w/]+\.config\.m?|reporter\.)[jt]s$/.test(path))
			say('has a default export');
		if (
			!path.startsWith('test/') &&
			module.imports.some(({from}) => /^(?:node:)?child_process$/.test(from)) &&
			bareProgram.test(module.text)
		)
			say('starts a program by a bare name: look it up with src/files/find-program.ts');
		if (!/^(?:adapters|demo|test)\//.test(path) && networkCall.test(module.text))
			say('sends a network request, which only an adapter may');
		if (!ownsTime.test(path) && systemTime.test(module.text))
			say('uses a clock or timer of the system: see src/time/clock.ts');
		if (/^(?:src|bin)\//.test(path) && path !== 'src/state/layout.ts' && ownStatePath.test(module.text))
			say('joins a path of the state directory: declare it in src/state/layout.ts');
		faults.push(...module.moduleState);
		if (/^(?:adapters|demo)\//.test(path) && fetchCall.test(module.text))
			say('calls fetch, which the bundle does not have');
		if (!path.startsWith('test/') && guessesRowType(module.text)) say('guesses the type of a row: compare its kind');
		if (module.reexports) say('exports what another file declares');
		const stem = basename(path).replace(/(?:\.(?:test|bench|d))?\.[cm]?[jt]sx?$/, '');
		if (!/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.config)?$/.test(stem)) say('is not named in kebab-case');
		if (forbidden.includes(stem)) say(`is named ${stem}, which says nothing`);
		const lines = module.text.split('\n').length - 1;
		if (lines > maxLines) say(`has ${lines} lines, more than ${maxLines}`);
		const mark = unfinished.exec(module.text);
		if (mark !== null) say(`holds ${mark[0]}`);
	}
	const cycle = findCycle(modules);
	if (cycle !== undefined) faults.push(`these import each other: ${cycle.join(' -> ')}`);
	faults.push(...folderCycles(modules), ...fullFolders(modules), ...tooLongFunctions(modules));
	return faults;
}
