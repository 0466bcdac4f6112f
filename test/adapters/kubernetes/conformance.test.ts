import {request} from 'node:https';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {parseAllDocuments} from 'yaml';
import {kubernetesSystem} from '../../../adapters/kubernetes/system.ts';
import {type KubernetesApi, startKubernetesApi} from '../../../demo/kubernetes-api/server.ts';
import type {AccessRule} from '../../../demo/kubernetes-api/serving/access.ts';
import {createScenario} from '../../../demo/scenario.ts';
import type {Row} from '../../../src/contract/row.ts';
import type {Target} from '../../../src/contract/target.ts';
import type {KubernetesSettings} from '../../../src/port/kubernetes.ts';
import {conformanceTests} from '../conformance.ts';
import type {ActionCase} from '../conformance-subject.ts';

type Json = {readonly [field: string]: Json} & {readonly [index: number]: Json};

let api: KubernetesApi;

/** A client of its own: what is done is read past the adapter. */
function ask(
	method: string,
	path: string,
	body?: unknown,
	contentType = 'application/json',
): Promise<{status: number; body: Json}> {
	return new Promise((resolve, reject) => {
		const headers = {authorization: `Bearer ${api.tokens.admin}`, 'content-type': contentType};
		const sent = request(`${api.url}${path}`, {method, ca: api.ca, headers, agent: false}, answer => {
			let text = '';
			answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
			answer.on('end', () => resolve({status: answer.statusCode ?? 0, body: JSON.parse(text || '{}') as Json}));
		});
		sent.on('error', reject);
		sent.end(body === undefined ? undefined : JSON.stringify(body));
	});
}

/** Everybody who is known may ask what he may do: the cluster role system:basic-user. */
const whoMayAsk: AccessRule = {
	verbs: ['create'],
	groups: ['authorization.k8s.io', 'authentication.k8s.io'],
	resources: ['selfsubjectaccessreviews', 'selfsubjectreviews'],
};

type RuleText = {apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[]};

/** The rules of the roles in these manifests. */
const rulesIn = (manifests: readonly string[]): readonly AccessRule[] =>
	manifests.flatMap(text =>
		parseAllDocuments(text).flatMap(document => {
			const {rules = []} = document.toJS() as {rules?: RuleText[]};
			return rules.map(({apiGroups, resources, verbs, resourceNames}) => ({
				...{verbs, groups: apiGroups, resources},
				...(resourceNames && {names: resourceNames}),
			}));
		}),
	);

const deployment = '/apis/apps/v1/namespaces/checkout/deployments/cart';
const read = async (path: string): Promise<Json> => (await ask('GET', path)).body;
const merge = (path: string, body: unknown) => ask('PATCH', path, body, 'application/merge-patch+json');
const isCart = (row: Row) =>
	'owner' in row && row.owner === 'cart' && 'namespace' in row && row.namespace === 'checkout' && row.severity === 'ok';

/** What crashes has no usage while it is not running, and is well by its figures just before; what is throttled is so from time to time. */
const isSteady = (row: Row) =>
	(row.kind !== 'kubernetes.pod' || row.severity === 'ok') &&
	!('owner' in row && ['api', 'reconciler'].includes(String(row.owner)));

/** One pod of the deployment. */
function oneCart() {
	let chosen: string | undefined;
	return (row: Row) => {
		if (!isCart(row)) return false;
		chosen ??= row.id;
		return row.id === chosen;
	};
}

const templateText = async () => JSON.stringify((await read(deployment))['spec']?.['template']);

async function settled(): Promise<void> {
	for (let turn = 0; turn < 400; turn++) {
		const {spec, status, metadata} = await read(deployment);
		const wanted = Number(spec?.['replicas']);
		const is = (name: string) => Number(status?.[name]) === wanted;
		if (
			Number(status?.['observedGeneration']) === Number(metadata?.['generation']) &&
			is('replicas') &&
			is('updatedReplicas') &&
			is('availableReplicas')
		)
			return;
		await new Promise(resolve => setTimeout(resolve, 50));
	}
	throw new Error('the deployment does not come to rest');
}

async function templateScene(params: ActionCase['params']): Promise<ActionCase> {
	await settled();
	const before = await templateText();
	return {
		params,
		isTarget: oneCart(),
		changeServer: async () => void (await merge(deployment, {spec: {minReadySeconds: 1}})),
		isApplied: async () => (await templateText()) !== before,
		async cleanUp() {
			await merge(deployment, {spec: {minReadySeconds: 0}});
			await settled();
		},
	};
}

