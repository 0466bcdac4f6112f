import {afterAll, afterEach, beforeAll, expect, test} from 'vitest';
import {describeKafka} from '../../estate/describe-server.ts';
import {type DisposableServer, startDisposableKafka} from '../../estate/disposable-server.ts';
import type {KafkaServer} from '../../estate/estate-record.ts';
import {withKafkaAdmin} from '../../estate/kafka/kafka.ts';
import {denyGroups, grantKafka} from '../../estate/kafka/kafka-grants.ts';
import {makeTopic, produceCount, stoppedGroup} from '../../estate/kafka/kafka-load.ts';
import {createClientCertificates} from '../client-certificates.ts';
import {
	closeKafkaClients,
	connectKafkaClient,
	rejectionOf,
	saslOf,
	settingsFor,
	testContext,
	writeContext,
} from './kafka-fixture.ts';

afterEach(closeKafkaClients);

/** The principal of a client with that certificate. */
const user = 'CN=midwatch,O=Example';

for (const name of ['kafka-4', 'kafka-3.9'] as const) {
	describeKafka(name, 'a listener that requires a client certificate', like => {
		const {server: certificate, accepted: shown, refused, removeFiles: forget} = createClientCertificates();
		let disposable: DisposableServer<KafkaServer>;
		beforeAll(async () => {
			disposable = await startDisposableKafka(like, [{like: 'MUTUAL'}], certificate);
		});
		afterAll(async () => {
			await disposable.end();
			forget();
		});

		const showing = (tls: object, more = {}) => {
			const {host, listeners} = disposable.current();
			const [door] = listeners?.doors ?? [];
			if (door === undefined) throw new Error('it has no such listener');
			return connectKafkaClient(settingsFor({host, port: door.port}, {tls: {ca: certificate.ca, ...tls}, ...more}));
		};

		test('accepts one of its authority, with the name in it as principal', async () => {
			const server = disposable.current();
			await makeTopic(server, 'shown');
			await produceCount(server, 'shown', 10);
			await stoppedGroup(server, 'shown', 'shown', [{partition: 0, offset: 4}]);
			const client = showing(shown);
			expect((await client.port.groups(testContext)).read).toEqual([]);
			// The certificate is read when the client connects.
			expect(client.principal).toBe(`User:${user}`);
			const refused = await rejectionOf(client.port.commitOffsets({group: 'shown', offsets: []}, writeContext));
			expect(refused.hint).toContain(`--allow-principal User:${user} `);
			// The hint names the principal that the broker uses.
			const login = {user, password: ''};
			await withKafkaAdmin(server, admin => grantKafka(admin, {...server.logins, operator: login}));
			expect((await client.port.groups(testContext)).read).toMatchObject([{group: 'shown'}]);
			expect((await client.port.committed(['shown'], testContext)).read[0]?.offsets).toMatchObject([{offset: 4}]);
			await withKafkaAdmin(server, admin => denyGroups(admin, login));
		});

		test.each(refused)('is reported with a hint when it gets $name', async ({shows, message, hint}) => {
			expect(await rejectionOf(showing(shows).port.cluster(testContext))).toMatchObject({
				kind: 'denied',
				message: expect.stringMatching(message),
				hint: expect.stringMatching(hint),
			});
		});

		test('takes the principal of the login when there is also a certificate', () => {
			expect(showing(shown, {sasl: saslOf(disposable.current().logins.monitor)}).principal).toBe('User:monitor');
		});
	});
}
