import type {Target} from '../../src/contract/target.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {systemClock} from '../../src/time/clock.ts';
import type {Watch} from '../../src/watch/watch.ts';
import type {WatchedTarget} from '../../src/watch/watched-target.ts';
import type {RunConfig} from '../run-config.ts';
import {watchTargets} from '../watch-targets.ts';

/** Limits reading from one target which user midwatch is there. */
const identifyTimeoutMs = 5000;

/**
 * Prints the least that an administrator must grant to the user of each target, for watching and, unless the run is read-only, for actions.
 * A target that answers reports its user; for the others the user of the configuration is taken.
 * @returns 0.
 */
export async function runGrants(
	{targets}: Pick<RunConfig, 'targets'>,
	{readOnly, write}: {readonly readOnly: boolean; readonly write: (text: string) => void},
): Promise<number> {
	const watch = watchTargets({targets, clock: systemClock, readOnly: true});
	const sections = await Promise.all(
		targets.map(async watched => formatGrants(watched, await identifyUser(watch, watched.target), readOnly)),
	);
	await watch.close();
	write(`${sections.join('\n\n')}\n`);
	return 0;
}

async function identifyUser(watch: Watch, {name}: Target): Promise<string | undefined> {
	try {
		const {connection} = await watch.connection(name);
		return (await connection.identify({signal: AbortSignal.timeout(identifyTimeoutMs), now: systemClock.now})).who;
	} catch {
		// The server or the user does not exist yet: the printed lines create it.
		return undefined;
	}
}

function formatGrants({target, system}: WatchedTarget, user: string | undefined, readOnly: boolean): string {
	const heading = `# ${cleanLine(target.name)}, ${system.title}`;
	const grants = system.grants?.(target, user);
	if (grants === undefined) return `${heading}: it has no users of its own`;
	const clean = (lines: readonly string[]) => lines.flatMap(line => line.split('\n').map(cleanLine));
	return [
		`${heading}: the least that midwatch needs, by ${cleanLine(grants.tool)}`,
		'# to watch',
		...clean(grants.forReading),
		...(readOnly ? [] : ['# for actions, in addition', ...clean(grants.forActions)]),
	].join('\n');
}
