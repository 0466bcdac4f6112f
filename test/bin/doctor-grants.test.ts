import {expect, test} from 'vitest';
import {runGrants} from '../../bin/cli/doctor-grants.ts';
import {systems} from '../../bin/systems.ts';
import type {Target} from '../../src/contract/target.ts';

/** Nothing listens on port 1: an administrator prints the grants before the user exists. */
const settings = {
	postgres: {
		hosts: [{host: '127.0.0.1', port: 1}],
		database: 'Orders',
		user: 'midwatch',
		tls: {mode: 'disable'},
		connectTimeoutMs: 500,
		statementTimeoutMs: 500,
	},
	redis: {host: '127.0.0.1', port: 1, db: 0},
	kafka: {brokers: [{host: '127.0.0.1', port: 1}], connectTimeoutMs: 500, requestTimeoutMs: 500},
	alertmanager: {
		url: 'http://alerts.monitoring',
		auth: {kind: 'none'},
		headers: {},
		environment: {},
		via: {kubernetes: 'prod', namespace: 'monitoring', service: 'alerts', port: 'web', scheme: 'http'},
	},
} as const;

async function printGrants(kind: keyof typeof settings, readOnly = false): Promise<string> {
	const system = systems.find(candidate => candidate.kind === kind) ?? expect.fail(`no system ${kind}`);
	const target: Target = {name: `the-${kind}`, kind, production: true, settings: settings[kind]};
	let text = '';
	const write = (part: string) => {
		text += part;
	};
	expect(await runGrants({targets: [{target, system}]}, {readOnly, write})).toBe(0);
	return text;
}

test('the grants of a PostgreSQL role are printed as lines for psql', async () => {
	expect(
		await printGrants('postgres'),
	).toBe(`# the-postgres, PostgreSQL: the least that midwatch needs, by psql, as a superuser, in the database Orders
# to watch
CREATE ROLE midwatch LOGIN; -- unless there is one; its password: \\password midwatch
GRANT CONNECT ON DATABASE "Orders" TO midwatch;
GRANT pg_read_all_stats, pg_read_all_settings TO midwatch;
-- shared_preload_libraries = 'pg_stat_statements'   # postgresql.conf, keep what is there; then restart the server
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
# for actions, in addition
GRANT pg_signal_backend TO midwatch;
`);
});

test('with --read-only the grants for actions are left out', async () => {
	const text = await printGrants('redis', true);
	expect(text).toMatch(/^ACL SETUSER midwatch on resetkeys %R~\* -@all \+ping .*\+client\|list/m);
	expect(text).not.toMatch(/config\|set|client\|kill|for actions/);
});

test('for the Redis user default another user is proposed, because every client is default', async () => {
	expect(await printGrants('redis')).toMatch(
		/# for actions, in addition\nACL SETUSER midwatch \+config\|set \+client\|kill\n/,
	);
});

test('Kafka has one line for each operation, none repeated', async () => {
	const lines = (await printGrants('kafka')).split('\n').filter(line => line.startsWith('kafka-acls.sh'));
	expect(lines).toContain(
		"kafka-acls.sh --bootstrap-server 127.0.0.1:1 --add --allow-principal User:ANONYMOUS --operation Describe --group '*'",
	);
	expect(new Set(lines).size).toBe(lines.length);
});

test('a target behind a Service needs the permission to proxy to that Service', async () => {
	expect(await printGrants('alertmanager')).toContain(
		'kubectl -n monitoring create role midwatch-alerts-read --verb=get --resource=services/proxy --resource-name=http:alerts:web',
	);
});
