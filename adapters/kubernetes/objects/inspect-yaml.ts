import {defineInspection} from '../../../src/contract/define.ts';
import type {KubernetesPort, KubernetesSettings} from '../../../src/port/kubernetes.ts';
import {kubectlCommand} from '../api/cli-equivalent.ts';
import {maskSecrets} from './mask-secrets.ts';
import {type ObjectRow, rowObject} from './row-object.ts';
import {yamlLines} from './yaml-text.ts';

/** The object as the server has it, without what may be secret. */
export const inspectYaml = defineInspection<ObjectRow, KubernetesPort, KubernetesSettings>()({
	id: 'kubernetes.yaml',
	title: 'YAML',
	key: 'y',
	kind: 'kubernetes.pod',
	also: ['kubernetes.workload', 'kubernetes.pod-usage', 'kubernetes.node-usage'],
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const {ref, kind, apiVersion, place, slashed, title} = rowObject(row);
		const object = await port.get(ref, context);
		const whole = {apiVersion, kind, ...object};
		return {
			title: `YAML of ${title}`,
			cliEquivalent: [kubectlCommand(target, ...place, 'get', slashed, '-o', 'yaml')],
			lines: yamlLines(maskSecrets(whole)).map(text => ({text})),
		};
	},
});
