import type {Discovery, SettingsEnvironment} from '../contract/target-config.ts';

/**
 * Finds a server by one variable. `parse` returns the settings in its text; `source` is the reference to the variable, which becomes the
 * source of a password. @throws SettingsError from `parse`.
 */
export const discoverVariable = <Settings>(
	variable: string,
	name: string,
	parse: (text: string, source: string, environment: SettingsEnvironment) => Settings,
): Discovery<Settings> => ({
	label: variable,
	find(environment) {
		const text = environment.env[variable];
		if (text === undefined || text === '') return undefined;
		return {name, origin: `found in ${variable}`, settings: parse(text, `\${env:${variable}}`, environment)};
	},
});
