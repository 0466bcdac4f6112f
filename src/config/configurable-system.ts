import type {System} from '../contract/system.ts';
import type {TargetConfig} from '../contract/target-config.ts';

/** A declared system, and how its targets are configured. */
export type ConfigurableSystem = {readonly system: System; readonly config: TargetConfig};

export const loadTargetConfigs = (systems: readonly System[]): Promise<readonly ConfigurableSystem[]> =>
	Promise.all(systems.map(async system => ({system, config: await system.loadConfig()})));
