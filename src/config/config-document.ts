import {type Document, isMap, isScalar, LineCounter, type Node, parseDocument} from 'yaml';
import type {z} from 'zod';
import {cleanLine} from '../text/clean.ts';
import {closestWord} from '../text/closest.ts';
import {ConfigError, type Mistake} from './config-error.ts';

export type Path = readonly (string | number)[];

/** A YAML file that knows where each of its values stands. */
export type ConfigDocument = {
	readonly file: string;
	readonly value: unknown;
	/** It holds no value: nothing, only comments, or null. */
	readonly isEmpty: boolean;
	/** A mistake at the value with this path, or at the nearest thing around it that is there. */
	mistake(path: Path, text: string): Mistake;
	/** The same at the key rather than at its value. */
	mistakeAtKey(path: Path, text: string): Mistake;
	has(path: Path): boolean;
	/** The text of a scalar; undefined for anything else. */
	textAt(path: Path): string | undefined;
};

/** How many mistakes of syntax are reported: later ones often follow from the first. */
const maxSyntaxMistakes = 20;

/** @throws ConfigError when it is not YAML, or YAML that says something twice. An empty file is an empty mapping. */
export function readDocument(file: string, text: string): ConfigDocument {
	const lines = new LineCounter();
	const document = parseDocument(text, {lineCounter: lines, prettyErrors: false, strict: true, uniqueKeys: true});
	const place = (offset: number) => {
		const {line, col} = lines.linePos(offset);
		return {line, column: col};
	};
	const all = [...document.errors, ...document.warnings];
	// What follows from it says nothing more.
	const deep = all.find(({code}) => code === 'RESOURCE_EXHAUSTION');
	const faults = deep === undefined ? all.slice(0, maxSyntaxMistakes) : [deep];
	if (faults.length > 0) {
		// The parser's message may quote the line, and the line may hold a secret: only its first sentence is about the syntax alone.
		throw new ConfigError(
			file,
			faults.map(fault => ({...place(fault.pos[0]), text: `this is not valid YAML: ${yamlFault(fault.code)}`})),
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
	const at = (node: Node | undefined) => place(node?.range?.[0] ?? 0);
	const mistake = (path: Path, words: string): Mistake => {
		let around = path;
		while (around.length > 0 && nodeAt(around) === undefined) around = around.slice(0, -1);
		return {...at(nodeAt(around) ?? document.contents ?? undefined), text: words};
	};
	return {
		file,
		value: written ?? {},
		isEmpty: written === undefined,
		mistake,
		mistakeAtKey(path, words) {
			const keyNode = keyAt(document, path);
			return keyNode === undefined ? mistake(path, words) : {...at(keyNode), text: words};
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

/** The parser's codes that a person meets, in words. */
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

/** `targets[0].port`. */
export const formatPath = (path: Path): string =>
	path.reduce<string>(
		(text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
		'',
	);

/** A value is quoted only where it can hold no secret: these are words to choose from. */
const quotable = new Set(['kind', 'mode', 'theme', 'tls', 'guard', 'leastDemand']);

/** What the schema found, in sentences, in the order of the file. */
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
		// A single word that stands for a mapping: the schema knows the mapping, the person wrote the word.
		const written = document.textAt(path.slice(0, -1)) === undefined ? path : path.slice(0, -1);
		const name = formatPath(written);
		if (name === '') return [document.mistake(path, `the file ${issue.message}`)];
		if (!document.has(written)) return [document.mistake(path, `${name} is missing; it ${issue.message}`)];
		const word = quotable.has(String(path.at(-1))) ? document.textAt(written) : undefined;
		const found = word === undefined ? '' : `, and is "${cleanLine(word)}"`;
		return [document.mistake(path, `${name} ${issue.message}${found}`)];
	});
	return mistakes.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

function unknownKey(key: string, path: Path, allowed: readonly string[]): string {
	const near = closestWord(key, allowed);
	const where = path.length === 0 ? '' : ` in ${formatPath(path)}`;
	const meant = near === undefined ? '' : `; did you mean "${near}"?`;
	return `"${cleanLine(key)}" is not known${where}${meant === '' ? '.' : meant} Allowed: ${allowed.join(', ')}`;
}
