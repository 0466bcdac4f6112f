import type {Grants} from '../../src/contract/grants.ts';
import type {Target} from '../../src/contract/target.ts';
import {settingsOf} from './cli-equivalent.ts';
import {grantSignalling, sqlName} from './grant-statements.ts';
import {needsOf} from './permissions.ts';

/**
 * Less than `pg_monitor`, which also gives pg_stat_scan_tables. Nothing here gives a right to tables: midwatch reads views of the server only.
 */
export function leastGrants(target: Target, who: string | undefined): Grants {
	const {user, database} = settingsOf(target);
	const role = who ?? user;
	const statements = needsOf(role, database).filter(({name}) => name.startsWith('pg_stat_statements'));
	return {
		by: `psql, as a superuser, in the database ${database}`,
		watch: [
			`CREATE ROLE ${sqlName(role)} LOGIN; -- unless there is one; its password: \\password ${sqlName(role)}`,
			`GRANT CONNECT ON DATABASE ${sqlName(database)} TO ${sqlName(role)};`,
			`GRANT pg_read_all_stats, pg_read_all_settings TO ${sqlName(role)};`,
			...statements.map(({grant}) =>
				grant.includes('#') ? `-- ${grant}` : grant.replace('EXTENSION', 'EXTENSION IF NOT EXISTS'),
			),
		],
		act: [grantSignalling(role)],
	};
}
