import {defineInspection} from '../../../src/contract/define.ts';
import type {KubernetesPort, KubernetesSettings} from '../../../src/port/kubernetes.ts';
import {kubectlCommand} from '../api/cli-equivalent.ts';
import {maskSecrets} from './mask-secrets.ts';
import {toYamlLines} from './object-yaml.ts';
import {type ObjectRow, rowObject} from './row-object.ts';

/** The object as YAML, read from the server when it opens, with secrets masked. */
export const inspectYaml = defineInspection<ObjectRow, KubernetesPort, KubernetesSettings>()({
	id: 'kubernetes.yaml',
	title: 'YAML',
	key: 'y',
	kind: 'kubernetes.pod',
	also: ['kubernetes.workload', 'kubernetes.pod-usage', 'kubernetes.node-usage'],
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const {ref, kind, apiVersion, namespaceOption, slashed, title} = rowObject(row);
		const object = await port.get(ref, context);
		const full = {apiVersion, kind, ...object};
		return {
			title: `YAML of ${title}`,
			cliEquivalent: [kubectlCommand(target, ...namespaceOption, 'get', slashed, '-o', 'yaml')],
			lines: (await toYamlLines(maskSecrets(full))).map(text => ({text})),
		};
	},
});
