import {readFileSync} from 'node:fs';
import {request} from 'node:https';
import {connect} from 'node:tls';
import {Redis} from 'ioredis';
import {Client, type ClientConfig} from 'pg';
import {expect, test} from 'vitest';
import {
	describeKafka,
	describeKubernetes,
	describePostgres,
	describeRedis,
	postgresVersions,
} from './describe-server.ts';
import type {Login} from './estate-record.ts';
import {kafkaClient, withKafkaAdmin} from './kafka/kafka.ts';
import {pgConfig, runQuery} from './postgres.ts';
import {infoField, redisOptions, sendCommand} from './redis.ts';

for (const name of postgresVersions) {
	describePostgres(name, 'the estate', server => {
		test('is the version in its name, and has pg_stat_statements', async () => {
			const [row] = await runQuery<{n: string}>(server, 'select count(*) as n from pg_stat_statements');
			expect(Number(row?.n)).toBeGreaterThan(0);
			expect(server.version).toMatch(new RegExp(`^${name.slice('postgres-'.length)}\\.`));
		});

		test('has roles that differ in what they may see and do', async () => {
			const may = async (role: 'monitor' | 'operator' | 'bare', group: string) =>
				(
					await runQuery<{may: boolean}>(server, "select pg_has_role(current_user, $1, 'member') as may", [group], role)
				)[0]?.may;
			expect(await may('monitor', 'pg_monitor')).toBe(true);
			expect(await may('monitor', 'pg_signal_backend')).toBe(false);
			expect(await may('operator', 'pg_signal_backend')).toBe(true);
			expect(await may('bare', 'pg_monitor')).toBe(false);
		});

		test('refuses a wrong password', async () => {
			const login = {user: 'mw_monitor', password: 'not this'};
			await expect(runQuery(server, 'select 1', [], login)).rejects.toThrow('password authentication failed');
		});

		test('logs what was executed', async () => {
			await runQuery(server, "select 'seen by the log'");
			expect(readFileSync(server.log, 'utf8')).toContain("select 'seen by the log'");
		});
	});
}

describePostgres('postgres-15-replica', 'the estate', server => {
	test('streams from its primary', async () => {
		const [row] = await runQuery<{status: string}>(server, 'select status from pg_stat_wal_receiver');
		expect(row?.status).toBe('streaming');
	});
});

describeRedis('redis', 'the estate', server => {
	test('has the limit that makes it evict', async () => {
		const memory = await sendCommand(server, ['INFO', 'memory']);
		expect(infoField(memory, 'maxmemory')).toBe(String(64 * 1024 * 1024));
		expect(infoField(memory, 'maxmemory_policy')).toBe('allkeys-lru');
	});

	test('has users that lack the command in their name', async () => {
		await expect(sendCommand(server, ['CONFIG', 'GET', 'maxmemory'], 'noconfig')).rejects.toThrow('NOPERM');
		await expect(sendCommand(server, ['CLIENT', 'LIST'], 'noclient')).rejects.toThrow('NOPERM');
		await expect(sendCommand(server, ['SCAN', '0'], 'noscan')).rejects.toThrow('NOPERM');
		await expect(sendCommand(server, ['CLIENT', 'LIST'], 'noscan')).resolves.toContain('addr=');
	});
});

describeRedis('redis-replica', 'the estate', server => {
	test('follows its primary', async () => {
		expect(infoField(await sendCommand(server, ['INFO', 'replication']), 'master_link_status')).toBe('up');
	});
});

for (const name of ['postgres-tls', 'postgres-tls-expired'] as const) {
	describePostgres(name, 'the estate', server => {
		const attempt = async (ssl: ClientConfig['ssl']) => {
			const client = new Client({...pgConfig(server), ssl});
			await client.connect();
			await client.end();
		};

		test('refuses a connection without TLS', async () => {
			await expect(attempt(false)).rejects.toThrow('no encryption');
		});

		test(
			server.tls?.expired ? 'shows an expired certificate' : 'shows a certificate of its own authority',
			async () => {
				const trusted = attempt({ca: readFileSync(server.tls?.ca ?? '', 'utf8')});
				if (server.tls?.expired) await expect(trusted).rejects.toMatchObject({code: 'CERT_HAS_EXPIRED'});
				else await expect(trusted).resolves.toBeUndefined();
			},
		);
	});
}

