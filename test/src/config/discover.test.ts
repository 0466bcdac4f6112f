import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import type {Secret} from '../../../src/contract/target.ts';
import type {PostgresSettings} from '../../../src/port/postgres.ts';
import {createTestEnvironment, writeTestFile} from './test-environment.ts';
import {discoverAllTargets} from './with-all-systems.ts';

const found = (env: Readonly<Record<string, string>>) => discoverAllTargets(createTestEnvironment(env));

const passwordOf = (settings: unknown): Secret | undefined => (settings as PostgresSettings).password;

describe('PostgreSQL', () => {
	test('is found by the variables of libpq, with the defaults of libpq', async () => {
		const {targets, origins, notes} = await found({
			PGHOST: 'db1,db2',
			PGPORT: '5433',
			PGUSER: 'me',
			PGPASSWORD: 's3cret',
		});
		expect(targets).toMatchObject([
			{
				name: 'me',
				kind: 'postgres',
				production: true,
				settings: {
					hosts: [
						{host: 'db1', port: 5433},
						{host: 'db2', port: 5433},
					],
					database: 'me',
					user: 'me',
					tls: {mode: undefined},
				},
			},
		]);
		expect(origins).toEqual({me: 'found in PGHOST, PGPORT, PGUSER'});
		expect(notes).toEqual([]);
		expect(passwordOf(targets[0]?.settings)?.source).toBe('${env:PGPASSWORD}');
		expect(JSON.stringify({targets, origins, notes})).not.toContain('s3cret');
	});

	test('is not discovered from a password alone', async () => {
		expect((await found({PGPASSWORD: 's3cret', PGSSLMODE: 'require'})).targets).toEqual([]);
	});

	test('is found by DATABASE_URL, whose password stays hidden', async () => {
		const {targets, origins} = await found({
			DATABASE_URL: 'postgresql://me:s3cret@db:5433/shop?sslmode=verify-full&sslrootcert=/ca.pem',
		});
		expect(targets).toMatchObject([
			{
				name: 'shop',
				production: true,
				settings: {hosts: [{host: 'db', port: 5433}], tls: {mode: 'verify-full', ca: '/ca.pem'}},
			},
		]);
		expect(origins).toEqual({shop: 'found in DATABASE_URL'});
		expect(await passwordOf(targets[0]?.settings)?.reveal()).toBe('s3cret');
		expect(JSON.stringify(targets)).not.toContain('s3cret');
	});

	test('is one target when both name the same server, and two with different names otherwise', async () => {
		const same = await found({PGHOST: 'db', PGDATABASE: 'shop', PGUSER: 'me', DATABASE_URL: 'postgres://me@db/shop'});
		expect(same.targets.map(({name}) => name)).toEqual(['shop']);
		const other = await found({PGHOST: 'db', PGDATABASE: 'shop', DATABASE_URL: 'postgres://me@db2/shop'});
		expect(other.targets.map(({name}) => name)).toEqual(['shop', 'shop-2']);
		expect(Object.keys(other.origins)).toEqual(['shop', 'shop-2']);
	});

	test('is found by a service, whose file has precedence over the variables', async () => {
		const environment = createTestEnvironment({PGSERVICE: 'orders', PGHOST: 'elsewhere', PGUSER: 'me'});
		const file = writeTestFile(
			environment,
			'.pg_service.conf',
			'# services\n[other]\nhost=no\n\n[orders]\nhost=db1\nport=6000\ndbname = shop\npassword=s3cret\n[last]\nhost=no\n',
		);
		const {targets, origins} = await discoverAllTargets(environment);
		expect(targets).toMatchObject([
			{name: 'orders', settings: {hosts: [{host: 'db1', port: 6000}], database: 'shop', user: 'me'}},
		]);
		expect(origins).toEqual({orders: `found in ${file}, service orders`});
		expect(await passwordOf(targets[0]?.settings)?.reveal()).toBe('s3cret');
	});

	test('trusts the default CA file of libpq, and the CAs of the system on request', async () => {
		const environment = createTestEnvironment({PGHOST: 'db', PGDATABASE: 'a', DATABASE_URL: 'postgres://db/b'});
		mkdirSync(join(environment.home, '.postgresql'));
		const ca = writeTestFile(environment, '.postgresql/root.crt', 'pem');
		const {targets} = await discoverAllTargets(environment);
		expect(targets.map(({settings}) => (settings as PostgresSettings).tls.ca)).toEqual([ca, ca]);
		const named = await found({DATABASE_URL: 'postgres://db/b?sslrootcert=system'});
		expect(named.targets).toMatchObject([{settings: {tls: {mode: 'verify-full', ca: undefined}}}]);
		const weak = await found({DATABASE_URL: 'postgres://db/b?sslrootcert=system&sslmode=require'});
		expect(weak.notes).toEqual(['DATABASE_URL: sslrootcert=system needs sslmode=verify-full']);
	});

	test('an unknown service becomes a note, and does not hide other targets', async () => {
		const {targets, notes} = await found({PGSERVICE: 'orders', REDIS_URL: 'redis://c'});
		expect(targets.map(({name}) => name)).toEqual(['redis']);
		expect(notes).toEqual([expect.stringMatching(/^PG\*: PGSERVICE names orders, which is neither in .+ nor in /)]);
	});

	test.each([
		['PGPORT', {PGHOST: 'db', PGPORT: 'many'}, 'PG*: the port must be an integer from 1 to 65535'],
		[
			'PGSSLMODE',
			{PGHOST: 'db', PGSSLMODE: 'full'},
			'PG*: sslmode must be one of disable, prefer, require, verify-ca, verify-full',
		],
		[
			'a URL of another database',
			{DATABASE_URL: 'mysql://root:hunter2@db/x'},
			'DATABASE_URL: it names no PostgreSQL database, and only those are read from it',
		],
		[
			'a URL that is none',
			{DATABASE_URL: 'postgres://root:hunter2@db:port/x'},
			'DATABASE_URL: this is not a URL of the form postgres://user@host:5432/database?sslmode=verify-full',
		],
		[
			'a password with a slash',
			{DATABASE_URL: 'postgres://u:12/hunter2@127.0.0.1:1/db'},
			expect.stringMatching(/^DATABASE_URL: an @ follows the host in this URL: .* write \/ as %2F/),
		],
		[
			'a password with a question mark',
			{DATABASE_URL: 'postgres://u:12?hunter2@127.0.0.1:1/db'},
			expect.stringMatching(/^DATABASE_URL: an @ follows the host in this URL: .* \? as %3F/),
		],
	])('an invalid %s becomes a note without a secret', async (_what, env, note) => {
		const {targets, notes} = await found(env as unknown as Record<string, string>);
		expect(targets).toEqual([]);
		expect(notes).toEqual([note]);
		expect(notes.join()).not.toContain('hunter2');
	});

	test('an @ outside the password is accepted where it is unambiguous', async () => {
		const {targets, notes} = await found({DATABASE_URL: 'postgres://h/a%40b?user=me@server'});
		expect(notes).toEqual([]);
		expect(targets[0]?.settings).toMatchObject({database: 'a@b', user: 'me@server'});
	});
});

