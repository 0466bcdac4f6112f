import type {Permission} from '../../src/contract/system.ts';
import type {ServerRecord} from '../../src/port/postgres.ts';
import {grantReadStatement, grantSignalStatement} from './grant-statements.ts';

const permissionState = (has: boolean | undefined): Permission['state'] => {
	if (has === undefined) return 'unknown';
	return has ? 'have' : 'lack';
};

type PostgresNeed = Pick<Permission, 'needs' | 'name' | 'grant'> & {
	readonly has: (server: ServerRecord) => boolean | undefined;
};

/** The permissions that panes and actions need, each with the statement that grants it. */
export const postgresNeeds = (user: string, database: string, signals = false): readonly PostgresNeed[] => [
	{
		needs: 'sessions and statements of other users',
		name: 'pg_read_all_stats',
		has: server => server.readsAllStats,
		grant: grantReadStatement(user),
	},
	{
		needs: 'postgres.cancel, postgres.terminate: sessions of other users',
		name: 'pg_signal_backend',
		// The guard of a session whose start is hidden matches nothing.
		has: server => server.signalsBackends && server.readsAllStats,
		grant: signals ? grantReadStatement(user) : grantSignalStatement(user),
	},
	{
		needs: 'statements',
		name: 'pg_stat_statements loaded',
		has: server => server.statementsPreloaded,
		grant:
			"shared_preload_libraries = 'pg_stat_statements'   # postgresql.conf, keep what is there; then restart the server",
	},
	{
		needs: 'statements',
		name: `pg_stat_statements installed in ${database}`,
		has: server => server.statementsVersion !== undefined,
		grant: 'CREATE EXTENSION pg_stat_statements;',
	},
];

/** The permissions of our role on this server. */
export const postgresPermissions = (server: ServerRecord): readonly Permission[] =>
	postgresNeeds(server.user, server.database, server.signalsBackends).map(({needs, name, has, grant}) => ({
		needs,
		name,
		state: permissionState(has(server)),
		grant: has(server) === true ? '' : grant,
	}));