for (const name of ['redis-tls', 'redis-tls-expired'] as const) {
	describeRedis(name, 'the estate', server => {
		test(
			server.tls?.expired ? 'shows an expired certificate' : 'shows a certificate of its own authority',
			async () => {
				const ca = readFileSync(server.tls?.ca ?? '', 'utf8');
				const client = new Redis({...redisOptions(server), tls: {ca}});
				const errors: Error[] = [];
				client.on('error', error => errors.push(error));
				const ping = client.connect().then(() => client.ping());
				try {
					if (server.tls?.expired) {
						await expect(ping).rejects.toThrow();
						expect(errors).toContainEqual(expect.objectContaining({code: 'CERT_HAS_EXPIRED'}));
					} else expect(await ping).toBe('PONG');
				} finally {
					client.disconnect();
				}
			},
		);
	});
}

for (const name of ['kafka-4', 'kafka-3.9'] as const) {
	describeKafka(name, 'the estate', server => {
		const groupsSeenBy = async (login: Login) => {
			const admin = kafkaClient(server, login).admin();
			try {
				await admin.connect();
				await admin.describeCluster();
				return await admin.describeGroups(['unknown-group']);
			} finally {
				await admin.disconnect();
			}
		};

		test('has users that differ in what they may see', async () => {
			await expect(groupsSeenBy(server.logins.monitor)).resolves.toMatchObject({groups: [{state: 'Dead'}]});
			await expect(groupsSeenBy(server.logins.bare)).rejects.toThrow('Failed to find group coordinator');
			await expect(groupsSeenBy({user: 'monitor', password: 'not this'})).rejects.toThrow(/authentication/i);
		});

		test('shows an expired certificate, and a good one, of its own authority', async () => {
			const shown = (port: number | undefined) =>
				new Promise<string>((resolve, reject) => {
					if (port === undefined || server.ca === undefined) return reject(new Error('no listener with TLS'));
					const socket = connect({host: server.host, port, ca: readFileSync(server.ca, 'utf8')}, () => {
						resolve(socket.authorized ? 'authorized' : 'not authorized');
						socket.destroy();
					});
					socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
				});
			expect(await shown(server.listeners?.tls)).toBe('authorized');
			expect(await shown(server.listeners?.saslTls)).toBe('authorized');
			expect(await shown(server.listeners?.expired)).toBe('CERT_HAS_EXPIRED');
		});
	});
}

describeKafka('kafka-cluster', 'the estate', server => {
	test('has three brokers that know each other', async () => {
		const {brokers} = await withKafkaAdmin(server, admin => admin.describeCluster());
		expect(brokers.map(broker => broker.nodeId).sort()).toEqual([1, 2, 3]);
	});
});

describeKubernetes('the estate', server => {
	const status = (token: string) =>
		new Promise<number>((resolve, reject) => {
			const {host, port} = server;
			const ca = readFileSync(server.tls?.ca ?? '', 'utf8');
			const headers = {authorization: `Bearer ${token}`};
			request({host, port, path: '/api/v1/secrets', ca, headers}, response => {
				response.resume();
				resolve(response.statusCode ?? 0);
			})
				.on('error', reject)
				.end();
		});
	const tokenOf = (login: string) =>
		(JSON.parse(readFileSync(server.kubeconfigs[login] ?? '', 'utf8')) as {users: {user: {token: string}}[]}).users[0]
			?.user.token ?? '';

	test('has a kubeconfig for each login, and they differ in what they may read', async () => {
		expect(await status(tokenOf('admin'))).toBe(200);
		expect(await status(tokenOf('viewer'))).toBe(403);
		expect(await status('unknown-token')).toBe(401);
	});
});
