import type {Configuration} from '../src/config/load-config.ts';
import type {Pane} from '../src/contract/pane.ts';
import type {System} from '../src/contract/system.ts';
import type {Target} from '../src/contract/target.ts';
import {type KeyProblem, keymapProblems, type Remaps} from '../src/input/keymap.ts';
import {closestWord} from '../src/text/closest.ts';
import type {WatchedTarget} from '../src/watch/watched-target.ts';
import {isKeyName} from '../views/terminal/key-names.ts';
import {type Options, UsageError} from './cli/arguments.ts';
import {exitCodes} from './cli/exit-codes.ts';
import {panes} from './panes.ts';
import {demoTargets, systems} from './systems.ts';

/** What this program can watch, and the panes in the order of their number keys. */
export type Declared = {readonly systems: readonly System[]; readonly panes: readonly Pane[]};

/** What one run of midwatch watches and how, for the console and every command. */
export type RunConfig = Pick<Configuration, 'origins' | 'keys' | 'theme' | 'mouse'> & {
	readonly declared: Declared;
	/** The machine policy; undefined in the demo. */
	readonly policy: Configuration['policy'] | undefined;
	readonly sinks: Configuration['sinks'];
	/** Empty when nothing is configured and discovery found nothing. */
	readonly targets: readonly WatchedTarget[];
	/** Where the targets come from, in one sentence: the configuration file, the demo's scenario, or discovery. */
	readonly from: string;
	/** What discovery found and does not watch, one line each. */
	readonly remarks: readonly string[];
};

const keyProblemsOf =
	({systems: declared, panes: all}: Declared) =>
	(keys: Remaps): readonly KeyProblem[] => {
		const actions = declared.flatMap(system => system.actions);
		const inspections = declared.flatMap(system => system.inspections);
		return keymapProblems({actions, inspections, panes: all}, keys, isKeyName);
	};

/**
 * Loads the configuration, or the demo, and selects the targets of the run.
 * @throws UsageError when the scenario or a --target does not exist. @throws ConfigError when the configuration cannot be used.
 */
export async function loadRunConfig(options: Options, declared: Declared = {systems, panes}): Promise<RunConfig> {
	if (options.demo !== undefined) return loadDemoConfig(options.demo, options, declared);
	// Loaded only here: the demo needs no schema, and its first frame comes sooner without it.
	const {loadConfiguration} = await import('../src/config/load-config.ts');
	const {file, targets, origins, notes, keys, theme, mouse, refresh, policy, sinks} = await loadConfiguration({
		config: options.config,
		systems: declared.systems,
		keyProblems: keyProblemsOf(declared),
	});
	const watched = targets.map(target => ({
		target,
		system: withLongerIntervals(systemOf(target, declared.systems), refresh),
	}));
	const environment = 'no configuration: targets are discovered from the environment';
	return {
		declared,
		targets: selectTargets(watched, options.targets),
		from: file === undefined ? environment : `configuration ${file}`,
		remarks: notes,
		origins,
		keys,
		theme,
		mouse,
		policy,
		sinks,
	};
}

/** The demo with its own targets. `--config` adds keys, theme, mouse and refresh; the policy file and sinks never apply to the demo. */
async function loadDemoConfig(demo: string, {config, targets: names}: Options, declared: Declared): Promise<RunConfig> {
	const preferences =
		config === undefined
			? undefined
			: await (await import('../src/config/parse-config.ts')).loadPreferences(
					config,
					declared.systems,
					keyProblemsOf(declared),
				);
	const {keys = {}, theme = 'auto', mouse = false, refresh = 1} = preferences ?? {};
	const watched = (await demoTargets(demo)).map(({target, system}) => ({
		target,
		system: withLongerIntervals(system, refresh),
	}));
	const from = `the demo estate, scenario ${demo}`;
	return {
		declared,
		targets: selectTargets(watched, names),
		from: preferences === undefined ? from : `${from}, with the keys and the theme of ${preferences.path}`,
		remarks: [],
		origins: {},
		keys,
		theme,
		mouse,
		policy: undefined,
		sinks: [],
	};
}

/** Returns the configuration; for commands that are useless without a target. @throws UsageError (exit code 78) when there is none. */
export async function requireTargets(config: RunConfig): Promise<RunConfig> {
	if (config.targets.length > 0) return config;
	const {describeDiscovery, loadTargetConfigs} = await import('../src/config/configurable-system.ts');
	const places = describeDiscovery(await loadTargetConfigs(config.declared.systems));
	const remarks = config.remarks.length === 0 ? '' : ` (${config.remarks.join('; ')})`;
	throw new UsageError(
		`nothing to watch: there is no configuration, and no server was found by ${places}${remarks}. Try --demo`,
		exitCodes.configuration,
	);
}

function selectTargets(all: readonly WatchedTarget[], names: readonly string[]): readonly WatchedTarget[] {
	const known = all.map(({target}) => target.name);
	const unknown = names.find(name => !known.includes(name));
	if (unknown !== undefined) {
		const closest = closestWord(unknown, known);
		const list = known.length === 0 ? 'there are none' : `there are ${known.join(', ')}`;
		throw new UsageError(
			`no target is called ${unknown}; ${closest === undefined ? list : `did you mean ${closest}?`}`,
		);
	}
	return names.length === 0 ? all : all.filter(({target}) => names.includes(target.name));
}

function systemOf({kind}: Target, declared: readonly System[]): System {
	const system = declared.find(candidate => candidate.kind === kind);
	if (system === undefined) throw new Error(`the schema accepts the kind ${kind}, which no system has`);
	return system;
}

/** Returns the system with all poll intervals multiplied by `factor`. */
const withLongerIntervals = (system: System, factor: number): System =>
	factor === 1
		? system
		: {...system, sources: system.sources.map(source => ({...source, intervalMs: source.intervalMs * factor}))};
