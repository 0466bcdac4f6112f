import type {RedisClientIdentity, RedisClientLine} from '../../src/port/redis.ts';

/** M: our primary, S: a replica, O: MONITOR. The other flags of a client change with its commands. */
const kindFlags: readonly string[] = ['M', 'S', 'O'];

const kindNames: Readonly<Record<string, string>> = {'': 'a client', M: 'the primary', S: 'a replica', O: 'a MONITOR'};

export const clientKind = ({flags}: Pick<RedisClientLine, 'flags'>): string =>
	kindFlags.filter(flag => flags.includes(flag)).join('');

const describeClientKind = (kind: string): string => kindNames[kind] ?? `a connection with the flags ${kind}`;

export const findClient = (
	clients: readonly RedisClientLine[],
	{id, address}: Pick<RedisClientIdentity, 'id' | 'address'>,
): RedisClientLine | undefined => clients.find(client => client.id === id && client.address === address);

/** What has changed about a client since it was shown, as a sentence; undefined when it is the same. */
export function describeClientConflict(
	shown: RedisClientIdentity,
	now: RedisClientLine | undefined,
): string | undefined {
	const name = `client ${shown.id}`;
	if (now === undefined) return `${name} at ${shown.address} is not connected any more`;
	if (now.user !== shown.user) return `${name} is user ${now.user} now, it was ${shown.user}`;
	if (now.name !== shown.name)
		return `${name} is called ${now.name || 'nothing'} now, it was ${shown.name || 'nothing'}`;
	const kind = clientKind(now);
	return kind === shown.kind
		? undefined
		: `${name} is ${describeClientKind(kind)} now, it was ${describeClientKind(shown.kind)}`;
}
