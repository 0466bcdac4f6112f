import type {Permission} from '../../src/contract.ts';
import type {ServerRecord} from '../../src/port/postgres.ts';
import {grantReading, grantSignalling} from './grants.ts';

const stateOf = (has: boolean | undefined): Permission['state'] => {
	if (has === undefined) return 'unknown';
	return has ? 'have' : 'lack';
};

/** What the panes and actions need of this server, and the line that gives each. */
export function permissionsOf(server: ServerRecord): readonly Permission[] {
	const needs: readonly (readonly [needs: string, name: string, has: boolean | undefined, grant: string])[] = [
		['sessions and statements of other users', 'pg_read_all_stats', server.readsAllStats, grantReading(server.user)],
		[
			'postgres.cancel, postgres.terminate: sessions of other users',
			'pg_signal_backend',
			// Without seeing when a session started, its guard matches nothing.
			server.signalsBackends && server.readsAllStats,
			server.signalsBackends ? grantReading(server.user) : grantSignalling(server.user),
		],
		[
			'statements',
			'pg_stat_statements loaded',
			server.statementsPreloaded,
			"shared_preload_libraries = 'pg_stat_statements'   # postgresql.conf, beside what stands there; then restart the server",
		],
		[
			'statements',
			`pg_stat_statements installed in ${server.database}`,
			server.statementsVersion !== undefined,
			'CREATE EXTENSION pg_stat_statements;',
		],
	];
	return needs.map(([what, name, has, grant]) => ({
		needs: what,
		name,
		state: stateOf(has),
		grant: has === true ? '' : grant,
	}));
}
