import type {Context} from '../../src/contract/context.ts';
import type {Permission} from '../../src/contract/system.ts';
import {AdapterError} from '../../src/errors.ts';
import type {CommandArgument, RedisConnection} from './connection/redis-connection.ts';
import {aclCommandName, aclSetuserCommand} from './errors.ts';

type RedisNeed = {
	readonly needs: string;
	readonly command: string;
	readonly words: readonly CommandArgument[];
	/** A harmless read that is used when ACL DRYRUN is refused: if it is refused, so is the command. */
	readonly probe: readonly [command: string, words: readonly CommandArgument[]];
};

const read = (needs: string, command: string, words: readonly CommandArgument[] = []): RedisNeed => ({
	needs,
	command,
	words,
	probe: [command, words],
});

// A key that does not exist: only the permission matters.
const key = 'midwatch:permission';

const needs: readonly RedisNeed[] = [
	read('memory, rates and replication', 'INFO', ['server']),
	read('slow log', 'SLOWLOG GET', [1]),
	{...read('clients', 'CLIENT LIST'), probe: ['CLIENT LIST', ['ID', 0]]},
	read('prefixes', 'SCAN', [0, 'COUNT', 1]),
	read('prefixes', 'DBSIZE'),
	read('prefixes', 'MEMORY USAGE', [key]),
	read('prefixes', 'PTTL', [key]),
	read('prefixes', 'TYPE', [key]),
	read('memory breakdown', 'MEMORY STATS'),
	read('memory breakdown', 'MEMORY DOCTOR'),
	{
		needs: 'redis.set-maxmemory',
		command: 'CONFIG SET',
		words: ['maxmemory', 0],
		// A user who may not read the configuration may not change it, and services that remove CONFIG remove both.
		probe: ['CONFIG GET', ['maxmemory']],
	},
	{needs: 'redis.kill-client', command: 'CLIENT KILL', words: ['ID', 0], probe: ['CLIENT LIST', ['ID', 0]]},
];

/** All required permissions, by their ACL names. */
export const redisRequiredPermissions: readonly Pick<Permission, 'needs' | 'name'>[] = needs.map(need => ({
	needs: need.needs,
	name: `+${aclCommandName(need.command)}`,
}));

const isOfAction = ({needs: what}: RedisNeed): boolean => what.startsWith('redis.');

/** Commands that the panes need. */
export const readCommands = (): readonly string[] =>
	needs.filter(need => !isOfAction(need)).map(({command}) => command);
export const actionCommands = (): readonly string[] => needs.filter(isOfAction).map(({command}) => command);

/** Whether the probe is the command itself. The result of a related read proves nothing about a write. */
const isCommandItself = (need: RedisNeed): boolean => need.probe[0] === need.command;

const commandOf = (need: RedisNeed, user: string) =>
	['ACL DRYRUN', [user, ...need.command.split(' '), ...need.words]] as const;

/** The permission by ACL DRYRUN; undefined when that was refused. */
function permissionByDryRun(need: RedisNeed, user: string, reply: unknown): Permission | undefined {
	if (typeof reply !== 'string') return undefined;
	if (reply === 'OK') return toPermission(need, 'have', '');
	const keys = /access (?:a|one of the|the)\b/i.test(reply) && /key/i.test(reply);
	return toPermission(need, 'lack', keys ? `ACL SETUSER ${user} %R~*` : aclSetuserCommand(user, need.command));
}

function permissionByProbe(need: RedisNeed, user: string, reply: unknown): Permission {
	const grant = aclSetuserCommand(user, need.command);
	if (!(reply instanceof AdapterError))
		return isCommandItself(need) ? toPermission(need, 'have', '') : toPermission(need, 'unknown', grant);
	if (reply.kind === 'unsupported')
		return toPermission(need, 'lack', `none: this server does not offer ${need.command}`);
	const needed = /%R~/.test(reply.hint) ? `ACL SETUSER ${user} %R~*` : grant;
	return toPermission(need, isCommandItself(need) ? 'lack' : 'unknown', needed);
}

const toPermission = (need: RedisNeed, state: Permission['state'], grant: string): Permission => ({
	needs: need.needs,
	name: `+${aclCommandName(need.command)}`,
	state,
	grant,
});

/**
 * Reads the user's permissions by ACL DRYRUN (Redis 7 and Valkey; it runs nothing) and, where that is refused, by harmless reads. At most
 * three round trips. `configured` is the user name we connect with; `names` limits the permissions that are read.
 */
export async function readRedisPermissions(
	connection: RedisConnection,
	configured: string | undefined,
	context: Context,
	names?: readonly string[],
): Promise<readonly Permission[]> {
	const requested = needs.filter(({command}) => names?.includes(`+${aclCommandName(command)}`) ?? true);
	const [whoami] = await connection.sendAll([['ACL WHOAMI', []]], context);
	const user = typeof whoami === 'string' ? whoami : (configured ?? 'default');
	const answers = await connection.sendAll(
		requested.map(need => commandOf(need, user)),
		context,
	);
	const dryRun = new Map(requested.map((need, at) => [need, permissionByDryRun(need, user, answers[at])]));
	const open = requested.filter(need => dryRun.get(need) === undefined);
	const probes =
		open.length === 0
			? []
			: await connection.sendAll(
					open.map(({probe}) => probe),
					context,
				);
	const probed = new Map(open.map((need, at) => [need, permissionByProbe(need, user, probes[at])]));
	return requested.flatMap(need => dryRun.get(need) ?? probed.get(need) ?? []);
}
