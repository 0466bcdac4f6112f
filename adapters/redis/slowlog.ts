import type {SlowCommand} from '../../src/port/redis.ts';

/** Commands whose first argument is part of the name, not data. */
const containers: ReadonlySet<string> = new Set(
	'ACL CLIENT CLUSTER COMMAND CONFIG DEBUG FUNCTION LATENCY MEMORY MODULE OBJECT PUBSUB SCRIPT SLOWLOG XGROUP XINFO'.split(
		' ',
	),
);

/** Parses SLOWLOG GET. Arguments are counted and dropped. Redis returns at most 32; the last one then gives the number of the rest. */
export function parseSlowlog(reply: unknown): readonly SlowCommand[] {
	const entries: readonly unknown[] = Array.isArray(reply) ? reply : [];
	return entries.flatMap(entry => {
		const [id, at, microseconds, commandArguments, client, clientName]: readonly unknown[] = Array.isArray(entry)
			? entry
			: [];
		if (!Array.isArray(commandArguments)) return [];
		const argumentTexts = commandArguments.map(String);
		const verb = (argumentTexts[0] ?? '').toUpperCase();
		const hasSubcommand = containers.has(verb) && argumentTexts.length > 1;
		const omittedCount = /^\.\.\. \((\d+) more arguments\)$/.exec(argumentTexts.at(-1) ?? '')?.[1];
		const total = omittedCount === undefined ? argumentTexts.length : argumentTexts.length - 1 + Number(omittedCount);
		return [
			{
				id: Number(id),
				at: Number(at) * 1000,
				microseconds: Number(microseconds),
				command: hasSubcommand ? `${verb} ${(argumentTexts[1] ?? '').toUpperCase()}` : verb,
				args: Math.max(0, total - (hasSubcommand ? 2 : 1)),
				client: typeof client === 'string' ? client : '',
				clientName: typeof clientName === 'string' ? clientName : '',
			},
		];
	});
}
