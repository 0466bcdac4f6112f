import {join, resolve} from 'node:path';
import type {System} from '../contract/system.ts';
import type {Target} from '../contract/target.ts';
import type {TargetAttributes} from '../contract/target-attributes.ts';
import type {LoginProgramRules} from '../contract/target-config.ts';
import {baseDirectory} from '../files/base-directories.ts';
import {createKeymap, type KeyProblem, type Remaps} from '../input/keymap.ts';
import type {PolicyFileState} from '../policy/policy.ts';
import type {PolicyFile} from '../policy/rules.ts';
import type {PolicySource} from '../remedy/policy-reload.ts';
import type {AuditSection} from './audit-schema.ts';
import {mergeSinks, type NamedSink, readSinks} from './audit-sinks.ts';
import {readDocument} from './config-document.ts';
import {type ConfigEnvironment, systemEnvironment} from './config-environment.ts';
import {ConfigError} from './config-error.ts';
import {type ConfigFile, createConfigSchema, type ThemeSetting} from './config-schema.ts';
import {type ConfigurableSystem, loadTargetConfigs} from './configurable-system.ts';
import {discoverTargets} from './discover.ts';
import {parseConfig} from './parse-config.ts';
import {createPolicyReader} from './policy-file.ts';
import {resolveTargets, sectionsIn} from './read-targets.ts';
import {readSafeFile} from './safe-file.ts';
import {readTargetAttributes} from './target-attributes.ts';

export type Configuration = {
	/** Path of the file that was read; undefined when there is none. */
	readonly file: string | undefined;
	readonly targets: readonly Target[];
	/** Where each target was discovered, by its name. Empty when the file lists the targets. */
	readonly origins: Readonly<Record<string, string>>;
	/** One line for each discovered configuration that is not watched, with the reason. */
	readonly notes: readonly string[];
	readonly keys: Remaps;
	readonly theme: ThemeSetting;
	readonly mouse: boolean;
	/** How many times longer than usual to wait between two reads. */
	readonly refresh: number;
	readonly policy: MachinePolicy;
	/** The sinks of audit records: those of the policy, then those of the configuration. */
	readonly sinks: readonly NamedSink[];
};

/** The machine policy: its content at the start, and the functions that read it again. */
export type MachinePolicy = PolicySource & {
	readonly path: string;
	/** Undefined when there is none. */
	readonly file: PolicyFile | undefined;
	/** The attributes of each target, by its name; empty without a policy. */
	readonly initialTargetAttributes: ReadonlyMap<string, TargetAttributes>;
};

export type LoadOptions = {
	/** All systems that can be configured. */
	readonly systems: readonly System[];
	/** The path after --config. */
	readonly config?: string | undefined;
	/** Returns the problems of remapped keys; see `keymapProblems` in src/input/keymap.ts. */
	readonly keyProblems?: (keys: Remaps) => readonly KeyProblem[];
	readonly environment?: ConfigEnvironment;
};

/**
 * Returns the path of the configuration: --config, MIDWATCH_CONFIG, then the user's configuration directory. The current directory is never
 * searched: a file in a foreign repository must not decide where midwatch connects and which command returns the password. A relative path in
 * --config or MIDWATCH_CONFIG starts from the current directory, because the user wrote that path.
 * @throws EnvironmentError when XDG_CONFIG_HOME is relative.
 */
export function configPath(
	option: string | undefined,
	{env, home}: Pick<ConfigEnvironment, 'env' | 'home'>,
): {readonly path: string; readonly named: boolean} {
	const named = option ?? (env['MIDWATCH_CONFIG'] === '' ? undefined : env['MIDWATCH_CONFIG']);
	if (named !== undefined) return {path: resolve(named), named: true};
	const base = baseDirectory(env, 'XDG_CONFIG_HOME', '.config', () => home);
	return {path: join(base, 'midwatch', 'config.yaml'), named: false};
}

/**
 * Reads the configuration and the machine policy. When the file lists no targets, they are discovered in the environment.
 * @throws ConfigError with one line per mistake.
 */
