import {defineInspection} from '../../src/define.ts';
import type {PodRow} from '../../src/model/pod.ts';
import type {KubernetesPort} from '../../src/port/kubernetes.ts';
import {kubectl} from './by-hand.ts';
import {eventLines, readEvents} from './event-lines.ts';
import {readOwners} from './owner-chain.ts';
import {podObject, podRef} from './pod-act.ts';

/** What happened to a pod and to everything that stands above it, on one clock. */
export const inspectEvents = defineInspection<PodRow, KubernetesPort>()({
	id: 'kubernetes.events',
	title: 'Events of the pod and its owners',
	key: 'e',
	kind: 'kubernetes.pod',
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const {metadata} = await port.get(podObject(podRef(row)), context);
		const owners = await readOwners(port, metadata, context);
		const about = [{kind: 'Pod', name: row.name, uid: row.uid}, ...owners];
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
