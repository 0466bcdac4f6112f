import {defineInspection} from '../../src/define.ts';
import type {PodRow} from '../../src/model/pod.ts';
import type {KubernetesPort} from '../../src/port/kubernetes.ts';
import {kubectl} from './by-hand.ts';
import {masked} from './masked.ts';
import {podObject, podRef} from './pod-act.ts';
import {yamlLines} from './yaml-text.ts';

/** The pod as the server has it, without what may be secret. */
export const inspectYaml = defineInspection<PodRow, KubernetesPort>()({
	id: 'kubernetes.yaml',
	title: 'YAML',
	key: 'y',
	kind: 'kubernetes.pod',
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const object = await port.get(podObject(podRef(row)), context);
		const whole = {apiVersion: 'v1', kind: 'Pod', ...object};
		return {
			title: `YAML of ${row.namespace}/${row.name}`,
			reads: [kubectl(target, '-n', row.namespace, 'get', 'pod', row.name, '-o', 'yaml')],
			lines: yamlLines(masked(whole)).map(text => ({text})),
		};
	},
});
