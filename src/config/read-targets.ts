import type {Target} from '../contract/target.ts';
import type {SettingsEnvironment} from '../contract/target-config.ts';
import type {ConfigDocument, Path} from './config-document.ts';
import type {Mistake} from './config-error.ts';
import type {ConfigFile, TargetEntries} from './config-schema.ts';
import type {ConfigurableSystem} from './configurable-system.ts';

/** The sections of systems in a file, by the kind of the system. */
export const sectionsIn = (file: ConfigFile): ReadonlyMap<string, unknown> =>
	new Map<string, unknown>(Object.entries(file));

/** Turns validated entries into targets. All mistakes are collected, so that one start reports them together. */
export async function resolveTargets(
	{
		entries,
		sections,
	}: {
		readonly entries: TargetEntries;
		readonly sections: ReadonlyMap<string, unknown>;
	},
	systems: readonly ConfigurableSystem[],
	document: ConfigDocument,
	environment: SettingsEnvironment,
): Promise<{readonly targets: readonly Target[]; readonly mistakes: readonly Mistake[]}> {
	const mistakes: Mistake[] = [];
	const targets: {readonly target: Target; readonly path: Path; readonly system: ConfigurableSystem['system']}[] = [];
	const seen = new Set<string>();
	for (const [index, entry] of entries.entries()) {
		const {name, kind, production} = entry;
		const path: Path = ['targets', index];
		const report = (key: string, text: string) => mistakes.push(document.mistake([...path, key], text));
		if (seen.has(name.toLowerCase())) report('name', `there is another target called ${name}`);
		seen.add(name.toLowerCase());
		const declared = systems.find(({system}) => system.kind === kind);
		// The schema accepts no other kind.
		if (declared === undefined) continue;
		const {system, config} = declared;
		const settings = await config.readSettings(entry, report, environment, sections.get(kind));
		targets.push({target: {name, kind, production, settings}, path, system});
	}
	for (const {target, path, system} of targets) {
		for (const link of system.links?.(target.settings) ?? []) {
			if (targets.some(({target: {name, kind}}) => name === link.name && kind === link.kind)) continue;
			const written: Path = [...path, ...link.path];
			// The name may also be given as a scalar instead of the mapping.
			const at = document.has(written) ? written : written.slice(0, -1);
			mistakes.push(document.mistake(at, `no target of kind ${link.kind} is called ${link.name}`));
		}
	}
	return {targets: targets.map(({target}) => target), mistakes};
}
