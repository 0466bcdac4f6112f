import type {Grants} from '../../src/contract/grants.ts';
import type {Target} from '../../src/contract/target.ts';
import type {RedisSettings} from '../../src/port/redis.ts';
import {aclCommandName} from './errors.ts';
import {actionCommands, readCommands} from './permissions.ts';

/** The commands of the handshake, and those that read permissions and latency. */
const connectionCommands: readonly string[] = [
	'PING',
	'SELECT',
	'CLIENT SETNAME',
	'CLIENT ID',
	'ACL WHOAMI',
	'ACL DRYRUN',
];

const aclRules = (commands: readonly string[]): string =>
	[...new Set(commands)].map(command => `+${aclCommandName(command)}`).join(' ');

/** `default` is the user of every client without a name, so midwatch should have its own. */
export function redisLeastGrants(target: Target<RedisSettings>, who: string | undefined): Grants {
	const {username} = target.settings;
	const user = [who, username].find(name => name !== undefined && name !== 'default') ?? 'midwatch';
	return {
		tool: 'redis-cli, as an administrator',
		forReading: [
			`ACL SETUSER ${user} on resetkeys %R~* -@all ${aclRules([...connectionCommands, ...readCommands()])}`,
			`# Redis 7.2 and newer, so that sampling does not change the age of keys: ACL SETUSER ${user} +client|no-touch`,
			`# its password: ACL SETUSER ${user} >PASSWORD; to save it across restarts: ACL SAVE, or CONFIG REWRITE`,
		],
		forActions: [`ACL SETUSER ${user} ${aclRules(actionCommands())}`],
	};
}
