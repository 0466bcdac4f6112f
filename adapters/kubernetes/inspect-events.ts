import type {Context} from '../../src/contract.ts';
import {defineInspection} from '../../src/define.ts';
import type {PodRow} from '../../src/model/pod.ts';
import type {WorkloadRow} from '../../src/model/workload.ts';
import type {KubernetesPort} from '../../src/port/kubernetes.ts';
import {kubectl} from './by-hand.ts';
import {eventLines, type Involved, readEvents} from './event-lines.ts';
import {aboutWorkload} from './inspect-workload.ts';
import {readOwners} from './owner-chain.ts';
import {rowObject} from './row-object.ts';

/** A pod and everything that stands above it, or a workload and everything below it. */
async function aboutRow(
	row: PodRow | WorkloadRow,
	port: KubernetesPort,
	context: Context,
): Promise<readonly Involved[]> {
	if ('kind' in row) return aboutWorkload(row, port, context);
	const {metadata} = await port.get(rowObject(row).ref, context);
	return [{kind: 'Pod', name: row.name, uid: row.uid}, ...(await readOwners(port, metadata, context))];
}

/** What happened to an object and to those it belongs together with, on one clock. */
export const inspectEvents = defineInspection<PodRow | WorkloadRow, KubernetesPort>()({
	id: 'kubernetes.events',
	title: 'Events',
	key: 'e',
	kind: 'kubernetes.pod',
	also: ['kubernetes.workload'],
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const about = await aboutRow(row, port, context);
		const lines = eventLines(await readEvents(port, row.namespace, about, context), context.now(), true);
		return {
			title: `Events of ${row.namespace}/${row.name}`,
			reads: about.map(({uid}) =>
				kubectl(target, '-n', row.namespace, 'get', 'events', '--field-selector', `involvedObject.uid=${uid}`),
			),
			lines,
		};
	},
});
