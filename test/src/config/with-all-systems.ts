import {systems} from '../../../bin/systems.ts';
import type {ConfigEnvironment} from '../../../src/config/config-environment.ts';
import {loadTargetConfigs} from '../../../src/config/configurable-system.ts';
import {discoverTargets} from '../../../src/config/discover.ts';
import {type LoadOptions, loadConfiguration} from '../../../src/config/load-config.ts';

/* What reads the configuration, with all systems of midwatch. */

export const configurableSystems = await loadTargetConfigs(systems);

export const loadFullConfiguration = (options: Omit<LoadOptions, 'systems'> = {}) =>
	loadConfiguration({systems, ...options});

export const discoverAllTargets = (environment: ConfigEnvironment) =>
	discoverTargets(configurableSystems, environment, new Map());