export async function loadConfiguration(options: LoadOptions): Promise<Configuration> {
	const environment = options.environment ?? systemEnvironment();
	const systems = await loadTargetConfigs(options.systems);
	const read = createPolicyReader(
		environment,
		systems,
		(entries, document) => readSinks(entries, document, environment, true).mistakes,
	);
	const first = await read();
	const {path, named} = configPath(options.config, environment);
	const text = await readSafeFile(path, {kind: 'trusted', owner: 'us'});
	if (text === undefined && named) {
		throw new ConfigError(path, [
			{text: 'there is no such file. Create it, or leave out --config and MIDWATCH_CONFIG'},
		]);
	}
	const byPolicy = policySinks(environment, first);
	const context: ReadContext = {
		systems,
		options,
		environment,
		loginPolicy: loginProgramPolicy(environment.policyFile, first !== undefined, read),
	};
	const {file, targets, sinks} =
		text === undefined
			? {file: createConfigSchema(systems).parse({}), targets: undefined, sinks: byPolicy}
			: await readConfig(path, text, context, byPolicy);
	const discovered =
		targets === undefined
			? await discoverTargets(systems, withLoginPrograms(context, file), sectionsIn(file))
			: {targets, origins: {}, notes: []};
	return {
		file: text === undefined ? undefined : path,
		...discovered,
		keys: file.keys,
		theme: file.theme,
		mouse: file.mouse,
		refresh: file.refresh,
		sinks,
		policy: await loadMachinePolicy({
			path: environment.policyFile,
			first,
			read,
			targets: discovered.targets,
			systems: options.systems,
		}),
	};
}

/** Returns the sinks of the machine policy. Their mistakes were reported when the policy was read. */
function policySinks(environment: ConfigEnvironment, read: PolicyFileState | undefined): readonly NamedSink[] {
	const file = read?.state === 'read' ? read.file : undefined;
	const entries = (file?.audit?.sinks ?? []) as AuditSection['sinks'];
	return readSinks(entries, readDocument(environment.policyFile, ''), environment, true).sinks;
}

async function loadMachinePolicy(options: {
	readonly path: string;
	readonly first: PolicyFileState | undefined;
	readonly read: PolicySource['read'];
	readonly targets: readonly Target[];
	readonly systems: readonly System[];
}): Promise<MachinePolicy> {
	const {path, first, read, targets, systems} = options;
	const file = first?.state === 'read' ? first.file : undefined;
	const readAttributes = () => readTargetAttributes(targets, systems);
	return {
		path,
		file,
		read,
		readTargetAttributes: readAttributes,
		initialTargetAttributes: file === undefined ? new Map() : await readAttributes(),
	};
}

/** What reading a configuration file needs. */
type ReadContext = {
	readonly systems: readonly ConfigurableSystem[];
	readonly options: LoadOptions;
	readonly environment: ConfigEnvironment;
	readonly loginPolicy: LoginProgramRules['policy'];
};

/**
 * Returns the reader of the programs that the policy allows for a login. The policy is read again before each run. When it existed at the start
 * and was removed, no program is allowed.
 */
const loginProgramPolicy =
	(file: string, wasThere: boolean, read: PolicySource['read']): LoginProgramRules['policy'] =>
	async () => {
		const now = await read();
		if (now === undefined && !wasThere) return undefined;
		if (now?.state !== 'read') throw new ConfigError(file, [{text: 'the policy was removed while midwatch runs'}]);
		return now.file.execPlugins;
	};

/** Adds the rules for login programs: their hints name the configured keys. */
function withLoginPrograms({environment, loginPolicy}: ReadContext, {keys}: ConfigFile): ConfigEnvironment {
	const keymap = createKeymap(keys);
	const own = {targets: keymap.keyFor('deck.targets'), login: keymap.keyFor('list.login')};
	return {...environment, loginPrograms: {policy: loginPolicy, keys: own}};
}

async function readConfig(
	path: string,
	text: string,
	context: ReadContext,
	byPolicy: readonly NamedSink[],
): Promise<{
	readonly file: ConfigFile;
	readonly targets: readonly Target[] | undefined;
	readonly sinks: readonly NamedSink[];
}> {
	const {systems, options, environment} = context;
	const {file, document, mistakes} = parseConfig(path, text, systems, options.keyProblems);
	const own = readSinks(file.audit?.sinks ?? [], document, environment, false);
	const {sinks, taken} = mergeSinks(byPolicy, own.sinks);
	mistakes.push(...own.mistakes);
	for (const name of taken)
		mistakes.push(
			document.mistake(['audit'], `the policy of this machine has a sink called ${name}: give yours another name`),
		);
	if (file.targets === undefined) {
		if (mistakes.length > 0) throw new ConfigError(path, mistakes);
		return {file, targets: undefined, sinks};
	}
	const resolved = await resolveTargets(
		{entries: file.targets, sections: sectionsIn(file)},
		systems,
		document,
		withLoginPrograms(context, file),
	);
	mistakes.push(...resolved.mistakes);
	if (mistakes.length > 0) throw new ConfigError(path, mistakes);
	return {file, targets: resolved.targets, sinks};
}
