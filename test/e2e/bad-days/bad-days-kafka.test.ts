import {describeKafka} from '../../estate/describe-server.ts';
import {throwawayKafka} from '../../estate/disposable-server.ts';
import type {KafkaServer} from '../../estate/estate-record.ts';
import {asAdmin} from '../../estate/kafka/kafka.ts';
import {denyGroups, grantKafka} from '../../estate/kafka/kafka-grants.ts';
import {fill, makeTopic, stoppedGroup} from '../../estate/kafka/kafka-load.ts';
import {freePort} from '../../estate/server-process.ts';
import {targetEntry} from '../../estate/target-config.ts';
import {badLinks, entryOf, expiringCertificate, story, wrongPassword} from './bad-days.ts';

/** A group that has stopped in the middle of what it reads. */
async function stopped(server: KafkaServer): Promise<void> {
	await makeTopic(server, 'orders');
	await fill(server, 'orders', 20);
	await stoppedGroup(server, 'billing', 'orders', [{partition: 0, offset: 4}]);
}

const links = 6;

describeKafka('kafka-4', 'bad days of Kafka', like => {
	story({title: 'Consumer lag', pane: 5, healthy: /billing +orders +16 .* STOP/, connections: 4}, async () => {
		// A broker sends its clients to where it says that it is: each proxy stands at a door of its own, and two certificates at the same.
		const ports = await Promise.all(Array.from({length: links + 2}, () => freePort()));
		const [saslPort = 0, tlsPort = 0, ...linkPorts] = ports;
		const [guarded, own] = await Promise.all([
			throwawayKafka(like, [
				{like: 'SASL', toldPort: saslPort},
				{like: 'TLS', toldPort: tlsPort},
				{like: 'EXPIRED', toldPort: tlsPort},
				...linkPorts.map(toldPort => ({like: 'FAULTY' as const, toldPort})),
			]),
			throwawayKafka(like),
		]);
		const server = guarded.current();
		await stopped(server);
		await stopped(own.current());
		const {logins, ca, host} = server;
		const [sasl, valid, expired, ...doors] = (server.listeners?.doors ?? []).map(door => ({...door, host}));
		if (sasl === undefined || valid === undefined || expired === undefined) throw new Error('the broker has no doors');
		return {
			cases: [
				...(await badLinks(doors, entryOf(server), {
					refused: {says: /ECONNREFUSED/, todo: /Nothing listens there: start the broker/},
					'silent after connect': {says: /did not answer/, todo: /busy or hangs, or the network/},
					'half-open': {says: /did not answer/, todo: /busy or hangs, or the network/},
					reset: {says: /closed the connection/, todo: /Check/},
					'2 s slow': {says: /Groups of slow live, read [^,]*, took \d+(?:\.\d+)?s,/, todo: /./, reads: 'slowly'},
					'malformed reply': {says: /does not speak the Kafka protocol/, todo: /`tls`/},
				})),
				await wrongPassword(
					server,
					logins.operator,
					{says: /the login was refused/, todo: /Correct username and password/},
					sasl,
				),
				await expiringCertificate(
					valid,
					expired,
					(name, folder, at) => ({...targetEntry(server, {name, folder, at}), tls: {ca}}),
					{says: /certificate has expired/, todo: /renew it there/},
				),
				{
					...{day: 'denied permission', reads: 'partly'},
					entry: (name, folder) => targetEntry(server, {name, folder, login: logins.monitor}),
					befall: () => asAdmin(server, admin => denyGroups(admin, logins.monitor)),
					end: () => asAdmin(server, admin => grantKafka(admin, logins)),
					says: /User:monitor may not Describe group billing/,
					todo: /An administrator grants it with: kafka-acls\.sh/,
				},
				{
					...{day: 'restarted server', reads: 'failed'},
					entry: (name, folder) => targetEntry(own.current(), {name, folder}),
					befall: () => own.stop(),
					end: () => own.restart(),
					says: /ECONNREFUSED/,
					todo: /Nothing listens there/,
				},
			],
			secrets: Object.values(logins).map(({password}) => password),
			end: async () => void (await Promise.all([guarded.end(), own.end()])),
		};
	});
});
