import {defineInspection} from '../../src/define.ts';
import type {PodRow} from '../../src/model/pod.ts';
import type {WorkloadRow} from '../../src/model/workload.ts';
import type {KubernetesPort} from '../../src/port/kubernetes.ts';
import {kubectl} from './by-hand.ts';
import {masked} from './masked.ts';
import {rowObject} from './row-object.ts';
import {yamlLines} from './yaml-text.ts';

/** The object as the server has it, without what may be secret. */
export const inspectYaml = defineInspection<PodRow | WorkloadRow, KubernetesPort>()({
	id: 'kubernetes.yaml',
	title: 'YAML',
	key: 'y',
	kind: 'kubernetes.pod',
	also: ['kubernetes.workload'],
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const {ref, kind, apiVersion, slashed} = rowObject(row);
		const object = await port.get(ref, context);
		const whole = {apiVersion, kind, ...object};
		return {
			title: `YAML of ${row.namespace}/${row.name}`,
			reads: [kubectl(target, '-n', row.namespace, 'get', slashed, '-o', 'yaml')],
			lines: yamlLines(masked(whole)).map(text => ({text})),
		};
	},
});
