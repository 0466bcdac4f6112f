import {afterAll, afterEach, beforeAll, expect, test} from 'vitest';
import type {KafkaSettings} from '../../../src/port/kafka.ts';
import {describeKafka} from '../../estate/describe-server.ts';
import {type DisposableServer, startDisposableKafka} from '../../estate/disposable-server.ts';
import type {KafkaServer} from '../../estate/estate-record.ts';
import {withKafkaAdmin} from '../../estate/kafka/kafka.ts';
import {grantKafka} from '../../estate/kafka/kafka-grants.ts';
import {makeTopic, produceCount, stoppedGroup} from '../../estate/kafka/kafka-load.ts';
import {
	closeKafkaClients,
	connectKafkaClient,
	listenersOf,
	rejectionOf,
	saslOf,
	settingsFor,
	testContext,
	writeContext,
} from './kafka-fixture.ts';

afterEach(closeKafkaClients);

/** An unsigned JSON Web Token (RFC 7519, section 6). */
function tokenFor(subject: string, seconds = 60): string {
	const now = Math.floor(Date.now() / 1000);
	const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
	return `${part({alg: 'none'})}.${part({sub: subject, iat: now - 120, exp: now + seconds})}.`;
}

for (const name of ['kafka-4', 'kafka-3.9'] as const) {
	describeKafka(name, 'a login with a token, on one like it,', like => {
		let disposable: DisposableServer<KafkaServer>;
		beforeAll(async () => {
			disposable = await startDisposableKafka(like, [{like: 'TOKEN'}]);
		});
		afterAll(() => disposable.end());

		const showing = (reveal: () => string, more: Partial<KafkaSettings> = {}) => {
			const {host, listeners} = disposable.current();
			const [door] = listeners?.doors ?? [];
			if (door === undefined) throw new Error('it has no such listener');
			const token = {source: 'the test', reveal: async () => reveal()};
			return connectKafkaClient(
				settingsFor({host, port: door.port}, {sasl: {mechanism: 'oauthbearer', token}, ...more}),
			);
		};

		test('reads what its subject may read, and learns its principal', async () => {
			const server = disposable.current();
			await makeTopic(server, 'bearer');
			await produceCount(server, 'bearer', 10);
			await stoppedGroup(server, 'bearer', 'bearer', [{partition: 0, offset: 4}]);
			const login = {user: 'token-reader', password: ''};
			await withKafkaAdmin(server, admin => grantKafka(admin, {...server.logins, monitor: login}));
			const client = showing(() => `${tokenFor('token-reader')}\n`);
			const {port} = client;
			expect((await port.groups(testContext)).read).toMatchObject([{group: 'bearer'}]);
			expect((await port.committed(['bearer'], testContext)).read[0]?.offsets).toMatchObject([{offset: 4}]);
			const change = {group: 'bearer', offsets: [{topic: 'bearer', partition: 0, offset: 2, metadata: ''}]};
			const refused = await rejectionOf(port.commitOffsets(change, writeContext));
			expect(refused).toMatchObject({
				kind: 'denied',
				hint: expect.stringContaining('--allow-principal User:token-reader '),
			});
			expect(client.principal).toBe('User:token-reader');
		});

		test('gets another token for each connection, before the old one expires', async () => {
			let requests = 0;
			const client = showing(() => {
				requests += 1;
				return tokenFor('somebody', 2);
			});
			await client.port.cluster(testContext);
			const first = requests;
			await new Promise(resolve => setTimeout(resolve, 2500));
			await client.port.cluster(testContext);
			expect(requests).toBeGreaterThan(first);
		});

		test.each([
			['one that has expired', () => tokenFor('token-reader', -60)],
			['one that is none', () => 'not.a.token'],
		])('%s is refused once, and holds no secret', async (_, reveal) => {
			let requests = 0;
			const {port} = showing(() => {
				requests += 1;
				return reveal();
			});
			const error = await rejectionOf(port.cluster(testContext));
			expect(error).toMatchObject({
				kind: 'denied',
				message: expect.stringMatching(/a login with the token: the login was refused .*: invalid_token$/),
				hint: expect.stringMatching(/expired.*`sasl\.token`/),
			});
			expect(requests).toBe(1);
			expect(JSON.stringify([error, String(error)])).not.toContain(reveal().slice(0, 20));
		});

		test('with a text that cannot be a token is not sent', async () => {
			expect(await rejectionOf(showing(() => 'two\u0001auth=Bearer other').port.cluster(testContext))).toMatchObject({
				kind: 'denied',
				message: 'the token of the login cannot be sent',
			});
		});

		test('on a listener for other logins is refused with their names, and the other way round', async () => {
			const {host, sasl} = listenersOf(disposable.current());
			const token = {source: 'the test', reveal: async () => tokenFor('somebody')};
			const wrong = connectKafkaClient(settingsFor({host, port: sasl}, {sasl: {mechanism: 'oauthbearer', token}}));
			expect(await rejectionOf(wrong.port.cluster(testContext))).toMatchObject({
				message: expect.stringMatching(/does not support oauthbearer/),
				hint: expect.stringMatching(/it supports .*plain/),
			});
			const other = showing(() => '', {sasl: saslOf(disposable.current().logins.monitor)});
			expect(await rejectionOf(other.port.cluster(testContext))).toMatchObject({
				hint: expect.stringMatching(/it supports oauthbearer/),
			});
		});
	});
}
