import type {Context, Permission} from '../../src/contract.ts';
import type {RedisPort} from '../../src/port/redis.ts';

const everyMs = 60_000;

/** Asks once a minute, and again when the server restarted: permissions change seldom, and asking takes a dozen commands. */
export function rememberPermissions(
	port: RedisPort,
): (runId: string, context: Context) => Promise<readonly Permission[]> {
	let known: {readonly at: number; readonly runId: string; readonly told: readonly Permission[]} | undefined;
	return async (runId, context) => {
		const at = context.now();
		if (known === undefined || known.runId !== runId || at - known.at >= everyMs) {
			known = {at, runId, told: await port.permissions(context)};
		}
		return known.told;
	};
}
