import type {Context, Permission} from '../../src/contract.ts';
import {AdapterError} from '../../src/errors.ts';
import {aclName, grantLine} from './errors.ts';
import type {Link, Word} from './link.ts';

type Need = {
	readonly needs: string;
	readonly command: string;
	readonly words: readonly Word[];
	/** A read that may stand in for asking: refused means that the need is refused too. Absent for what changes something. */
	readonly probe?: readonly [command: string, words: readonly Word[]];
};

const read = (needs: string, command: string, words: readonly Word[] = []): Need => ({
	needs,
	command,
	words,
	probe: [command, words],
});

// A key that nobody has: what is asked for is the right, not the value.
const key = 'midwatch:permission';

const needs: readonly Need[] = [
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
		// Who may not read the configuration is not given the right to change it, and services that remove CONFIG remove both.
		probe: ['CONFIG GET', ['maxmemory']],
	},
	{needs: 'redis.kill-client', command: 'CLIENT KILL', words: ['ID', 0], probe: ['CLIENT LIST', ['ID', 0]]},
];

/** Everything that is asked for, by its ACL name: the demo has it all. */
export const redisNeeds: readonly Pick<Permission, 'needs' | 'name'>[] = needs.map(need => ({
	needs: need.needs,
	name: `+${aclName(need.command)}`,
}));

/** Only that a read failed proves that its writing sibling is refused; that it succeeded proves nothing. */
const provesMore = (need: Need): boolean => need.probe?.[0] === need.command;

async function attempt(link: Link, command: string, words: readonly Word[], context: Context): Promise<unknown> {
	try {
		return await link.send(command, words, context);
	} catch (error) {
		if (error instanceof AdapterError && error.harmless) return error;
		throw error;
	}
}

async function askOne(link: Link, user: string, need: Need, context: Context): Promise<Permission> {
	const name = `+${aclName(need.command)}`;
	const told = (state: Permission['state'], grant: string): Permission => ({needs: need.needs, name, state, grant});
	// A command that the server does not have is asked for by its probe: ACL DRYRUN then says that it does not know it.
	const dryRun = await attempt(link, 'ACL DRYRUN', [user, ...need.command.split(' '), ...need.words], context);
	if (typeof dryRun === 'string') {
		if (dryRun === 'OK') return told('have', '');
		const keys = /access (?:a|one of the|the).*key/i.test(dryRun);
		return told('lack', keys ? `ACL SETUSER ${user} %R~*` : grantLine(user, need.command));
	}
	if (need.probe === undefined) return told('unknown', grantLine(user, need.command));
	const probed = await attempt(link, ...need.probe, context);
	if (!(probed instanceof AdapterError)) {
		return provesMore(need) ? told('have', '') : told('unknown', grantLine(user, need.command));
	}
	if (probed.kind === 'unsupported') return told('lack', `none: this server does not offer ${need.command}`);
	return told('lack', /%R~/.test(probed.hint) ? `ACL SETUSER ${user} %R~*` : grantLine(user, need.command));
}

/**
 * What the user may do, by ACL DRYRUN (Redis 7 and Valkey; it runs nothing) and, where that is refused, by harmless reads.
 * `configured` is the user name we connect with.
 */
export async function askPermissions(
	link: Link,
	configured: string | undefined,
	context: Context,
): Promise<readonly Permission[]> {
	const whoami = await attempt(link, 'ACL WHOAMI', [], context);
	const user = typeof whoami === 'string' ? whoami : (configured ?? 'default');
	const told: Permission[] = [];
	for (const need of needs) told.push(await askOne(link, user, need, context));
	return told;
}
