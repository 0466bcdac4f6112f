import type {Context} from '../../../src/contract/context.ts';
import {defineInspection} from '../../../src/contract/define.ts';
import type {KubernetesPort} from '../../../src/port/kubernetes.ts';
import {kubectl} from '../api/cli-equivalent.ts';
import {eventLines, type Involved, readEvents} from '../objects/event-lines.ts';
import {readOwners} from '../objects/owner-chain.ts';
import {aboutNode, isOfNode, isOfWorkload, type ObjectRow, rowObject} from '../objects/row-object.ts';
import {aboutWorkload} from './inspect-workload.ts';

/** A pod and everything that stands above it, a workload and everything below it, or a node. */
async function aboutRow(row: ObjectRow, port: KubernetesPort, context: Context): Promise<readonly Involved[]> {
	if (isOfNode(row)) return aboutNode(row);
	if (isOfWorkload(row)) return aboutWorkload(row, port, context);
	const {metadata} = await port.get(rowObject(row).ref, context);
	return [{kind: 'Pod', name: row.name, uid: row.uid}, ...(await readOwners(port, metadata, context))];
}

/** What happened to an object and to those it belongs together with, on one clock. */
export const inspectEvents = defineInspection<ObjectRow, KubernetesPort>()({
	id: 'kubernetes.events',
	title: 'Events',
	key: 'e',
	kind: 'kubernetes.pod',
	also: ['kubernetes.workload', 'kubernetes.pod-usage', 'kubernetes.node-usage'],
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const {ref, place, title} = rowObject(row);
		const about = await aboutRow(row, port, context);
		const lines = eventLines(await readEvents(port, ref.namespace, about, context), context.now(), !isOfNode(row));
		// Those of what belongs to no namespace are in one of their own.
		const everywhere = place.length === 0 ? ['--all-namespaces'] : [];
		return {
			title: `Events of ${title}`,
			reads: about.map(({uid}) =>
				kubectl(target, ...place, 'get', 'events', ...everywhere, '--field-selector', `involvedObject.uid=${uid}`),
			),
			lines,
		};
	},
});
