import {Redis} from 'ioredis';
import {Client} from 'pg';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {stringify} from 'yaml';
import {type ClusterFixture, startClusterFixture} from '../../adapters/kubernetes/cluster-fixture.ts';
import {describePostgres, describeRedis} from '../../estate/describe-server.ts';
import {type DisposableServer, startDisposablePostgres, startDisposableRedis} from '../../estate/disposable-server.ts';
import type {Login, NamedServer} from '../../estate/estate-record.ts';
import {pgConfig, runQuery} from '../../estate/postgres.ts';
import {redisOptions, sendCommand} from '../../estate/redis.ts';
import {type ConsoleProcess, startConsole} from '../console-process.ts';
import {expectFramed, expectUsable} from '../failure-modes/failure-modes.ts';
import {expectSanitized, expectSanitizedSnapshot, fiveMegabytes, hostileName} from './hostile-text.ts';

let open: ConsoleProcess;

const watching = (server: NamedServer) => startConsole({servers: [server], columns: 160, rows: 40});

describePostgres('postgres-15', 'text from outside', like => {
	let own: DisposableServer<Extract<NamedServer, {kind: 'postgres'}>>;
	const clients: Client[] = [];
	const login: Login = {user: hostileName, password: 'hostile-password'};

	beforeAll(async () => {
		own = await startDisposablePostgres(like, ['track_activity_query_size = 1MB']);
		const role = `"${hostileName}"`;
		await runQuery(own.current(), `create role ${role} login password '${login.password}'`);
		const busy = async (as: Login | 'app', application: string, statement: string) => {
			const client = new Client({...pgConfig(own.current(), as), application_name: application});
			client.on('error', () => {});
			await client.connect();
			client.query(statement).catch(() => {});
			clients.push(client);
		};
		await busy(login, hostileName, `select pg_sleep(600) as "hostile" /* ${hostileName} */`);
		await busy('app', 'long', `select pg_sleep(600), length('${'x'.repeat(fiveMegabytes)}') as long`);
		await runQuery(own.current(), `select /* ${'long '.repeat(fiveMegabytes / 5)} */ 1 as counted`);
		open = await watching(own.current());
		await open.zoom(3, 'Slow queries');
	});
	afterAll(async () => {
		await open?.close();
		await own?.end();
	});

	test('in a user, an application and a query is shown without its controls', async () => {
		await open.select('hostile');
		const row = open.pty
			.screen()
			.split('\n')
			.find(line => line.includes('▸'));
		// The server itself replaces what is not printable ASCII in an application name.
		expect(row).toMatch(/ ev\S+ +evil\S+ +\S+ +select pg_sleep\(600\) as "hostile" \/\* evil/);
		open.press('row.open');
		await open.expect('esc back');
		await open.expect('/* evil<202e><200b> */');
		open.press('deck.back');
		await open.expectAbsent('esc back');
		expectSanitized(open);
		await expectFramed(open);
		await expectSanitizedSnapshot(open);
	});

	test('5 MB query: the pane is still read, and its text opens up to a limit that is named', async () => {
		await open.select(' long ');
		open.press('row.open');
		await open.expect('esc back');
		// The row behind shows its beginning as well, while the text is still being read.
		await open.expect(/^ runs$/m);
		open.press('text.last');
		await open.expect(/100 %/);
		expect(open.pty.screen()).toMatch(/cut|first|more/i);
		open.press('deck.back');
		await open.expectAbsent('esc back');
		await open.select('long long long');
		open.press('row.open');
		await open.expect('esc back');
		await open.expect('long long long');
		open.press('deck.back');
		await open.expectAbsent('esc back');
		await expectUsable(open);
		expectSanitized(open);
		await expectFramed(open);
		expect(open.pty.screen()).not.toMatch(/ old ─/);
	});
});

