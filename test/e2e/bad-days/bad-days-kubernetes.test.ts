import {describe} from 'vitest';
import {type KubernetesApi, startKubernetesApi} from '../../../demo/kubernetes-api/server.ts';
import {createAuthority} from '../../../demo/kubernetes-api/serving/certificates.ts';
import {kubeconfig} from '../../../demo/kubernetes-api/serving/kubeconfig.ts';
import {createScenario} from '../../../demo/scenario.ts';
import type {Address} from '../../estate/target-config.ts';
import {writeSecret} from '../../estate/target-config.ts';
import {faultProxy} from '../../faults/fault-proxy.ts';
import {badLinks, expiringCertificate, story} from './bad-days.ts';

const day = 24 * 3600 * 1000;

const addressOf = ({url}: KubernetesApi): Address => ({host: '127.0.0.1', port: Number(new URL(url).port)});

/** A target with a kubeconfig of its own, in which the operator logs in by token. */
const entryOf =
	(api: KubernetesApi, token = api.tokens.operator) =>
	(name: string, folder: string, at: Address = addressOf(api)) => {
		const text = kubeconfig({url: `https://${at.host}:${at.port}`, ca: api.ca, context: name, token});
		return {name, kind: 'kubernetes', kubeconfig: writeSecret(folder, `${name}.kubeconfig`, text)};
	};

describe('bad days of Kubernetes', () => {
	story({title: 'Pods', pane: 1, healthy: /Running|Completed|CrashLoopBackOff/, connections: 60}, async () => {
		const authority = createAuthority('bad days');
		const now = Date.now();
		const lifetime = {from: now - 2 * day, to: now - day};
		const [api, expired, own, watched] = await Promise.all([
			startKubernetesApi({scenario: createScenario('default', {now: Date.now}), pods: 60, authority}),
			startKubernetesApi({scenario: createScenario('default', {now: Date.now}), pods: 20, authority, lifetime}),
			startKubernetesApi({scenario: createScenario('default', {now: Date.now}), pods: 40}),
			startKubernetesApi({scenario: createScenario('default', {now: Date.now}), pods: 40}),
		]);
		const {access} = api.world.cluster;
		const first = access.issue('operator');
		const granted = watched.world.cluster.access;
		const viewed = granted.rulesOf(granted.named('viewer', []));
		const proxy = await faultProxy(addressOf(api));
		let loggedIn: (token: string) => void = () => {};
		return {
			cases: [
				...(await badLinks(addressOf(api), entryOf(api), {
					refused: {says: /ECONNREFUSED/, todo: /Nothing listens there: check that the API server runs/},
					'silent after connect': {
						says: /no answer|nothing was heard/,
						todo: /Check the load of the API server|network/,
					},
					'half-open': {says: /no answer|nothing was heard/, todo: /Check the load of the API server|network/},
					reset: {says: /ECONNRESET|broke|hang up|disconnected/, todo: /check the API server/i},
					'2 s slow': {says: /the API server answers in 2/, todo: /Check its load, and the network/, reads: 'partly'},
					'malformed reply': {says: /does not speak TLS|wrong version|broke/, todo: /check/i},
				})),
				await expiringCertificate(addressOf(api), addressOf(expired), entryOf(api), {
					says: /certificate has expired/,
					todo: /renew it on the server/,
				}),
				{
					day: 'wrong password',
					proxy,
					reads: 'failed',
					entry(name, folder) {
						loggedIn = token => entryOf(api, token)(name, folder, proxy);
						return entryOf(api, first)(name, folder, proxy);
					},
					async befall() {
						loggedIn('bad-days-wrong-password');
						access.expire(first);
						proxy.resetAll();
					},
					end: async () => loggedIn(access.issue('operator')),
					says: /Unauthorized|401|does not know us/i,
					todo: /log in again/,
				},
				{
					day: 'denied permission',
					reads: 'failed',
					entry: entryOf(watched, watched.tokens.viewer),
					async befall() {
						granted.grant(
							'viewer',
							viewed.filter(rule => !rule.resources.includes('pods')),
						);
						watched.faults.now({kind: 'gone'}, {verb: 'watch'});
						watched.faults.now({kind: 'reset'});
						watched.faults.compact();
					},
					end: async () => granted.grant('viewer', viewed),
					says: /cannot (?:list|watch) resource "pods"/,
					todo: /kubectl create (?:cluster)?role/,
				},
				{
					day: 'restarted server',
					reads: 'failed',
					entry: entryOf(own),
					befall: () => own.faults.stop(),
					end: () => own.faults.start(),
					says: /ECONNREFUSED/,
					todo: /Nothing listens there/,
				},
			],
			secrets: [first, ...Object.values(api.tokens), ...Object.values(watched.tokens)],
			end: async () => {
				await Promise.all([api, expired, own, watched].map(each => each.close()));
				await proxy.close();
			},
		};
	});
});
