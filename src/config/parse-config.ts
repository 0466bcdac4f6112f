import {resolve} from 'node:path';
import type {System} from '../contract/system.ts';
import type {KeyProblem, Remaps} from '../input/keymap.ts';
import {type ConfigDocument, type Path, readDocument, schemaMistakes} from './config-document.ts';
import {ConfigError, type Mistake} from './config-error.ts';
import {type ConfigFile, createConfigSchema, kindsOf, plannedKinds} from './config-schema.ts';
import {type ConfigurableSystem, loadTargetConfigs} from './configurable-system.ts';
import {readSafeFile} from './safe-file.ts';

/** A configuration file that the schema accepts. `mistakes` are those of `keys`, which only the keymap can check. */
export type ParsedConfig = {
	readonly file: ConfigFile;
	readonly document: ConfigDocument;
	readonly mistakes: Mistake[];
};

/** Parses and validates a configuration file. @throws ConfigError when the text is not YAML, or the schema does not accept it. */
export function parseConfig(
	path: string,
	text: string,
	systems: readonly ConfigurableSystem[],
	keyProblems: ((keys: Remaps) => readonly KeyProblem[]) | undefined,
): ParsedConfig {
	const document = readDocument(path, text);
	const parsed = createConfigSchema(systems).safeParse(document.value);
	if (!parsed.success) {
		const explain = (at: Path) => kindMistake(at, document.textAt(at), kindsOf(systems));
		throw new ConfigError(path, schemaMistakes(document, parsed.error.issues, explain));
	}
	const mistakes = (keyProblems?.(parsed.data.keys) ?? []).map(({id, text: problem}) =>
		document.mistakeAtKey(id === undefined ? ['keys'] : ['keys', id], problem),
	);
	return {file: parsed.data, document, mistakes};
}

/**
 * Reads the settings of a configuration file that need no target: keys, theme, mouse and refresh. `--demo --config FILE` uses them. The file is
 * checked as usual, but no target of it is resolved, and neither the machine policy nor the environment is read.
 * @throws ConfigError when the file does not exist, others can write it, or it has a mistake.
 */
export async function loadPreferences(
	config: string,
	systems: readonly System[],
	keyProblems: (keys: Remaps) => readonly KeyProblem[],
): Promise<Pick<ConfigFile, 'keys' | 'theme' | 'mouse' | 'refresh'> & {readonly path: string}> {
	const path = resolve(config);
	const text = await readSafeFile(path, {kind: 'trusted', owner: 'us'});
	if (text === undefined)
		throw new ConfigError(path, [{text: 'there is no such file. Create it, or leave out --config'}]);
	const {file, mistakes} = parseConfig(path, text, await loadTargetConfigs(systems), keyProblems);
	if (mistakes.length > 0) throw new ConfigError(path, mistakes);
	const {keys, theme, mouse, refresh} = file;
	return {path, keys, theme, mouse, refresh};
}

/** Explains a `kind` that midwatch knows and this version does not support; undefined for any other issue. */
function kindMistake(path: Path, kindText: string | undefined, kinds: readonly string[]): string | undefined {
	if (path.length !== 3 || path[2] !== 'kind' || kindText === undefined) return undefined;
	const later = plannedKinds.find(kind => kind === kindText);
	const allowed = `it reads ${kinds.slice(0, -1).join(', ')} and ${kinds.at(-1)}`;
	return later === undefined
		? undefined
		: `${later} is not read by this version of midwatch; ${allowed}. Leave this target out for now`;
}