describeRedis('redis', 'text from outside', like => {
	let own: DisposableServer<Extract<NamedServer, {kind: 'redis'}>>;
	let client: Redis;

	beforeAll(async () => {
		own = await startDisposableRedis(like);
		const user = {user: hostileName, password: 'hostile-password'};
		await sendCommand(own.current(), ['ACL', 'SETUSER', user.user, 'on', `>${user.password}`, '~*', '&*', '+@all']);
		client = new Redis(redisOptions(own.current(), user));
		client.on('error', () => {});
		await client.connect();
		// The server takes nothing but printable ASCII here, which leaves the text of a sequence without its ESC.
		await client.call('CLIENT', 'SETNAME', 'named-[2J');
		for (let key = 0; key < 50; key++) await client.set(`${hostileName}:${key}`, 'x');
		await client.set(Buffer.concat([Buffer.from('bytes-\xff\xfe', 'latin1'), Buffer.from(':1')]), 'x');
		await client.set('five:megabytes', 'x'.repeat(fiveMegabytes));
		await client.set(`${'key'.repeat(fiveMegabytes / 3)}:1`, 'x');
		open = await watching(own.current());
		await open.zoom(4, 'Redis memory');
	});
	afterAll(async () => {
		await open?.close();
		client?.disconnect();
		await own?.end();
	});

	test('in a key, a user and a client is shown without its controls', async () => {
		const screen = await open.expect(screen => /evil<202e><200b>:/.test(screen) && screen.includes('named-[2J'));
		expect(screen).toMatch(/named-\[2J.* ev\S+ /);
		await open.select('evil<202e><200b>:');
		await open.openDeclared('redis.keys', 'esc back');
		await open.expect(/evil<202e><200b>:\d+/);
		open.press('deck.back');
		await open.expectAbsent('esc back');
		expectSanitized(open);
		await expectFramed(open);
		await expectSanitizedSnapshot(open);
	});

	test('5 MB value and key: the pane is still read and shows the size', async () => {
		const screen = await open.expect('five:');
		expect(screen).toMatch(/five:megabytes +[56]\.\dMi/);
		await open.select('five:');
		await open.openDeclared('redis.keys', 'esc back');
		await open.expect(/string +never +five:megabytes/);
		open.press('deck.back');
		await open.expectAbsent('esc back');
		await open.select('keykeykey');
		await open.openDeclared('redis.keys', 'esc back');
		open.press('deck.back');
		await open.expectAbsent('esc back');
		await expectUsable(open);
		expectSanitized(open);
		await expectFramed(open);
		expect(open.pty.screen()).not.toMatch(/ old ─/);
	});
});

describe('text from a cluster', () => {
	let clusterFixture: ClusterFixture;

	beforeAll(async () => {
		clusterFixture = await startClusterFixture();
		const {container, note} = {container: 'fixture:1', note: `no such key ${hostileName}`};
		clusterFixture.api.simulation.programs.set(container, {
			linesPerSecond: 2,
			retainedLines: 8,
			logs: index => (index % 5 === 4 ? `long ${'x'.repeat(fiveMegabytes)}` : `line ${index} ${hostileName}`),
		});
		clusterFixture.addPod('hostile-1');
		clusterFixture.setWaiting('hostile-1', {reason: 'CreateContainerConfigError', message: note});
		clusterFixture.addPod('talks-1');
		const slow = ['password--', 'password/*', 'redis-cli ', 'password/**/', 'x://a:', '\u0090'];
		clusterFixture.api.simulation.programs.set('slow:1', {
			linesPerSecond: 4,
			retainedLines: 40,
			logs: index =>
				index % 2 === 0 ? (slow[(index / 2) % slow.length] ?? '').repeat(8000) : `line ${index} DB_PASS=hunter2`,
		});
		clusterFixture.addPod('slow-1', {image: 'slow:1'});
		const kubeconfig = await clusterFixture.writeFile('kubeconfig', clusterFixture.api.kubeconfig);
		const file = await clusterFixture.writeFile(
			'midwatch.yaml',
			stringify({targets: [{name: 'shop', kind: 'kubernetes', kubeconfig}]}),
		);
		open = await startConsole({file, columns: 160, rows: 40});
		await open.zoom(1, 'Pods');
	});
	afterAll(async () => {
		await open?.close();
		await clusterFixture.close();
	});

	test('in a status, an event and a log is shown without its controls', async () => {
		await open.select('hostile-1');
		await open.openDeclared('kubernetes.describe-pod', /Container main/);
		expect(open.pty.screen()).toContain('no such key evil');
		open.press('deck.back');
		await open.expectAbsent('esc back');
		await open.select('talks-1');
		await open.openDeclared('kubernetes.logs', /line \d+ evil/);
		expectSanitized(open);
	});

	test('made to be slow to look through: the log opens, is filtered and left', async () => {
		open.press('deck.back');
		await open.expectAbsent('esc back');
		await open.select('slow-1');
		await open.openDeclared('kubernetes.logs', /line \d+ DB_PASS=\*{3}/);
		open.press('text.filter');
		open.type('/(a+)+$|DB_PASS/');
		await open.expect(/(?:line \d+ DB_PASS=\*{3}\s+){5}/);
		open.type('\r');
		await open.expectAbsent('esc restores');
		open.press('deck.back');
		await open.expectAbsent('esc back');
		expect(open.pty.output()).not.toContain('hunter2');
		await open.select('talks-1');
		await open.openDeclared('kubernetes.logs', /Logs of \S*talks-1/);
	});

	test('of 5 MB: the log reads on', async () => {
		await open.expect(/x{40} … [\d,]+ more characters/);
		await open.expect(/line \d*[05] evil/);
		open.press('deck.back');
		await open.expectAbsent('esc back');
		await expectUsable(open);
		await expectFramed(open);
		expectSanitized(open);
		expect(open.pty.screen()).not.toMatch(/ old ─/);
	});
});
