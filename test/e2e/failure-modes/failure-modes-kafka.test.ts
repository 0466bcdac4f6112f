import {describeKafka} from '../../estate/describe-server.ts';
import {startDisposableKafka} from '../../estate/disposable-server.ts';
import type {KafkaServer} from '../../estate/estate-record.ts';
import {withKafkaAdmin} from '../../estate/kafka/kafka.ts';
import {denyGroups, grantKafka} from '../../estate/kafka/kafka-grants.ts';
import {makeTopic, produceCount, stoppedGroup} from '../../estate/kafka/kafka-load.ts';
import {freePort} from '../../estate/server-process.ts';
import {targetEntry} from '../../estate/target-config.ts';
import {describeFaultCases, entryOf, expiringCertificate, linkFaultCases, wrongPassword} from './failure-modes.ts';

/** Creates a stopped group whose committed offset is in the middle of its topic. */
async function stopped(server: KafkaServer): Promise<void> {
	await makeTopic(server, 'orders');
	await produceCount(server, 'orders', 20);
	await stoppedGroup(server, 'billing', 'orders', [{partition: 0, offset: 4}]);
}

const links = 6;

describeKafka('kafka-4', 'failure modes of Kafka', like => {
	describeFaultCases(
		{title: 'Consumer lag', pane: 5, healthy: /billing +orders +16 .* STOP/, connections: 4},
		async () => {
			// A broker sends its clients to the address that it advertises: each proxy has a listener of its own, and both certificates share one.
			const ports = await Promise.all(Array.from({length: links + 2}, () => freePort()));
			const [saslPort = 0, tlsPort = 0, ...linkPorts] = ports;
			const [guarded, own] = await Promise.all([
				startDisposableKafka(like, [
					{like: 'SASL', advertisedPort: saslPort},
					{like: 'TLS', advertisedPort: tlsPort},
					{like: 'EXPIRED', advertisedPort: tlsPort},
					...linkPorts.map(advertisedPort => ({like: 'FAULTY' as const, advertisedPort})),
				]),
				startDisposableKafka(like),
			]);
			const server = guarded.current();
			await stopped(server);
			await stopped(own.current());
			const {logins, ca, host} = server;
			const [sasl, valid, expired, ...proxied] = (server.listeners?.doors ?? []).map(door => ({...door, host}));
			if (sasl === undefined || valid === undefined || expired === undefined)
				throw new Error('the broker lacks the listeners');
			return {
				cases: [
					...(await linkFaultCases(proxied, entryOf(server), {
						refused: {expectedMessage: /ECONNREFUSED/, expectedHint: /Nothing listens there: start the broker/},
						'silent after connect': {expectedMessage: /did not answer/, expectedHint: /busy or hangs, or the network/},
						'half-open': {expectedMessage: /did not answer/, expectedHint: /busy or hangs, or the network/},
						reset: {expectedMessage: /closed the connection/, expectedHint: /Check/},
						'2 s slow': {
							expectedMessage: /Groups of slow live, read [^,]*, took \d+(?:\.\d+)?s,/,
							expectedHint: /./,
							reads: 'slowly',
						},
						'malformed reply': {expectedMessage: /does not speak the Kafka protocol/, expectedHint: /`tls`/},
					})),
					await wrongPassword(
						server,
						logins.operator,
						{expectedMessage: /the login was refused/, expectedHint: /Correct username and password/},
						sasl,
					),
					await expiringCertificate(
						valid,
						expired,
						(name, folder, at) => ({...targetEntry(server, {name, folder, at}), tls: {ca}}),
						{expectedMessage: /certificate has expired/, expectedHint: /renew it there/},
					),
					{
						...{mode: 'denied permission', reads: 'partly'},
						entry: (name, folder) => targetEntry(server, {name, folder, login: logins.monitor}),
						inject: () => withKafkaAdmin(server, admin => denyGroups(admin, logins.monitor)),
						end: () => withKafkaAdmin(server, admin => grantKafka(admin, logins)),
						expectedMessage: /User:monitor may not Describe group billing/,
						expectedHint: /An administrator grants it with: kafka-acls\.sh/,
					},
					{
						...{mode: 'restarted server', reads: 'failed'},
						entry: (name, folder) => targetEntry(own.current(), {name, folder}),
						inject: () => own.stop(),
						end: () => own.restart(),
						expectedMessage: /ECONNREFUSED/,
						expectedHint: /Nothing listens there/,
					},
				],
				secrets: Object.values(logins).map(({password}) => password),
				end: async () => void (await Promise.all([guarded.end(), own.end()])),
			};
		},
	);
});
