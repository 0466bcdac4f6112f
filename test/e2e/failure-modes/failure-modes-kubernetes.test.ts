import {describe} from 'vitest';
import {type KubernetesApi, startKubernetesApi} from '../../../demo/kubernetes-api/server.ts';
import {createAuthority} from '../../../demo/kubernetes-api/serving/certificates.ts';
import {formatKubeconfig} from '../../../demo/kubernetes-api/serving/kubeconfig.ts';
import {createScenario} from '../../../demo/scenario.ts';
import type {Address} from '../../estate/target-config.ts';
import {writeSecret} from '../../estate/target-config.ts';
import {startFaultProxy} from '../../faults/fault-proxy.ts';
import {describeFaultCases, expiringCertificate, linkFaultCases} from './failure-modes.ts';

const day = 24 * 3600 * 1000;

const addressOf = ({url}: KubernetesApi): Address => ({host: '127.0.0.1', port: Number(new URL(url).port)});

/** A target with a kubeconfig of its own, in which the operator logs in by token. */
const entryOf =
	(api: KubernetesApi, token = api.tokens.operator) =>
	(name: string, folder: string, at: Address = addressOf(api)) => {
		const text = formatKubeconfig({url: `https://${at.host}:${at.port}`, ca: api.ca, context: name, token});
		return {name, kind: 'kubernetes', kubeconfig: writeSecret(folder, `${name}.kubeconfig`, text)};
	};

describe('failure modes of Kubernetes', () => {
	describeFaultCases(
		{title: 'Pods', pane: 1, healthy: /Running|Completed|CrashLoopBackOff/, connections: 60},
		async () => {
			const authority = createAuthority('failure modes');
			const now = Date.now();
			const lifetime = {from: now - 2 * day, to: now - day};
			const [api, expired, own, watched] = await Promise.all([
				startKubernetesApi({scenario: createScenario('default', {now: Date.now}), pods: 60, authority}),
				startKubernetesApi({scenario: createScenario('default', {now: Date.now}), pods: 20, authority, lifetime}),
				startKubernetesApi({scenario: createScenario('default', {now: Date.now}), pods: 40}),
				startKubernetesApi({scenario: createScenario('default', {now: Date.now}), pods: 40}),
			]);
			const {access} = api.simulation.cluster;
			const first = access.issue('operator');
			const granted = watched.simulation.cluster.access;
			const viewed = granted.rulesOf(granted.named('viewer', []));
			const proxy = await startFaultProxy(addressOf(api));
			let loggedIn: (token: string) => void = () => {};
			return {
				cases: [
					...(await linkFaultCases(addressOf(api), entryOf(api), {
						refused: {
							expectedMessage: /ECONNREFUSED/,
							expectedHint: /Nothing listens there: check that the API server runs/,
						},
						'silent after connect': {
							expectedMessage: /no answer within|no data for/,
							expectedHint: /Check the load of the API server|network/,
						},
						'half-open': {
							expectedMessage: /no answer within|no data for/,
							expectedHint: /Check the load of the API server|network/,
						},
						reset: {expectedMessage: /ECONNRESET|broke|hang up|disconnected/, expectedHint: /check the API server/i},
						'2 s slow': {
							expectedMessage: /the API server answers in 2/,
							expectedHint: /Check (?:its load|the load of the API server) and the network/,
							reads: 'partly',
						},
						'malformed reply': {expectedMessage: /does not speak TLS|wrong version|broke/, expectedHint: /check/i},
					})),
					await expiringCertificate(addressOf(api), addressOf(expired), entryOf(api), {
						expectedMessage: /certificate has expired/,
						expectedHint: /renew it on the server/,
					}),
					{
						mode: 'wrong password',
						proxy,
						reads: 'failed',
						entry(name, folder) {
							loggedIn = token => entryOf(api, token)(name, folder, proxy);
							return entryOf(api, first)(name, folder, proxy);
						},
						async inject() {
							loggedIn('failure-modes-wrong-password');
							access.expire(first);
							proxy.resetAll();
						},
						end: async () => loggedIn(access.issue('operator')),
						expectedMessage: /Unauthorized|401/i,
						expectedHint: /log in again/,
					},
					{
						mode: 'denied permission',
						reads: 'failed',
						entry: entryOf(watched, watched.tokens.viewer),
						async inject() {
							granted.grant(
								'viewer',
								viewed.filter(rule => !rule.resources.includes('pods')),
							);
							watched.faults.injectNow({kind: 'expired'}, {verb: 'watch'});
							watched.faults.injectNow({kind: 'reset'});
							watched.faults.compact();
						},
						end: async () => granted.grant('viewer', viewed),
						expectedMessage: /cannot (?:list|watch) resource "pods"/,
						expectedHint: /kubectl create (?:cluster)?role/,
					},
					{
						mode: 'restarted server',
						reads: 'failed',
						entry: entryOf(own),
						inject: () => own.faults.stop(),
						end: () => own.faults.start(),
						expectedMessage: /ECONNREFUSED/,
						expectedHint: /Nothing listens there/,
					},
				],
				secrets: [first, ...Object.values(api.tokens), ...Object.values(watched.tokens)],
				end: async () => {
					await Promise.all([api, expired, own, watched].map(each => each.close()));
					await proxy.close();
				},
			};
		},
	);
});
