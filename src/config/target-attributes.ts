import type {System} from '../contract/system.ts';
import type {Target} from '../contract/target.ts';
import type {TargetAttributes} from '../contract/target-attributes.ts';

/** Reads the attributes of targets, by target name, as they are now. */
export async function readTargetAttributes(
	targets: readonly Target[],
	systems: readonly System[],
): Promise<ReadonlyMap<string, TargetAttributes>> {
	const read = async ({kind, settings}: Target): Promise<TargetAttributes> => {
		const attributes = await systems.find(system => system.kind === kind)?.readAttributes?.(settings, attributesOf);
		return {kind, ...(attributes ?? {endpoints: 'unknown', cluster: 'unknown'})};
	};
	const attributesOf = async (name: string): Promise<TargetAttributes | undefined> => {
		const target = targets.find(candidate => candidate.name === name);
		return target && read(target);
	};
	return new Map(await Promise.all(targets.map(async target => [target.name, await read(target)] as const)));
}
