import {spawnSync} from 'node:child_process';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {alertmanagerSystem} from '../../../adapters/alertmanager/system.ts';
import type {TlsSettings} from '../../../src/port/tls.ts';
import {createClientCertificates} from '../client-certificates.ts';
import {openSystemFixture} from '../system-fixture.ts';
import {
	type DedicatedAlertmanager,
	describeDedicatedAlertmanager,
	startDedicatedAlertmanager,
	targetAt,
} from './dedicated-alertmanager.ts';

await describeDedicatedAlertmanager('that requires a client certificate', () => {
	const {server: certificate, accepted, folder, refused, removeFiles} = createClientCertificates();
	let server: DedicatedAlertmanager;
	beforeAll(async () => {
		server = await startDedicatedAlertmanager({tls: 'valid', certificates: folder, shown: accepted});
	});
	afterAll(async () => {
		await server.end();
		removeFiles();
	});

	const open = (tls: TlsSettings) => openSystemFixture(alertmanagerSystem, targetAt(server, {url: server.url, tls}));

	test('answers a client with a certificate of its authority, as with curl', async () => {
		const alert = JSON.stringify([{labels: {alertname: 'Shown', severity: 'warning'}}]);
		const access = ['--cacert', certificate.ca, '--cert', accepted.cert, '--key', accepted.key];
		const request = ['-H', 'content-type: application/json', '-d', alert, `${server.url}/api/v2/alerts`];
		expect(spawnSync('curl', ['-fsS', ...access, ...request]).status).toBe(0);
		const fixture = await open({ca: certificate.ca, ...accepted});
		expect((await fixture.read('alertmanager.alert')).rows).toMatchObject([{labels: {alertname: 'Shown'}}]);
		await fixture.connection.close();
	});

	test.each(refused)('reports with a hint: $name', async ({shows, message, hint}) => {
		const fixture = await open({ca: certificate.ca, ...shows});
		await expect(fixture.read('alertmanager.alert')).rejects.toMatchObject({
			name: 'AdapterError',
			kind: 'denied',
			message: expect.stringMatching(message),
			hint: expect.stringMatching(hint),
		});
		await fixture.connection.close();
	});
});
