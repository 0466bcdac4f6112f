import {parseArgs} from 'node:util';
import {closestWord} from '../../src/text/closest.ts';
import {exitCodes} from './exit-codes.ts';

/** The options of every command that reads targets. */
export type Options = {
	/** The path after --config. With --demo only its keys, theme, mouse and refresh apply. */
	readonly config: string | undefined;
	/** The scenario of the demo; `default` for `--demo` without a name; undefined without `--demo`. */
	readonly demo: string | undefined;
	readonly readOnly: boolean;
	/** The path after --log. */
	readonly log: string | undefined;
	/** The names after --target; empty means all targets. */
	readonly targets: readonly string[];
};

export type Command =
	| {readonly name: 'help'}
	| {readonly name: 'version'}
	| {readonly name: 'console'; readonly options: Options}
	| {readonly name: 'keys'}
	| {readonly name: 'doctor'; readonly options: Options; readonly grants: boolean; readonly json: boolean}
	| {readonly name: 'snapshot'; readonly options: Options; readonly pane: string | undefined}
	| {
			readonly name: 'audit-verify';
			readonly file: string | undefined;
			readonly against: string | undefined;
			readonly json: boolean;
	  }
	| {readonly name: 'audit-show'; readonly record: string; readonly json: boolean};

const commands: readonly string[] = ['snapshot', 'doctor', 'keys', 'audit'];

const flags = {
	config: {type: 'string'},
	demo: {type: 'string'},
	log: {type: 'string'},
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

/** The flags that each command accepts. */
const flagsOf: Readonly<Record<string, readonly Flag[]>> = {
	console: ['config', 'demo', 'read-only', 'target', 'log'],
	snapshot: ['config', 'demo', 'read-only', 'target', 'log', 'json', 'pane'],
	doctor: ['config', 'demo', 'read-only', 'target', 'log', 'grants', 'json'],
	keys: ['markdown'],
	audit: ['against', 'json'],
};

const auditUsage = 'midwatch audit verify [FILE | --against COPY] [--json], or midwatch audit show RECORD [--json]';

/** Gives each `--demo` an explicit name, because parseArgs has no options with an optional value. */
const withScenario = (argv: readonly string[]): string[] => {
	const result: string[] = [];
	for (let index = 0; index < argv.length; index++) {
		const word = argv[index] ?? '';
		if (word !== '--demo') {
			result.push(word);
			continue;
		}
		const next = argv[index + 1];
		const hasName = next !== undefined && !next.startsWith('-') && !commands.includes(next);
		if (hasName) index++;
		result.push(`--demo=${hasName ? next : 'default'}`);
	}
	return result;
};

const unknownText = (subject: string, word: string, allowed: readonly string[]): string => {
	const closest = closestWord(word, allowed);
	return `${subject} ${word} is not known${closest === undefined ? '' : `; did you mean ${closest}?`}`;
};

type CommandLine = {
	/** Each flag that was given, but `--target`, with its value; a boolean flag has an empty one. */
	readonly values: ReadonlyMap<Flag, string>;
	readonly targets: readonly string[];
	readonly words: readonly string[];
};

/** Parses the command line. @throws UsageError when a flag is unknown, repeated, or has a value it must not have, or none. */
function readFlags(argv: readonly string[]): CommandLine {
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
			const allowed = names.map(name => `--${name}`);
			throw new UsageError(unknownText('the option', token.rawName, allowed));
		}
		const needsValue = flags[flag].type === 'string';
		if (needsValue && (token.value === undefined || token.value === ''))
			throw new UsageError(`${token.rawName} needs a value`);
		if (!needsValue && token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`);
		if (flag === 'target') targets.push(token.value ?? '');
		else if (values.has(flag)) throw new UsageError(`${token.rawName} is given twice`);
		else values.set(flag, token.value ?? '');
	}
	return {values, targets, words};
}

/** Checks that the command accepts the flags. @throws UsageError when the command is unknown, or does not accept one of the flags. */
function checkFlags(command: string, {values, targets, words}: CommandLine): void {
	const allowed = flagsOf[command];
	if (allowed === undefined || (command === 'console' && words.length > 0)) {
		throw new UsageError(unknownText('the command', command, commands));
	}
	const given: Flag[] = [...values.keys()];
	if (targets.length > 0) given.push('target');
	const misplaced = given.find(flag => !allowed.includes(flag));
	if (misplaced === undefined) return;
	const commandText = command === 'console' ? 'the console' : `midwatch ${command}`;
	throw new UsageError(`--${misplaced} does not go with ${commandText}`);
}

/** Reads the command `audit`. @throws UsageError when the words after `audit` are not one of its two forms. */
function readAuditCommand(words: readonly string[], against: string | undefined, json: boolean): Command {
	const [verb, argument, ...more] = words;
	if (verb === 'verify' && more.length === 0 && (against === undefined || argument === undefined))
		return {name: 'audit-verify', file: argument, against, json};
	if (verb === 'show' && against === undefined && argument !== undefined && more.length === 0)
		return {name: 'audit-show', record: argument, json};
	throw new UsageError(`audit is used as: ${auditUsage}`);
}

/**
 * Parses the command line.
 * @param argv the arguments after node and the script.
 * @throws UsageError with one line that says what is wrong.
 */
export function readArguments(argv: readonly string[]): Command {
	const commandLine = readFlags(argv);
	const {values, targets, words} = commandLine;
	if (values.has('help')) return {name: 'help'};
	if (values.has('version')) return {name: 'version'};
	const [command = 'console', ...rest] = words;
	checkFlags(command, commandLine);
	if (command === 'audit') return readAuditCommand(rest, values.get('against'), values.has('json'));
	if (rest.length > 0) throw new UsageError(`midwatch ${command} takes no further word, and "${rest[0]}" was given`);
	if (command === 'keys') {
		if (!values.has('markdown')) throw new UsageError('keys is used as: midwatch keys --markdown');
		return {name: 'keys'};
	}
	const options: Options = {
		config: values.get('config'),
		demo: values.get('demo'),
		readOnly: values.has('read-only'),
		log: values.get('log'),
		targets,
	};
	if (command === 'snapshot') {
		if (!values.has('json')) throw new UsageError('snapshot is used as: midwatch snapshot --json [--pane P]');
		return {name: 'snapshot', options, pane: values.get('pane')};
	}
	if (command === 'console') return {name: 'console', options};
	const [grants, json] = [values.has('grants'), values.has('json')];
	if (grants && json) throw new UsageError('doctor --grants has no --json: its lines are statements to run');
	return {name: 'doctor', options, grants, json};
}

/** The command line cannot be used, or needs a configuration that does not exist. The message is one line without a full stop. */
export class UsageError extends Error {
	override readonly name = 'UsageError';
	readonly exitCode: number;

	constructor(message: string, exitCode: number = exitCodes.usage) {
		super(message);
		this.exitCode = exitCode;
	}
}
