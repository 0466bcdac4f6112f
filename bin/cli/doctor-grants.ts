import type {Target} from '../../src/contract/target.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {systemClock} from '../../src/time/clock.ts';
import {createWatch, type Watch} from '../../src/watch/watch.ts';
import type {WatchedTarget} from '../../src/watch/watched-target.ts';
import {metricsQueryFor} from '../metrics-target.ts';
import type {RunConfig} from '../run-config.ts';
import {transportVia} from '../via.ts';

/** For asking one target who we are there. */
const patienceMs = 5000;

/**
 * Prints the least that each target's user has to be given for looking and, unless it is read-only, for acting. Only a target that answers
 * can say who we are there: else the user of the configuration is taken.
 * @returns 0.
 */
export async function runGrants(
	{targets}: Pick<RunConfig, 'targets'>,
	{readOnly, write}: {readonly readOnly: boolean; readonly write: (text: string) => void},
): Promise<number> {
	const watch = createWatch({targets, clock: systemClock, readOnly: true, via: transportVia, metrics: metricsQueryFor});
	const parts = await Promise.all(
		targets.map(async watched => formatGrants(watched, await identifyUser(watch, watched.target), readOnly)),
	);
	await watch.close();
	write(`${parts.join('\n\n')}\n`);
	return 0;
}

async function identifyUser(watch: Watch, {name}: Target): Promise<string | undefined> {
	try {
		const {connection} = await watch.connection(name);
		return (await connection.identify({signal: AbortSignal.timeout(patienceMs), now: Date.now})).who;
	} catch {
		// It is not there yet, or does not let us in: that is what the lines are for.
		return undefined;
	}
}

function formatGrants({target, system}: WatchedTarget, who: string | undefined, readOnly: boolean): string {
	const head = `# ${cleanLine(target.name)}, ${system.title}`;
	const grants = system.grants?.(target, who);
	if (grants === undefined) return `${head}: it has no users of its own`;
	const clean = (lines: readonly string[]) => lines.flatMap(line => line.split('\n').map(cleanLine));
	return [
		`${head}: the least that midwatch needs, by ${cleanLine(grants.tool)}`,
		'# to watch',
		...clean(grants.forReading),
		...(readOnly ? [] : ['# to act as well', ...clean(grants.forActions)]),
	].join('\n');
}
