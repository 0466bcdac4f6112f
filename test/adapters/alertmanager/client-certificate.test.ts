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

await describeDedicatedAlertmanager('shown a certificate, when it wants one,', () => {
	const {server: certificate, accepted: shown, folder, refused, removeFiles: forget} = createClientCertificates();
	let own: DedicatedAlertmanager;
	beforeAll(async () => {
		own = await startDedicatedAlertmanager({tls: 'valid', certificates: folder, shown});
	});
	afterAll(async () => {
		await own.end();
		forget();
	});

	const showing = (tls: TlsSettings) => openSystemFixture(alertmanagerSystem, targetAt(own, {url: own.url, tls}));

	test('is read with one of its authority, as curl does', async () => {
		const alert = JSON.stringify([{labels: {alertname: 'Shown', severity: 'warning'}}]);
		const way = ['--cacert', certificate.ca, '--cert', shown.cert, '--key', shown.key];
		const what = ['-H', 'content-type: application/json', '-d', alert, `${own.url}/api/v2/alerts`];
		expect(spawnSync('curl', ['-fsS', ...way, ...what]).status).toBe(0);
		const room = await showing({ca: certificate.ca, ...shown});
		expect((await room.read('alertmanager.alert')).rows).toMatchObject([{labels: {alertname: 'Shown'}}]);
		await room.connection.close();
	});

	test.each(refused)('is told what to do when it is shown $name', async ({shows, message, hint}) => {
		const room = await showing({ca: certificate.ca, ...shows});
		await expect(room.read('alertmanager.alert')).rejects.toMatchObject({
			name: 'AdapterError',
			kind: 'denied',
			message: expect.stringMatching(message),
			hint: expect.stringMatching(hint),
		});
		await room.connection.close();
	});
});
