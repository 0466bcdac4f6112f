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
		const [id, at, microseconds, words, client, clientName]: readonly unknown[] = Array.isArray(entry) ? entry : [];
		if (!Array.isArray(words)) return [];
		const said = words.map(String);
		const verb = (said[0] ?? '').toUpperCase();
		const contained = containers.has(verb) && said.length > 1;
		const more = /^\.\.\. \((\d+) more arguments\)$/.exec(said.at(-1) ?? '')?.[1];
		const total = more === undefined ? said.length : said.length - 1 + Number(more);
		return [
			{
				id: Number(id),
				at: Number(at),
				microseconds: Number(microseconds),
				command: contained ? `${verb} ${(said[1] ?? '').toUpperCase()}` : verb,
				args: Math.max(0, total - (contained ? 2 : 1)),
				client: typeof client === 'string' ? client : '',
				clientName: typeof clientName === 'string' ? clientName : '',
			},
		];
	});
}
