import type {Grants} from '../../src/contract/grants.ts';
import type {Target} from '../../src/contract/target.ts';
import type {PostgresSettings} from '../../src/port/postgres.ts';
import {grantSignalStatement, quoteIdentifier} from './grant-statements.ts';
import {postgresNeeds} from './permissions.ts';

/**
 * Less than `pg_monitor`, which also grants pg_stat_scan_tables. Nothing here grants access to tables: midwatch reads only system views.
 */
export function postgresLeastGrants(target: Target<PostgresSettings>, who: string | undefined): Grants {
	const {user, database} = target.settings;
	const role = who ?? user;
	const statements = postgresNeeds(role, database).filter(({name}) => name.startsWith('pg_stat_statements'));
	return {
		tool: `psql, as a superuser, in the database ${database}`,
		forReading: [
			`CREATE ROLE ${quoteIdentifier(role)} LOGIN; -- unless there is one; its password: \\password ${quoteIdentifier(role)}`,
			`GRANT CONNECT ON DATABASE ${quoteIdentifier(database)} TO ${quoteIdentifier(role)};`,
			`GRANT pg_read_all_stats, pg_read_all_settings TO ${quoteIdentifier(role)};`,
			...statements.map(({grant}) =>
				grant.includes('#') ? `-- ${grant}` : grant.replace('EXTENSION', 'EXTENSION IF NOT EXISTS'),
			),
		],
		forActions: [grantSignalStatement(role)],
	};
}
