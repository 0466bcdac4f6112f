import type {Permission} from '../../src/contract/system.ts';
import type {ServerRecord} from '../../src/port/postgres.ts';
import {grantReading, grantSignalling} from './grant-statements.ts';

const stateOf = (has: boolean | undefined): Permission['state'] => {
	if (has === undefined) return 'unknown';
	return has ? 'have' : 'lack';
};

type Need = Pick<Permission, 'needs' | 'name' | 'grant'> & {
	readonly has: (server: ServerRecord) => boolean | undefined;
};

/** What the panes and actions need of a server, and the line that gives each. */
export const needsOf = (user: string, database: string, signals = false): readonly Need[] => [
	{
		needs: 'sessions and statements of other users',
		name: 'pg_read_all_stats',
		has: server => server.readsAllStats,
		grant: grantReading(user),
	},
	{
		needs: 'postgres.cancel, postgres.terminate: sessions of other users',
		name: 'pg_signal_backend',
		// Without seeing when a session started, its guard matches nothing.
		has: server => server.signalsBackends && server.readsAllStats,
		grant: signals ? grantReading(user) : grantSignalling(user),
	},
	{
		needs: 'statements',
		name: 'pg_stat_statements loaded',
		has: server => server.statementsPreloaded,
		grant:
			"shared_preload_libraries = 'pg_stat_statements'   # postgresql.conf, beside what stands there; then restart the server",
	},
	{
		needs: 'statements',
		name: `pg_stat_statements installed in ${database}`,
		has: server => server.statementsVersion !== undefined,
		grant: 'CREATE EXTENSION pg_stat_statements;',
	},
];

/** What this server lets us do. */
export const permissionsOf = (server: ServerRecord): readonly Permission[] =>
	needsOf(server.user, server.database, server.signalsBackends).map(({needs, name, has, grant}) => ({
		needs,
		name,
		state: stateOf(has(server)),
		grant: has(server) === true ? '' : grant,
	}));
