import type {Configuration} from '../src/config/load-config.ts';
import type {Action} from '../src/contract/action.ts';
import type {Inspection} from '../src/contract/inspection.ts';
import type {System} from '../src/contract/system.ts';
import type {Target} from '../src/contract/target.ts';
import {type KeyProblem, keymapProblems, type Remaps} from '../src/input/keymap.ts';
import {closestWord} from '../src/text/closest.ts';
import type {WatchedTarget} from '../src/watch/watched-target.ts';
import {isKeyName} from '../views/terminal/key-names.ts';
import {type Options, UsageError} from './cli/arguments.ts';
import {panes} from './panes.ts';
import {demoTargets, systems} from './systems.ts';

/** What a run of midwatch watches, whichever command it is. */
export type RunConfig = Pick<Configuration, 'origins' | 'keys' | 'theme' | 'mouse'> & {
	/** Undefined in the demo, whose targets are no one's. */
	readonly policy: Configuration['policy'] | undefined;
	readonly sinks: Configuration['sinks'];
	/** Empty when nothing is configured and nothing was found. */
	readonly targets: readonly WatchedTarget[];
	/** One sentence: the file, the demo's scenario, or that targets were looked for. */
	readonly from: string;
	/** What was found and is not watched, one line each. */
	readonly remarks: readonly string[];
};

const declared = (all: readonly System[]): {actions: readonly Action[]; inspections: readonly Inspection[]} => ({
	actions: all.flatMap(system => system.actions),
	inspections: all.flatMap(system => system.inspections),
});

const keyProblems = (keys: Remaps): readonly KeyProblem[] =>
	keymapProblems({...declared(systems), panes}, keys, isKeyName);

/**
 * Reads the configuration (the demo has none) and finds the system of each target.
 * @throws UsageError when a --target or the scenario does not exist. @throws ConfigError when the configuration cannot be used.
 */
export async function loadRunConfig(options: Options): Promise<RunConfig> {
	if (options.demo !== undefined) {
		return {
			targets: selectTargets(await demoTargets(options.demo), options.targets),
			from: `the demo estate, scenario ${options.demo}`,
			remarks: [],
			origins: {},
			keys: {},
			theme: 'auto',
			mouse: false,
			policy: undefined,
			sinks: [],
		};
	}
	// The demo has no configuration to be checked: it does without the schema.
	const {loadConfiguration} = await import('../src/config/load-config.ts');
	const {file, targets, origins, notes, keys, theme, mouse, refresh, policy, sinks} = await loadConfiguration({
		config: options.config,
		keyProblems,
		actions: declared(systems).actions.map(({id}) => id),
	});
	const watched = targets.map(target => ({target, system: withLongerIntervals(systemOf(target), refresh)}));
	const environment = 'no configuration: targets are looked for in the environment';
	return {
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

/** @throws UsageError when there is nothing to look at; for commands that are no use then. */
export function requireTargets(estate: RunConfig): RunConfig {
	if (estate.targets.length > 0) return estate;
	const found = estate.remarks.length === 0 ? '' : ` (${estate.remarks.join('; ')})`;
	throw new UsageError(
		`nothing to watch: there is no configuration, and none of PGHOST, PGSERVICE, DATABASE_URL, REDIS_URL, KAFKA_BROKERS, PROMETHEUS_URL and ALERTMANAGER_URL is set${found}. Try --demo`,
	);
}

function selectTargets(all: readonly WatchedTarget[], names: readonly string[]): readonly WatchedTarget[] {
	const known = all.map(({target}) => target.name);
	const missing = names.find(name => !known.includes(name));
	if (missing !== undefined) {
		const near = closestWord(missing, known);
		const there = known.length === 0 ? 'there are none' : `there are ${known.join(', ')}`;
		throw new UsageError(`no target is called ${missing}; ${near === undefined ? there : `did you mean ${near}?`}`);
	}
	return names.length === 0 ? all : all.filter(({target}) => names.includes(target.name));
}

function systemOf({kind}: Target): System {
	const system = systems.find(one => one.kind === kind);
	if (system === undefined) throw new Error(`the configuration lets ${kind} pass, and there is no system for it`);
	return system;
}

/** The same system, read less often. */
const withLongerIntervals = (system: System, times: number): System =>
	times === 1
		? system
		: {...system, sources: system.sources.map(source => ({...source, intervalMs: source.intervalMs * times}))};
