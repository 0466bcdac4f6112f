import type {System} from '../contract/system.ts';
import type {TargetConfig} from '../contract/target-config.ts';

/** A declared system, and how its targets are configured. */
export type ConfigurableSystem = {readonly system: System; readonly config: TargetConfig};

/** Where targets are looked for when none are configured, in words. */
export function describeDiscovery(systems: readonly ConfigurableSystem[]): string {
	const places = systems.flatMap(({config}) => config.discoveries.map(({label, description}) => description ?? label));
	return [places.slice(0, -1).join(', '), ...places.slice(-1)].filter(Boolean).join(' and ');
}

export const loadTargetConfigs = (systems: readonly System[]): Promise<readonly ConfigurableSystem[]> =>
	Promise.all(systems.map(async system => ({system, config: await system.loadConfig()})));
