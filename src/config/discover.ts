import type {Target} from '../contract/target.ts';
import type {FoundTarget, SettingsEnvironment} from '../contract/target-config.ts';
import {isAdapterError, messageOf} from '../errors.ts';
import {cleanLine} from '../text/clean.ts';
import {ConfigError} from './config-error.ts';
import type {ConfigurableSystem} from './configurable-system.ts';
import {SettingsError} from './settings-error.ts';

export type Discovered = {
	readonly targets: readonly Target[];
	/** By target name: the variables or the file in which it was found. */
	readonly origins: Readonly<Record<string, string>>;
	/** One line for each configuration that was found and could not be used. */
	readonly notes: readonly string[];
};

/**
 * Finds targets where the tools of each system look. Each of them is guarded, because nothing declares that it is not production.
 * What cannot be used becomes a note and does not hide the others. `sections`: those of the configuration, by the kind of the system.
 */
export async function discoverTargets(
	systems: readonly ConfigurableSystem[],
	environment: SettingsEnvironment,
	sections: ReadonlyMap<string, unknown>,
): Promise<Discovered> {
	const notes: string[] = [];
	const targets: Target[] = [];
	const origins: Record<string, string> = {};
	for (const {system, config} of systems) {
		const serverKeys = new Set<string>();
		for (const discovery of config.discoveries) {
			let found: FoundTarget<unknown> | undefined;
			try {
				found = await discovery.find(environment, sections.get(system.kind));
			} catch (error) {
				if (!(error instanceof SettingsError) && !(error instanceof ConfigError) && !isAdapterError(error)) throw error;
				notes.push(`${discovery.label}: ${messageOf(error)}`);
			}
			if (found === undefined) continue;
			const {serverKey, origin, settings} = found;
			if (serverKey !== undefined && serverKeys.has(serverKey)) continue;
			if (serverKey !== undefined) serverKeys.add(serverKey);
			const name = freeName(nameOf(found.name) || system.kind, targets);
			targets.push({name, kind: system.kind, production: true, settings});
			origins[name] = origin;
		}
	}
	return {targets, origins, notes};
}

/** A second target with the same name gets a number. */
function freeName(wanted: string, targets: readonly Target[]): string {
	const names = new Set(targets.map(({name}) => name));
	let name = wanted;
	for (let number = 2; names.has(name); number++) name = `${wanted}-${number}`;
	return name;
}

/** Returns a name of characters that are easy to type, because confirming an action can require it. */
const nameOf = (text: string): string =>
	cleanLine(text)
		.replace(/[^A-Za-z0-9._-]+/g, '-')
		.replace(/^[^A-Za-z0-9]+/, '')
		.slice(0, 63);