describe('Redis', () => {
	test('is found by REDIS_URL', async () => {
		const {targets, origins} = await found({REDIS_URL: 'rediss://me:s3cret@cache:6380/2'});
		expect(targets).toMatchObject([
			{
				name: 'redis',
				kind: 'redis',
				production: true,
				settings: {host: 'cache', port: 6380, db: 2, username: 'me', tls: {}},
			},
		]);
		expect(origins).toEqual({redis: 'found in REDIS_URL'});
		expect(await passwordOf(targets[0]?.settings)?.reveal()).toBe('s3cret');
	});

	test('an invalid URL becomes a note without a secret', async () => {
		const {targets, notes} = await found({REDIS_URL: 'redis://:hunter2@a,b'});
		expect(targets).toEqual([]);
		expect(notes).toEqual(['REDIS_URL: this is not a URL of the form redis://host:6379/0 (rediss:// for TLS)']);
	});
});

describe('a Redis URL that would show a password', () => {
	test.each([
		['redis://hunter2@cache', /^REDIS_URL: it has a user name and no password; .* redis:\/\/:PASSWORD@host$/],
		['redis://me:12/hunter2@cache', /^REDIS_URL: an @ follows the host/],
	])('is refused: %s', async (url, note) => {
		const {targets, notes} = await found({REDIS_URL: url});
		expect(targets).toEqual([]);
		expect(notes).toEqual([expect.stringMatching(note)]);
		expect(notes.join()).not.toContain('hunter2');
	});
});

