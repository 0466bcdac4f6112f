import type {Grants} from '../../src/contract/grants.ts';
import type {Target} from '../../src/contract/target.ts';
import {settingsOf} from './cli-equivalent.ts';
import {aclName} from './errors.ts';
import {actsOf, readsOf} from './permissions.ts';

/** What each connection sends first, and what permissions and latency are read with. */
const greeting = ['PING', 'SELECT', 'CLIENT SETNAME', 'CLIENT ID', 'ACL WHOAMI', 'ACL DRYRUN'];

const given = (commands: readonly string[]): string =>
	[...new Set(commands)].map(command => `+${aclName(command)}`).join(' ');

/** The user `default` is everybody who gives no name: midwatch is better given one of its own. */
export function leastGrants(target: Target, who: string | undefined): Grants {
	const {username} = settingsOf(target);
	const user = [who, username].find(name => name !== undefined && name !== 'default') ?? 'midwatch';
	return {
		by: 'redis-cli, as an administrator',
		watch: [
			`ACL SETUSER ${user} on resetkeys %R~* -@all ${given([...greeting, ...readsOf()])}`,
			`# Redis 7.2 and newer, so that sampling leaves the age of keys alone: ACL SETUSER ${user} +client|no-touch`,
			`# its password: ACL SETUSER ${user} >PASSWORD; to keep it over a restart: ACL SAVE, or CONFIG REWRITE`,
		],
		act: [`ACL SETUSER ${user} ${given(actsOf())}`],
	};
}
