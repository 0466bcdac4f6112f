import {chmodSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {
	describeDedicatedAlertmanager,
	fireAlert,
	startDedicatedAlertmanager,
} from '../../adapters/alertmanager/dedicated-alertmanager.ts';
import {startReverseProxy} from '../../adapters/alertmanager/reverse-proxy.ts';
import {guardedLogin} from '../../estate/prometheus.ts';
import {type Address, writeSecret} from '../../estate/target-config.ts';
import {startFaultProxy} from '../../faults/fault-proxy.ts';
import {describeFaultCases, expiringCertificate, linkFaultCases} from './failure-modes.ts';

const alert = {alertname: 'TargetDown', instance: 'a:1', severity: 'critical'};

const entryOf =
	(more: object = {}, scheme = 'http') =>
	(name: string, _folder: string, at: Address): object => ({
		...{name, kind: 'alertmanager', url: `${scheme}://127.0.0.1:${at.port}`, production: false},
		...more,
	});

await describeDedicatedAlertmanager('failure modes', server => {
	describeFaultCases({title: 'Targets', pane: 6, healthy: /firing \d/, connections: 6}, async () => {
		const certificates = mkdtempSync(join(tmpdir(), 'midwatch-failure-modes-alerts-'));
		// The servers run as somebody else.
		chmodSync(certificates, 0o755);
		const [valid, expired, guarded, own, front] = await Promise.all([
			startDedicatedAlertmanager({tls: 'valid', certificates}),
			startDedicatedAlertmanager({tls: 'expired', certificates}),
			startDedicatedAlertmanager({login: guardedLogin}),
			startDedicatedAlertmanager(),
			startReverseProxy(server),
		]);
		await fireAlert(server, alert);
		await fireAlert(own, alert);
		const proxy = await startFaultProxy(guarded);
		const secret = 'wrong.operator';
		return {
			cases: [
				...(await linkFaultCases(server, entryOf(), {
					refused: {expectedMessage: /ECONNREFUSED/, expectedHint: /Nothing listens there: start the server/},
					'silent after connect': {expectedMessage: /did not answer|no answer/, expectedHint: /network|load/},
					'half-open': {expectedMessage: /did not answer|no answer/, expectedHint: /network|load/},
					reset: {expectedMessage: /ECONNRESET|hang up|broke/, expectedHint: /check the server/i},
					'2 s slow': {
						expectedMessage: /Alerts of slow live, read [^,]*, took \d+(?:\.\d+)?s,/,
						expectedHint: /./,
						reads: 'slowly',
					},
					'malformed reply': {expectedMessage: /Parse Error/, expectedHint: /not valid HTTP/},
				})),
				{
					...{mode: 'wrong password', proxy, reads: 'failed'},
					entry(name, folder) {
						const password = `\${file:${writeSecret(folder, secret, guardedLogin.password)}}`;
						return entryOf({username: guardedLogin.user, password})(name, folder, proxy);
					},
					inject: async home => void writeSecret(home, secret, 'failure-modes-wrong-password'),
					end: async home => void writeSecret(home, secret, guardedLogin.password),
					expectedMessage: /401/,
					expectedHint: /correct the login of this target/,
				},
				await expiringCertificate(valid, expired, entryOf({tls: {ca: valid.ca}}, 'https'), {
					expectedMessage: /certificate has expired/,
					expectedHint: /renew it on the server/,
				}),
				{
					...{mode: 'denied permission', reads: 'failed'},
					entry: (name, folder) => entryOf()(name, folder, front),
					async inject() {
						front.mode = 'closed';
					},
					async end() {
						front.mode = 'pass';
					},
					expectedMessage: /403/,
					expectedHint: /ask its administrator/,
				},
				{
					...{mode: 'restarted server', reads: 'failed'},
					entry: (name, folder) => entryOf()(name, folder, own),
					inject: () => own.stop(),
					end: () => own.restart(),
					expectedMessage: /ECONNREFUSED/,
					expectedHint: /Nothing listens there/,
				},
			],
			secrets: [guardedLogin.password],
			async end() {
				await Promise.all([valid, expired, guarded, own].map(each => each.end()));
				await front.close();
				rmSync(certificates, {recursive: true, force: true});
			},
		};
	});
});