async function scaleScene(): Promise<ActionCase> {
	await settled();
	const replicas = async () => Number((await read(deployment))['spec']?.['replicas']);
	const before = await replicas();
	return {
		params: {replicas: String(before + 1)},
		isTarget: oneCart(),
		changeServer: async () => void (await merge(deployment, {spec: {minReadySeconds: 1}})),
		isApplied: async () => (await replicas()) === before + 1,
		async cleanUp() {
			await merge(deployment, {spec: {replicas: before, minReadySeconds: 0}});
			await settled();
		},
	};
}

/** A pod that is not disturbed by a budget, and that somebody else deletes when it has to move. */
async function podScene(params: ActionCase['params']): Promise<ActionCase> {
	await settled();
	const {items} = await read('/api/v1/namespaces/checkout/pods?labelSelector=app.kubernetes.io%2Fname%3Dcart');
	const all = Object.values(items ?? {});
	const meta = all.find(pod => pod['metadata']?.['deletionTimestamp'] === undefined)?.['metadata'];
	const uid = String(meta?.['uid']);
	const path = `/api/v1/namespaces/checkout/pods/${String(meta?.['name'])}`;
	let moved = false;
	return {
		params,
		isTarget: row => row.id === uid,
		async changeServer() {
			moved = true;
			await ask('DELETE', `${path}?gracePeriodSeconds=0`);
		},
		// Somebody else's deletion is none of ours.
		async isApplied() {
			if (moved) return false;
			const {status, body} = await ask('GET', path);
			return (
				status === 404 ||
				String(body['metadata']?.['uid']) !== uid ||
				body['metadata']?.['deletionTimestamp'] !== undefined
			);
		},
		cleanUp: settled,
	};
}

const target = (at: {readonly host: string; readonly port: number}): Target<KubernetesSettings> => ({
	name: 'stand-in',
	kind: 'kubernetes',
	production: true,
	settings: {
		access: async () => ({
			context: 'stand-in',
			server: `https://${at.host}:${at.port}`,
			authority: {source: 'the stand-in', reveal: async () => api.ca},
			insecure: false,
			servername: undefined,
			proxy: undefined,
			namespace: 'default',
			login: {
				certificate: undefined,
				by: {kind: 'token', token: {source: 'the stand-in', reveal: async () => api.tokens.operator}},
			},
			impersonate: undefined,
		}),
		kubeconfig: [],
		context: 'stand-in',
		namespaces: 'all',
		environment: {},
	},
});

beforeAll(async () => {
	api = await startKubernetesApi({scenario: createScenario('default', {now: Date.now})});
	const grants = kubernetesSystem.grants?.(
		target({host: '127.0.0.1', port: Number(new URL(api.url).port)}),
		'operator',
	);
	api.simulation.cluster.access.grant('operator', [
		whoMayAsk,
		...rulesIn([...(grants?.forReading ?? []), ...(grants?.forActions ?? [])]),
	]);
});
afterAll(() => api.close());

describe('conformance', () => {
	conformanceTests({
		hasLeastGrants: true,
		system: kubernetesSystem,
		server: {
			host: '127.0.0.1',
			get port() {
				return Number(new URL(api.url).port);
			},
		},
		target,
		generateLoad: async () => ({steady: isSteady, end: async () => {}}),
		actionCases: {
			'kubernetes.restart': () => templateScene({}),
			'kubernetes.undo-rollout': () => templateScene({revision: 'previous'}),
			'kubernetes.scale': scaleScene,
			'kubernetes.evict-pod': () => podScene({}),
			'kubernetes.delete-pod': () => podScene({grace: 'default'}),
		},
		testsConnectionFaults: false,
		countWrites: async () => Number((await read(deployment))['metadata']?.['resourceVersion']),
	});
});

test.each([
	'deployments/scale',
	'statefulsets/scale',
	'replicasets/scale',
	'deployments',
	'statefulsets',
	'daemonsets',
])('the least grants allow a patch of %s, which the actions on workloads send', place => {
	const [resource = '', subresource] = place.split('/');
	const {access} = api.simulation.cluster;
	const wanted = {verb: 'patch', group: 'apps', resource, subresource, namespace: 'checkout', name: 'cart'};
	expect(access.allows(access.named('operator', []), wanted)).toBe(true);
});
