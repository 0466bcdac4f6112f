import type {Context} from '../../../src/contract/context.ts';
import {defineInspection} from '../../../src/contract/define.ts';
import type {KubernetesPort, KubernetesSettings} from '../../../src/port/kubernetes.ts';
import {kubectlCommand} from '../api/cli-equivalent.ts';
import {eventLines, type InvolvedObject, readEvents} from '../objects/event-lines.ts';
import {readOwnerChain} from '../objects/owner-chain.ts';
import {involvedNodes, type ObjectRow, rowObject} from '../objects/row-object.ts';
import {involvedInWorkload} from './inspect-workload.ts';

/** The objects whose events belong to a row: a pod and its owners, a workload and what it owns, or a node. */
async function involvedInRow(
	row: ObjectRow,
	port: KubernetesPort,
	context: Context,
): Promise<readonly InvolvedObject[]> {
	if (row.kind === 'kubernetes.node-usage') return involvedNodes(row);
	if (row.kind === 'kubernetes.workload') return involvedInWorkload(row, port, context);
	const {metadata} = await port.get(rowObject(row).ref, context);
	return [{kind: 'Pod', name: row.name, uid: row.uid}, ...(await readOwnerChain(port, metadata, context))];
}

/** Events of an object and of related objects, in one timeline. */
export const inspectEvents = defineInspection<ObjectRow, KubernetesPort, KubernetesSettings>()({
	id: 'kubernetes.events',
	title: 'Events',
	key: 'e',
	kind: 'kubernetes.pod',
	also: ['kubernetes.workload', 'kubernetes.pod-usage', 'kubernetes.node-usage'],
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const {ref, namespaceOption, title} = rowObject(row);
		const about = await involvedInRow(row, port, context);
		const isNamespaced = row.kind !== 'kubernetes.node-usage';
		const lines = eventLines(await readEvents(port, ref.namespace, about, context), context.now(), isNamespaced);
		// Events of cluster-scoped objects are in a namespace of their own (`default`).
		const allNamespaces = namespaceOption.length === 0 ? ['--all-namespaces'] : [];
		return {
			title: `Events of ${title}`,
			cliEquivalent: about.map(({uid}) =>
				kubectlCommand(
					target,
					...namespaceOption,
					'get',
					'events',
					...allNamespaces,
					'--field-selector',
					`involvedObject.uid=${uid}`,
				),
			),
			lines,
		};
	},
});
