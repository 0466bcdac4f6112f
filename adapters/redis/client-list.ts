import type {RedisClientLine} from '../../src/port/redis.ts';

/**
 * Parses CLIENT LIST. Names contain no spaces or line ends (CLIENT SETNAME refuses them), so a line splits at spaces; a value may contain `=`.
 * Lines without an id are skipped.
 */
export function parseClientList(text: string): readonly RedisClientLine[] {
	return text.split('\n').flatMap(line => {
		const fields = new Map<string, string>();
		for (const pair of line.trim().split(' ')) {
			const equals = pair.indexOf('=');
			if (equals > 0) fields.set(pair.slice(0, equals), pair.slice(equals + 1));
		}
		const numberOf = (name: string): number => Number(fields.get(name) ?? 0) || 0;
		if (!fields.has('id')) return [];
		return [
			{
				id: numberOf('id'),
				address: fields.get('addr') ?? '',
				name: fields.get('name') ?? '',
				user: fields.get('user') ?? 'default',
				ageSeconds: numberOf('age'),
				idleSeconds: numberOf('idle'),
				db: numberOf('db'),
				flags: fields.get('flags') ?? 'N',
				command: fields.get('cmd') ?? '',
				outputBytes: numberOf('omem'),
				queryBytes: numberOf('qbuf'),
				totalBytes: fields.has('tot-mem') ? numberOf('tot-mem') : undefined,
				subscriptions: numberOf('sub') + numberOf('psub') + numberOf('ssub'),
			},
		];
	});
}
