import type {ServerResponse} from 'node:http';
import {startFront} from '../../adapters/prometheus/reverse-proxy.ts';
import {describePrometheus} from '../../estate/describe-server.ts';
import {throwawayPrometheus} from '../../estate/disposable-server.ts';
import {type Address, writeSecret} from '../../estate/target-config.ts';
import {faultProxy} from '../../faults/fault-proxy.ts';
import {badLinks, expiringCertificate, story} from './bad-days.ts';

const entryOf =
	(more: object = {}, scheme = 'http') =>
	(name: string, _folder: string, at: Address): object => ({
		...{name, kind: 'prometheus', url: `${scheme}://127.0.0.1:${at.port}`, production: false},
		...more,
	});

describePrometheus('prometheus', 'bad days', server => {
	describePrometheus('prometheus-guarded', 'and its log-in', guarded => {
		describePrometheus('prometheus-tls', 'and its certificate', valid => {
			describePrometheus('prometheus-tls-expired', 'which expires', expired => {
				story({title: 'Targets', pane: 6, healthy: /up \d+\/\d+/, connections: 6}, async () => {
					const own = await throwawayPrometheus();
					let closed = false;
					const forbid = (response: ServerResponse) => response.writeHead(403).end('not for you');
					const front = await startFront(server, () => (closed ? forbid : undefined));
					const proxy = await faultProxy(guarded);
					const {user, password = ''} = guarded.login ?? {user: ''};
					const secret = 'wrong.operator';
					return {
						cases: [
							...(await badLinks(server, entryOf(), {
								refused: {says: /ECONNREFUSED/, todo: /Nothing listens there: start the server/},
								'silent after connect': {says: /did not answer within/, todo: /network|load/},
								'half-open': {says: /did not answer within/, todo: /network|load/},
								reset: {says: /ECONNRESET|hang up|connection broke/, todo: /check the server/i},
								'2 s slow': {
									says: /Targets of slow live, read [^,]*, took \d+(?:\.\d+)?s,/,
									todo: /./,
									reads: 'slowly',
								},
								'malformed reply': {says: /Parse Error/, todo: /no answer of HTTP/},
							})),
							{
								...{day: 'wrong password', proxy, reads: 'failed'},
								entry(name, folder) {
									const reference = `\${file:${writeSecret(folder, secret, password)}}`;
									return entryOf({username: user, password: reference})(name, folder, proxy);
								},
								befall: async home => void writeSecret(home, secret, 'bad-days-wrong-password'),
								end: async home => void writeSecret(home, secret, password),
								says: /status 401/,
								todo: /correct the log-in of this target/,
							},
							await expiringCertificate(valid, expired, entryOf({tls: {ca: valid.tls?.ca}}, 'https'), {
								says: /certificate has expired/,
								todo: /renew it on the server/,
							}),
							{
								...{day: 'denied permission', reads: 'failed'},
								entry: name => entryOf()(name, '', front),
								async befall() {
									closed = true;
								},
								async end() {
									closed = false;
								},
								says: /status 403/,
								todo: /ask who runs it/,
							},
							{
								...{day: 'restarted server', reads: 'failed'},
								entry: name => entryOf()(name, '', own.current()),
								befall: () => own.stop(),
								end: () => own.restart(),
								says: /ECONNREFUSED/,
								todo: /Nothing listens there/,
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
