import {describe, expect, test} from 'vitest';
import {maskSecrets} from '../../../adapters/kubernetes/objects/mask-secrets.ts';
import {toYamlLines} from '../../../adapters/kubernetes/objects/object-yaml.ts';
import type {ApiObject} from '../../../src/port/kubernetes.ts';

const metadata = {name: 'shop', namespace: 'orders', uid: 'u', resourceVersion: '1'};
const shown = async (object: object): Promise<string> =>
	(await toYamlLines(maskSecrets({metadata, ...object} as ApiObject))).join('\n');

describe('an object that is shown', () => {
	test('of a Secret keeps its keys, and neither its values nor those of its annotations', async () => {
		const text = await shown({
			kind: 'Secret',
			metadata: {...metadata, annotations: {note: 'hunter2-note'}},
			data: {password: 'aHVudGVyMg=='},
			stringData: {token: 'hunter2-text'},
		});
		expect(text).toContain('password: (12 characters, not shown)');
		expect(text).toContain('token: (12 characters, not shown)');
		expect(text).toContain('note: (12 characters, not shown)');
		expect(text).not.toMatch(/hunter2|aHVudGVyMg/);
	});

	test.each(['DB_PASSWORD', 'API_TOKEN', 'aws_secret_access_key', 'DATABASE_URL', 'SENTRY_DSN'])(
		'hides the value of the variable %s',
		async name => {
			const containers = [{name: 'main', env: [{name, value: 'hunter2'}]}];
			const text = await shown({kind: 'Pod', spec: {containers}});
			expect(text).toContain(name);
			expect(text).not.toContain('hunter2');
		},
	);

	test('shows other variables, and where the secret ones come from', async () => {
		const env = [
			{name: 'LOG_LEVEL', value: 'info'},
			{name: 'API_KEY', valueFrom: {secretKeyRef: {name: 'provider', key: 'api-key'}}},
		];
		const text = await shown({kind: 'Deployment', spec: {template: {spec: {containers: [{name: 'main', env}]}}}});
		expect(text).toContain('value: info');
		expect(text).toContain('key: api-key');
	});

	test('hides a password anywhere in a URL, and the last applied configuration', async () => {
		const annotations = {
			'kubectl.kubernetes.io/last-applied-configuration': '{"stringData":{"password":"hunter2"}}',
			from: 'amqp://app:hunter2@queue/orders',
		};
		const text = await shown({
			kind: 'ConfigMap',
			metadata: {...metadata, annotations, managedFields: [{manager: 'kubectl'}]},
			data: {url: 'postgres://app:hunter2@db:5432/orders'},
		});
		expect(text).toContain('postgres://app:(not shown)@db:5432/orders');
		expect(text).toContain('amqp://app:(not shown)@queue/orders');
		expect(text).not.toContain('hunter2');
		expect(text).not.toContain('managedFields');
	});
});
