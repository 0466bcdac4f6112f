import {beforeAll, expect, test} from 'vitest';
import {applyStrategicMerge} from '../../../demo/kubernetes-api/objects/strategic-merge.ts';
import {describeWithKubectl} from './kubectl-fixture.ts';

const pod = (containers: unknown) => ({spec: {template: {spec: {containers}}}});

/** Each is a patch that a console or kubectl itself makes, and its trap. */
const patches: readonly (readonly [says: string, patch: unknown])[] = [
	[
		'an annotation of the template',
		{spec: {template: {metadata: {annotations: {'kubectl.kubernetes.io/restartedAt': 'x'}}}}},
	],
	['a limit of one container', pod([{name: 'thumb', resources: {limits: {memory: '2Gi', cpu: '1'}}}])],
	[
		'a variable that is new, and one that changes',
		pod([
			{
				name: 'thumb',
				env: [
					{name: 'A', value: '1'},
					{name: 'LOG_LEVEL', value: 'debug'},
				],
			},
		]),
	],
	['a variable that goes', pod([{name: 'thumb', env: [{name: 'LOG_LEVEL', $patch: 'delete'}]}])],
	['a container that is new', pod([{name: 'third', image: 'registry.example.test/third:1'}])],
	['a container that goes', pod([{name: 'resizer', $patch: 'delete'}])],
	[
		'the complete list of containers',
		pod([{$patch: 'replace'}, {name: 'only', image: 'registry.example.test/only:1'}]),
	],
	['a complete list without a merge key', pod([{name: 'thumb', args: ['-v']}])],
	['another port', pod([{name: 'thumb', ports: [{containerPort: 9090, name: 'metrics', protocol: 'TCP'}]}])],
	[
		'the complete template',
		{
			spec: {
				template: {$patch: 'replace', metadata: {labels: {a: 'b'}}, spec: {containers: [{name: 'x', image: 'y'}]}},
			},
		},
	],
	['a value that goes', {metadata: {annotations: {'kubernetes.io/change-cause': null}}}],
	['the retained keys of a strategy', {spec: {strategy: {$retainKeys: ['type'], type: 'Recreate'}}}],
];

describeWithKubectl('a strategic merge', 'calm', (judge, open) => {
	beforeAll(open);

	test.each(patches)('of %s has the result of kubectl', async (_, patch) => {
		const {kubectl, get} = judge();
		const before = get('deployments.apps', 'media', 'thumb');
		const output = await kubectl(
			'-n',
			'media',
			'patch',
			'--local',
			'-o',
			'json',
			'--type=strategic',
			'-p',
			JSON.stringify(patch),
			'-f',
			judge().file(before),
		);
		const {status: _status, ...after} = JSON.parse(output) as Record<string, unknown>;
		const {status: __, ...ours} = applyStrategicMerge(before, patch) as Record<string, unknown>;
		expect(withoutEmpty(ours)).toEqual(withoutEmpty(after));
	});
});

/** A client writes what is empty as `{}` or `null` that was not there before, and the other way round. */
function withoutEmpty(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(withoutEmpty);
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(
		Object.entries(value)
			.map(([name, item]) => [name, withoutEmpty(item)] as const)
			.filter(([, item]) => item !== null && item !== undefined && JSON.stringify(item) !== '{}'),
	);
}
