import {chmodSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describeOwnAlertmanager, fire, ownAlertmanager} from '../../adapters/alertmanager/dedicated-alertmanager.ts';
import {httpFront} from '../../adapters/alertmanager/reverse-proxy.ts';
import {guardedLogin} from '../../estate/prometheus.ts';
import {type Address, writeSecret} from '../../estate/target-config.ts';
import {faultProxy} from '../../faults/fault-proxy.ts';
import {badLinks, expiringCertificate, story} from './bad-days.ts';

const alert = {alertname: 'TargetDown', instance: 'a:1', severity: 'critical'};

const entryOf =
	(more: object = {}, scheme = 'http') =>
	(name: string, _folder: string, at: Address): object => ({
		...{name, kind: 'alertmanager', url: `${scheme}://127.0.0.1:${at.port}`, production: false},
		...more,
	});

await describeOwnAlertmanager('bad days', server => {
	story({title: 'Targets', pane: 6, healthy: /firing \d/, connections: 6}, async () => {
		const certificates = mkdtempSync(join(tmpdir(), 'midwatch-bad-days-alerts-'));
		// The servers run as somebody else.
		chmodSync(certificates, 0o755);
		const [valid, expired, guarded, own, front] = await Promise.all([
			ownAlertmanager({tls: 'valid', certificates}),
			ownAlertmanager({tls: 'expired', certificates}),
			ownAlertmanager({login: guardedLogin}),
			ownAlertmanager(),
			httpFront(server),
		]);
		await fire(server, alert);
		await fire(own, alert);
		const proxy = await faultProxy(guarded);
		const secret = 'wrong.operator';
		return {
			cases: [
				...(await badLinks(server, entryOf(), {
					refused: {says: /ECONNREFUSED/, todo: /Nothing listens there: start the server/},
					'silent after connect': {says: /did not answer|no answer/, todo: /network|load/},
					'half-open': {says: /did not answer|no answer/, todo: /network|load/},
					reset: {says: /ECONNRESET|hang up|broke/, todo: /check the server/i},
					'2 s slow': {says: /Alerts of slow live, read [^,]*, took \d+(?:\.\d+)?s,/, todo: /./, reads: 'slowly'},
					'malformed reply': {says: /Parse Error/, todo: /no answer of HTTP/},
				})),
				{
					...{day: 'wrong password', proxy, reads: 'failed'},
					entry(name, folder) {
						const password = `\${file:${writeSecret(folder, secret, guardedLogin.password)}}`;
						return entryOf({username: guardedLogin.user, password})(name, folder, proxy);
					},
					befall: async home => void writeSecret(home, secret, 'bad-days-wrong-password'),
					end: async home => void writeSecret(home, secret, guardedLogin.password),
					says: /401/,
					todo: /correct the log-in of this target/,
				},
				await expiringCertificate(valid, expired, entryOf({tls: {ca: valid.ca}}, 'https'), {
					says: /certificate has expired/,
					todo: /renew it on the server/,
				}),
				{
					...{day: 'denied permission', reads: 'failed'},
					entry: (name, folder) => entryOf()(name, folder, front),
					async befall() {
						front.mode = 'closed';
					},
					async end() {
						front.mode = 'pass';
					},
					says: /403/,
					todo: /ask who runs it/,
				},
				{
					...{day: 'restarted server', reads: 'failed'},
					entry: (name, folder) => entryOf()(name, folder, own),
					befall: () => own.stop(),
					end: () => own.restart(),
					says: /ECONNREFUSED/,
					todo: /Nothing listens there/,
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