describe('Kubernetes', () => {
	const kubeconfig = (current: string) =>
		JSON.stringify({
			'current-context': current,
			contexts: [{name: 'arn:aws:eks:eu:1:cluster/prod', context: {cluster: 'c', user: 'u'}}],
			clusters: [{name: 'c', cluster: {server: 'https://api.test'}}],
			users: [{name: 'u', user: {token: 's3cret'}}],
		});

	test('is found by the current context, and stays on it when the current context changes', async () => {
		const environment = createTestEnvironment();
		mkdirSync(join(environment.home, '.kube'));
		writeTestFile(environment, '.kube/config', kubeconfig('arn:aws:eks:eu:1:cluster/prod'));
		const {targets, origins, notes} = await discoverAllTargets(environment);
		expect(targets).toMatchObject([
			{
				name: 'arn-aws-eks-eu-1-cluster-prod',
				kind: 'kubernetes',
				production: true,
				settings: {context: 'arn:aws:eks:eu:1:cluster/prod', namespaces: 'all'},
			},
		]);
		expect(origins).toEqual({
			'arn-aws-eks-eu-1-cluster-prod': 'current context arn:aws:eks:eu:1:cluster/prod of the kubeconfig',
		});
		expect(notes).toEqual([]);
		expect(JSON.stringify(targets)).not.toContain('s3cret');
	});

	test('without a current context, or with a broken file, becomes a note', async () => {
		const environment = createTestEnvironment();
		mkdirSync(join(environment.home, '.kube'));
		writeTestFile(environment, '.kube/config', kubeconfig(''));
		expect((await discoverAllTargets(environment)).notes).toEqual([
			expect.stringContaining('there is no current context'),
		]);
		writeTestFile(environment, '.kube/config', 'users: [{');
		expect((await discoverAllTargets(environment)).notes).toEqual([expect.stringContaining('it is not YAML')]);
	});
});

describe('Kafka, Prometheus and Alertmanager', () => {
	test('are found by their variables', async () => {
		const environment = createTestEnvironment({
			KAFKA_BROKERS: 'k1:9092, k2',
			PROMETHEUS_URL: 'https://mira:hunter2@p.internal/prometheus/',
			ALERTMANAGER_URL: 'http://a:9093',
		});
		const {targets, notes, origins} = await discoverAllTargets(environment);
		expect(notes).toEqual([]);
		expect(origins).toEqual({
			kafka: 'found in KAFKA_BROKERS',
			prometheus: 'found in PROMETHEUS_URL',
			alertmanager: 'found in ALERTMANAGER_URL',
		});
		expect(targets).toMatchObject([
			{
				kind: 'kafka',
				production: true,
				settings: {
					brokers: [
						{host: 'k1', port: 9092},
						{host: 'k2', port: 9092},
					],
				},
			},
			{
				kind: 'prometheus',
				production: true,
				settings: {url: 'https://p.internal/prometheus', auth: {kind: 'basic', username: 'mira'}},
			},
			{kind: 'alertmanager', production: true, settings: {url: 'http://a:9093', auth: {kind: 'none'}}},
		]);
		expect(JSON.stringify(targets)).not.toContain('hunter2');
	});

	test('with invalid variables become notes without a secret', async () => {
		const environment = createTestEnvironment({
			KAFKA_BROKERS: 'k1:port',
			PROMETHEUS_URL: 'mira:hunter2@p',
			ALERTMANAGER_URL: 'http://a/?x=1',
		});
		const {targets, notes} = await discoverAllTargets(environment);
		expect(targets).toEqual([]);
		expect(notes).toEqual([
			'KAFKA_BROKERS: this is not a list of the form host:9092,host:9092',
			'PROMETHEUS_URL: this is not a URL of the form https://host:port/prefix',
			'ALERTMANAGER_URL: this is not a URL of the form https://host:port/prefix',
		]);
	});
});

describe.each(['PROMETHEUS_URL', 'ALERTMANAGER_URL'])('%s that cannot be used or would show a password', variable => {
	test.each([
		['http://hunter2:%zz@127.0.0.1:1', 'holds a % that starts no character of UTF-8'],
		['http://hunter2%E9:x@127.0.0.1:1', 'holds a % that starts no character of UTF-8'],
		['http://u:12/hunter2@127.0.0.1:1', 'an @ follows the host in this URL'],
		['http://hunter2@127.0.0.1:1', 'has a user name and no password'],
	])('becomes a note: %s', async (url, says) => {
		const {targets, notes} = await found({[variable]: url});
		expect(targets).toEqual([]);
		expect(notes).toEqual([expect.stringMatching(new RegExp(`^${variable}: .*${says}`))]);
		expect(notes.join()).not.toMatch(/hunter2|%zz|\n/);
	});
});

test('an empty environment has no targets', async () => {
	expect(await found({})).toEqual({targets: [], origins: {}, notes: []});
});
