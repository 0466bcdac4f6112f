import type {ServerResponse} from 'node:http';
import {startReverseProxy} from '../../adapters/prometheus/reverse-proxy.ts';
import {describePrometheus} from '../../estate/describe-server.ts';
import {startDisposablePrometheus} from '../../estate/disposable-server.ts';
import {type Address, writeSecret} from '../../estate/target-config.ts';
import {startFaultProxy} from '../../faults/fault-proxy.ts';
import {describeFaultCases, expiringCertificate, linkFaultCases} from './failure-modes.ts';

const entryOf =
	(more: object = {}, scheme = 'http') =>
	(name: string, _folder: string, at: Address): object => ({
		...{name, kind: 'prometheus', url: `${scheme}://127.0.0.1:${at.port}`, production: false},
		...more,
	});

describePrometheus('prometheus', 'failure modes', server => {
	describePrometheus('prometheus-guarded', 'and its login', guarded => {
		describePrometheus('prometheus-tls', 'and its certificate', valid => {
			describePrometheus('prometheus-tls-expired', 'which expires', expired => {
				describeFaultCases({title: 'Targets', pane: 6, healthy: /up \d+\/\d+/, connections: 6}, async () => {
					const own = await startDisposablePrometheus();
					let closed = false;
					const forbid = (response: ServerResponse) => response.writeHead(403).end('not for you');
					const front = await startReverseProxy(server, () => (closed ? forbid : undefined));
					const proxy = await startFaultProxy(guarded);
					const {user, password = ''} = guarded.login ?? {user: ''};
					const secret = 'wrong.operator';
					return {
						cases: [
							...(await linkFaultCases(server, entryOf(), {
								refused: {expectedMessage: /ECONNREFUSED/, expectedHint: /Nothing listens there: start the server/},
								'silent after connect': {expectedMessage: /did not answer within/, expectedHint: /network|load/},
								'half-open': {expectedMessage: /did not answer within/, expectedHint: /network|load/},
								reset: {expectedMessage: /ECONNRESET|hang up|connection broke/, expectedHint: /check the server/i},
								'2 s slow': {
									expectedMessage: /Targets of slow live, read [^,]*, took \d+(?:\.\d+)?s,/,
									expectedHint: /./,
									reads: 'slowly',
								},
								'malformed reply': {expectedMessage: /Parse Error/, expectedHint: /not valid HTTP/},
							})),
							{
								...{mode: 'wrong password', proxy, reads: 'failed'},
								entry(name, folder) {
									const reference = `\${file:${writeSecret(folder, secret, password)}}`;
									return entryOf({username: user, password: reference})(name, folder, proxy);
								},
								inject: async home => void writeSecret(home, secret, 'failure-modes-wrong-password'),
								end: async home => void writeSecret(home, secret, password),
								expectedMessage: /status 401/,
								expectedHint: /correct the login of this target/,
							},
							await expiringCertificate(valid, expired, entryOf({tls: {ca: valid.tls?.ca}}, 'https'), {
								expectedMessage: /certificate has expired/,
								expectedHint: /renew it on the server/,
							}),
							{
								...{mode: 'denied permission', reads: 'failed'},
								entry: name => entryOf()(name, '', front),
								async inject() {
									closed = true;
								},
								async end() {
									closed = false;
								},
								expectedMessage: /status 403/,
								expectedHint: /ask its administrator/,
							},
							{
								...{mode: 'restarted server', reads: 'failed'},
								entry: name => entryOf()(name, '', own.current()),
								inject: () => own.stop(),
								end: () => own.restart(),
								expectedMessage: /ECONNREFUSED/,
								expectedHint: /Nothing listens there/,
							},
						],
						secrets: [password],
						async end() {
							await own.end();
							front.close();
						},
					};
				});
			});
		});
	});
});
