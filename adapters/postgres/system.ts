import {defineSystem} from '../../src/define.ts';
import type {PostgresPort} from '../../src/port/postgres.ts';
import {settingsOf} from './by-hand.ts';
import {createPostgresClient} from './client.ts';
import {permissionsOf} from './permissions.ts';
import {sessionsSource} from './sessions.ts';

export const postgres = defineSystem<PostgresPort>({
	kind: 'postgres',
	title: 'PostgreSQL',
	sources: [sessionsSource],
	actions: [],
	inspections: [],
	async connect(target, {readOnly}) {
		const {default: library} = await import('pg');
		const client = createPostgresClient(library, settingsOf(target), {readOnly});
		return {
			port: client.port,
			async identify(context) {
				const server = await client.port.server(context);
				const latencyMs = await client.port.ping(context);
				return {version: `PostgreSQL ${server.version}`, who: server.user, latencyMs};
			},
			permissions: async context => permissionsOf(await client.port.server(context)),
			close: client.close,
		};
	},
});
