import {parseArgs} from 'node:util';
import {closestWord} from '../../src/text/closest.ts';

/** What every command that looks at targets may be told. */
export type Options = {
	/** Path given with --config. */
	readonly config: string | undefined;
	/** Name of the demo's scenario; `default` for a bare --demo; undefined when real systems are watched. */
	readonly demo: string | undefined;
	readonly readOnly: boolean;
	/** Names of targets; empty means all of them. */
	readonly targets: readonly string[];
};

export type Command =
	| {readonly name: 'help'}
	| {readonly name: 'version'}
	| {readonly name: 'console'; readonly options: Options}
	| {readonly name: 'keys'}
	| {readonly name: 'doctor'; readonly options: Options; readonly grants: boolean}
	| {readonly name: 'snapshot'; readonly options: Options; readonly pane: string | undefined}
	| {readonly name: 'audit-verify'; readonly file: string | undefined; readonly against: string | undefined}
	| {readonly name: 'audit-show'; readonly record: string};

const commands = ['snapshot', 'doctor', 'keys', 'audit'];

const flags = {
	config: {type: 'string'},
	demo: {type: 'string'},
	'read-only': {type: 'boolean'},
	target: {type: 'string', multiple: true},
	json: {type: 'boolean'},
	pane: {type: 'string'},
	markdown: {type: 'boolean'},
	grants: {type: 'boolean'},
	against: {type: 'string'},
	help: {type: 'boolean', short: 'h'},
	version: {type: 'boolean', short: 'V'},
} as const;

type Flag = keyof typeof flags;

/** The flags each command knows; the console's under `console`. */
const known: Readonly<Record<string, readonly Flag[]>> = {
	console: ['config', 'demo', 'read-only', 'target'],
	snapshot: ['config', 'demo', 'read-only', 'target', 'json', 'pane'],
	doctor: ['config', 'demo', 'read-only', 'target', 'grants'],
	keys: ['markdown'],
	audit: ['against'],
};

const auditUse = 'midwatch audit verify [FILE | --against COPY], or midwatch audit show RECORD';

/** `--demo` takes an optional name, which parseArgs cannot say: it always gets one here. */
const withScenario = (argv: readonly string[]): string[] => {
	const result: string[] = [];
	for (let index = 0; index < argv.length; index++) {
		const word = argv[index] ?? '';
		if (word !== '--demo') {
			result.push(word);
			continue;
		}
		const next = argv[index + 1];
		const named = next !== undefined && !next.startsWith('-') && !commands.includes(next);
		if (named) index++;
		result.push(`--demo=${named ? next : 'default'}`);
	}
	return result;
};

const unknown = (what: string, word: string, allowed: readonly string[]): string => {
	const near = closestWord(word, allowed);
	return `${what} ${word} is not known${near === undefined ? '' : `; did you mean ${near}?`}`;
};

/**
 * Reads the command line (without node and the script).
 * @throws UsageError with one line that says what is wrong.
 */
export function readArguments(argv: readonly string[]): Command {
	const {tokens} = parseArgs({
		args: withScenario(argv),
		options: flags,
		strict: false,
		tokens: true,
		allowPositionals: true,
	});
	const names = Object.keys(flags) as Flag[];
	const values = new Map<Flag, string>();
	const targets: string[] = [];
	const words: string[] = [];
	for (const token of tokens) {
		if (token.kind === 'positional') words.push(token.value);
		if (token.kind !== 'option') continue;
		const flag = names.find(name => name === token.name);
		if (flag === undefined) {
			throw new UsageError(
				unknown(
					'the option',
					token.rawName,
					names.map(name => `--${name}`),
				),
			);
		}
		const wantsValue = flags[flag].type === 'string';
		if (wantsValue && (token.value === undefined || token.value === ''))
			throw new UsageError(`${token.rawName} needs a value`);
		if (!wantsValue && token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`);
		if (flag === 'target') targets.push(token.value ?? '');
		else if (values.has(flag)) throw new UsageError(`${token.rawName} is given twice`);
		else values.set(flag, token.value ?? '');
	}
	if (values.has('help')) return {name: 'help'};
	if (values.has('version')) return {name: 'version'};

	const [word = 'console', ...rest] = words;
	const allowed = known[word];
	if (allowed === undefined || (word === 'console' && words.length > 0)) {
		throw new UsageError(unknown('the command', word, commands));
	}
	const given: Flag[] = [...values.keys()];
	if (targets.length > 0) given.push('target');
	const misplaced = given.find(flag => !allowed.includes(flag));
	if (misplaced !== undefined) {
		const place = word === 'console' ? 'the console' : `midwatch ${word}`;
		throw new UsageError(`--${misplaced} does not go with ${place}`);
	}

	if (word === 'audit') {
		const [verb, of, ...more] = rest;
		const against = values.get('against');
		if (verb === 'verify' && more.length === 0 && (against === undefined || of === undefined))
			return {name: 'audit-verify', file: of, against};
		if (verb === 'show' && against === undefined && of !== undefined && more.length === 0)
			return {name: 'audit-show', record: of};
		throw new UsageError(`audit is used as: ${auditUse}`);
	}
	if (rest.length > 0) throw new UsageError(`midwatch ${word} takes no further word, and "${rest[0]}" was given`);
	if (word === 'keys') {
		if (!values.has('markdown')) throw new UsageError('keys is used as: midwatch keys --markdown');
		return {name: 'keys'};
	}

	const options: Options = {
		config: values.get('config'),
		demo: values.get('demo'),
		readOnly: values.has('read-only'),
		targets,
	};
	if (options.demo !== undefined && options.config !== undefined) {
		throw new UsageError('--demo reads no configuration: leave out --config or --demo');
	}
	if (word === 'snapshot') {
		if (!values.has('json')) throw new UsageError('snapshot is used as: midwatch snapshot --json [--pane P]');
		return {name: 'snapshot', options, pane: values.get('pane')};
	}
	return word === 'doctor' ? {name: word, options, grants: values.has('grants')} : {name: 'console', options};
}

/** The command line is wrong. The message is one line without a full stop. */
export class UsageError extends Error {
	override readonly name = 'UsageError';
}
