import {afterAll, beforeAll, expect, test} from 'vitest';
import {ofServers} from '../../estate/certificates.ts';
import {describePrometheus} from '../../estate/describe-server.ts';
import {type DisposableServer, startDisposablePrometheus} from '../../estate/disposable-server.ts';
import type {PrometheusServer} from '../../estate/estate-record.ts';
import {selfScrapeFiles} from '../../estate/prometheus.ts';
import {createClientCertificates} from '../client-certificates.ts';
import {openPrometheus, settingsFor} from './prometheus-fixture.ts';

describePrometheus('prometheus-tls', 'one like it that wants to be shown a certificate', () => {
	const {server: certificate, accepted: shown, refused, removeFiles: forget} = createClientCertificates();
	const tls = {...certificate, shown};
	let own: DisposableServer<PrometheusServer>;
	beforeAll(async () => {
		own = await startDisposablePrometheus({
			tls,
			files: selfScrapeFiles({tls: {...certificate, shown: ofServers(shown)}}),
		});
	});
	afterAll(async () => {
		await own.end();
		forget();
	});

	test('is read with one of its authority', async () => {
		const room = await openPrometheus(settingsFor(own.current()));
		expect((await room.read('prometheus.target')).rows).toMatchObject([{health: 'up'}]);
		await room.connection.close();
	});

	test.each(refused)('is told what to do when it is shown $name', async ({shows, message, hint}) => {
		const settings = settingsFor(own.current());
		const room = await openPrometheus({...settings, tls: {ca: certificate.ca, ...shows}});
		for (let turn = 0; turn < 2; turn++) {
			await expect(room.read('prometheus.target')).rejects.toMatchObject({
				name: 'AdapterError',
				kind: 'denied',
				message: expect.stringMatching(message),
				hint: expect.stringMatching(hint),
			});
		}
		await room.connection.close();
	});
});
