import {defineSystem} from '../../src/contract/define.ts';
import type {ServerId} from '../../src/contract/identity.ts';
import {postgresFindingTypes} from '../../src/model/postgres/postgres-finding-types.ts';
import {tlsMode} from '../../src/model/postgres/postgres-tls.ts';
import type {PostgresPort, PostgresSettings, ServerRecord} from '../../src/port/postgres.ts';
import {cancelStatement} from './cancel.ts';
import {inspectConnections} from './inspect-connections.ts';
import {inspectLocks} from './inspect-locks.ts';
import {inspectSessionStatement, inspectStatement} from './inspect-statement.ts';
import {postgresLeastGrants} from './least-grants.ts';
import {postgresPermissions} from './permissions.ts';
import {sessionsSource} from './sessions.ts';
import {statementsSource} from './statements.ts';
import {terminateSession} from './terminate.ts';

function serverIdOf({host, systemIdentifier: id}: ServerRecord): ServerId {
	const [, name = host, port] = /^(.*):(\d+)$/.exec(host) ?? [];
	return {host: name, ...(port === undefined ? {} : {port: Number(port)}), ...(id === undefined ? {} : {id})};
}

export const postgresSystem = defineSystem<PostgresPort, PostgresSettings>({
	kind: 'postgres',
	title: 'PostgreSQL',
	short: 'pg',
	sources: [sessionsSource, statementsSource],
	actions: [cancelStatement, terminateSession],
	inspections: [inspectSessionStatement, inspectLocks, inspectConnections, inspectStatement],
	findingTypes: postgresFindingTypes,
	loadConfig: async () => (await import('./config/postgres-config.ts')).postgresConfig,
	describeAddress({hosts, database, user, tls}) {
		const endpoints = hosts.map(({host, port}) => `${host}:${port}`).join(',');
		const modes = [...new Set(hosts.map(({host}) => tlsMode(tls, host)))];
		return `${endpoints}/${database} as ${user}, TLS ${modes.join(',')}`;
	},
	serverAddress: ({hosts}) => hosts,
	readAttributes: ({hosts, database}) => ({endpoints: hosts, database}),
	grants: postgresLeastGrants,
	async connect(target, {readOnly}) {
		const {default: library} = await import('pg');
		const {createPostgresClient} = await import('./client.ts');
		const client = createPostgresClient(library, target.settings, {readOnly});
		return {
			port: client.port,
			async identify(context) {
				const server = await client.port.server(context);
				const latencyMs = await client.port.ping(context);
				const version = `PostgreSQL ${server.version}${server.pooled ? ' behind a pooler' : ''}`;
				return {version, who: server.user, latencyMs, channel: server.channel, server: serverIdOf(server)};
			},
			permissions: async context => postgresPermissions(await client.port.server(context)),
			close: client.close,
		};
	},
});
