import {expect, test} from 'vitest';
import {runGrants} from '../../bin/cli/doctor-grants.ts';
import {systems} from '../../bin/systems.ts';
import type {Target} from '../../src/contract/target.ts';

/** Nothing listens on port 1: the administrator of a target prints the lines before its user is there. */
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

async function printed(kind: keyof typeof settings, readOnly = false): Promise<string> {
	const system = systems.find(one => one.kind === kind) ?? expect.fail(`no system ${kind}`);
	const target: Target = {name: `the-${kind}`, kind, production: true, settings: settings[kind]};
	let text = '';
	const write = (part: string) => {
		text += part;
	};
	expect(await runGrants({targets: [{target, system}]}, {readOnly, write})).toBe(0);
	return text;
}

test('the least that a role of PostgreSQL needs is printed as lines for psql', async () => {
	expect(
		await printed('postgres'),
	).toBe(`# the-postgres, PostgreSQL: the least that midwatch needs, by psql, as a superuser, in the database Orders
# to watch
CREATE ROLE midwatch LOGIN; -- unless there is one; its password: \\password midwatch
GRANT CONNECT ON DATABASE "Orders" TO midwatch;
GRANT pg_read_all_stats, pg_read_all_settings TO midwatch;
-- shared_preload_libraries = 'pg_stat_statements'   # postgresql.conf, beside what stands there; then restart the server
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
# to act as well
GRANT pg_signal_backend TO midwatch;
`);
});

test('with --read-only nothing is printed that is only for acting', async () => {
	const text = await printed('redis', true);
	expect(text).toMatch(/^ACL SETUSER midwatch on resetkeys %R~\* -@all \+ping .*\+client\|list/m);
	expect(text).not.toMatch(/config\|set|client\|kill|to act/);
});

test('the user default of Redis is everybody: another one is proposed', async () => {
	expect(await printed('redis')).toMatch(/# to act as well\nACL SETUSER midwatch \+config\|set \+client\|kill\n/);
});

test('Kafka has a line for each operation, and none of them twice', async () => {
	const lines = (await printed('kafka')).split('\n').filter(line => line.startsWith('kafka-acls.sh'));
	expect(lines).toContain(
		"kafka-acls.sh --bootstrap-server 127.0.0.1:1 --add --allow-principal User:ANONYMOUS --operation Describe --group '*'",
	);
	expect(new Set(lines).size).toBe(lines.length);
});

test('a service behind the API server of a cluster needs the right to that service', async () => {
	expect(await printed('alertmanager')).toContain(
		'kubectl -n monitoring create role midwatch-alerts-watch --verb=get --resource=services/proxy --resource-name=http:alerts:web',
	);
});
