import {type Document, isMap, isScalar, LineCounter, type Node, parseDocument} from 'yaml';
import type * as z from 'zod';
import {cleanLine} from '../text/clean.ts';
import {closestWord} from '../text/closest.ts';
import {ConfigError, type Mistake} from './config-error.ts';

export type Path = readonly (string | number)[];

/** A parsed YAML file that maps each path to its line and column. */
export type ConfigDocument = {
	readonly file: string;
	readonly value: unknown;
	/** True when the file holds no value: it is empty, has only comments, or is `null`. */
	readonly isEmpty: boolean;
	/** Returns a mistake at the value of this path, or at its nearest existing parent. */
	mistake(path: Path, text: string): Mistake;
	/** Returns a mistake at the key of this path instead of its value. */
	mistakeAtKey(path: Path, text: string): Mistake;
	has(path: Path): boolean;
	/** Returns the text of a scalar; undefined for anything else. */
	textAt(path: Path): string | undefined;
};

/** The maximum number of reported syntax errors: later ones often follow from the first. */
const maxSyntaxMistakes = 20;

/** Parses a YAML file. An empty file is an empty mapping. @throws ConfigError when it is not YAML, or when it has a duplicate key. */
export function readDocument(file: string, text: string): ConfigDocument {
	const lines = new LineCounter();
	const document = parseDocument(text, {lineCounter: lines, prettyErrors: false, strict: true, uniqueKeys: true});
	const positionAt = (offset: number) => {
		const {line, col} = lines.linePos(offset);
		return {line, column: col};
	};
	const all = [...document.errors, ...document.warnings];
	// The other errors only follow from this one.
	const deep = all.find(({code}) => code === 'RESOURCE_EXHAUSTION');
	const faults = deep === undefined ? all.slice(0, maxSyntaxMistakes) : [deep];
	if (faults.length > 0) {
		// The parser's message may quote the line, and the line may hold a secret: only its first sentence is about the syntax alone.
		throw new ConfigError(
			file,
			faults.map(fault => ({...positionAt(fault.pos[0]), text: `this is not valid YAML: ${yamlFault(fault.code)}`})),
		);
	}
	let written: unknown;
	try {
		written = document.toJS({maxAliasCount: 20}) ?? undefined;
	} catch {
		throw new ConfigError(file, [{text: 'it holds an alias (*name) without its anchor (&name), or too many of them'}]);
	}
	const nodeAt = (path: Path): Node | undefined => {
		const node = document.getIn(path, true);
		return isNode(node) ? node : undefined;
	};
	const at = (node: Node | undefined) => positionAt(node?.range?.[0] ?? 0);
	const mistake = (path: Path, message: string): Mistake => {
		let around = path;
		while (around.length > 0 && nodeAt(around) === undefined) around = around.slice(0, -1);
		return {...at(nodeAt(around) ?? document.contents ?? undefined), text: message};
	};
	return {
		file,
		value: written ?? {},
		isEmpty: written === undefined,
		mistake,
		mistakeAtKey(path, message) {
			const keyNode = keyAt(document, path);
			return keyNode === undefined ? mistake(path, message) : {...at(keyNode), text: message};
		},
		has: path => document.hasIn(path),
		textAt(path) {
			const node = nodeAt(path);
			return isScalar(node) ? String(node.value) : undefined;
		},
	};
}

const isNode = (node: unknown): node is Node => typeof node === 'object' && node !== null && 'range' in node;

function keyAt(document: Document, path: Path): Node | undefined {
	const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
	if (!isMap(parent)) return undefined;
	const pair = parent.items.find(item => isScalar(item.key) && String(item.key.value) === String(path.at(-1)));
	return isNode(pair?.key) ? pair.key : undefined;
}

/** Describes an error code of the YAML parser in words. */
function yamlFault(code: string): string {
	switch (code) {
		case 'DUPLICATE_KEY':
			return 'this key is there twice';
		case 'BAD_INDENT':
		case 'TAB_AS_INDENT':
			return 'the indentation is wrong (spaces only, the same for all keys of one mapping)';
		case 'MISSING_CHAR':
			return 'a quote, bracket, dash or colon is missing, or this line is indented wrongly';
		case 'TAG_RESOLVE_FAILED':
			return 'tags (!…) are not used here';
		case 'RESOURCE_EXHAUSTION':
			return 'it is nested too deep';
		case 'MULTIPLE_DOCS':
			return 'only one document is read from a file';
		default:
			return `here the parser stopped (${code.toLowerCase().replaceAll('_', ' ')})`;
	}
}

/** Formats a path as `targets[0].port`. */
export const formatPath = (path: Path): string =>
	path.reduce<string>(
		(text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
		'',
	);

/** Keys whose value a message may quote. They are enumerations, so the value cannot be a secret. */
const quotable: ReadonlySet<string> = new Set(['kind', 'mode', 'theme', 'tls', 'guard', 'leastDemand']);

/** Turns the issues of the schema into mistakes, in the order of the file. `explain` can give its own text for an issue. */
export function schemaMistakes(
	document: ConfigDocument,
	issues: readonly z.core.$ZodIssue[],
	explain?: (path: Path, issue: z.core.$ZodIssue) => string | undefined,
): readonly Mistake[] {
	const mistakes = issues.flatMap((issue): Mistake[] => {
		const path = issue.path.map(part => (typeof part === 'symbol' ? String(part) : part));
		const own = explain?.(path, issue);
		if (own !== undefined) return [document.mistake(path, own)];
		if (issue.code === 'unrecognized_keys') {
			const allowed = issue.message.split(', ');
			return issue.keys.map(key => document.mistakeAtKey([...path, key], unknownKey(key, path, allowed)));
		}
		// A scalar that is short for a mapping (`tls: prefer`): the issue has the path in the mapping, the file has the scalar.
		const written = document.textAt(path.slice(0, -1)) === undefined ? path : path.slice(0, -1);
		const name = formatPath(written);
		if (name === '') return [document.mistake(path, `the file ${issue.message}`)];
		if (!document.has(written)) return [document.mistake(path, `${name} is missing; it ${issue.message}`)];
		const word = quotable.has(String(path.at(-1))) ? document.textAt(written) : undefined;
		const current = word === undefined ? '' : `, and is "${cleanLine(word)}"`;
		return [document.mistake(path, `${name} ${issue.message}${current}`)];
	});
	return mistakes.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

function unknownKey(key: string, path: Path, allowed: readonly string[]): string {
	const near = closestWord(key, allowed);
	const where = path.length === 0 ? '' : ` in ${formatPath(path)}`;
	const meant = near === undefined ? '' : `; did you mean "${near}"?`;
	return `"${cleanLine(key)}" is not known${where}${meant === '' ? '.' : meant} Allowed: ${allowed.join(', ')}`;
}
