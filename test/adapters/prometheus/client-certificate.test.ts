import {afterAll, beforeAll, expect, test} from 'vitest';
import {ofServers} from '../../estate/certificates.ts';
import {describePrometheus} from '../../estate/describe-server.ts';
import {type DisposableServer, startDisposablePrometheus} from '../../estate/disposable-server.ts';
import type {PrometheusServer} from '../../estate/estate-record.ts';
import {selfScrapeFiles} from '../../estate/prometheus.ts';
import {createClientCertificates} from '../client-certificates.ts';
import {openPrometheus, settingsFor} from './prometheus-fixture.ts';

describePrometheus('prometheus-tls', 'that requires a client certificate', () => {
	const {server: certificate, accepted, refused, removeFiles} = createClientCertificates();
	const tls = {...certificate, shown: accepted};
	let disposable: DisposableServer<PrometheusServer>;
	beforeAll(async () => {
		disposable = await startDisposablePrometheus({
			tls,
			files: selfScrapeFiles({tls: {...certificate, shown: ofServers(accepted)}}),
		});
	});
	afterAll(async () => {
		await disposable.end();
		removeFiles();
	});

	test('answers a client with a certificate of its authority', async () => {
		const fixture = await openPrometheus(settingsFor(disposable.current()));
		expect((await fixture.read('prometheus.target')).rows).toMatchObject([{health: 'up'}]);
		await fixture.connection.close();
	});

	test.each(refused)('reports with a hint: $name', async ({shows, message, hint}) => {
		const settings = settingsFor(disposable.current());
		const fixture = await openPrometheus({...settings, tls: {ca: certificate.ca, ...shows}});
		for (let turn = 0; turn < 2; turn++) {
			await expect(fixture.read('prometheus.target')).rejects.toMatchObject({
				name: 'AdapterError',
				kind: 'denied',
				message: expect.stringMatching(message),
				hint: expect.stringMatching(hint),
			});
		}
		await fixture.connection.close();
	});
});
