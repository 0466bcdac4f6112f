import type {Line} from '../../src/contract.ts';
import {defineInspection} from '../../src/define.ts';
import type {PodRow} from '../../src/model/pod.ts';
import type {KubernetesPort} from '../../src/port/kubernetes.ts';
import {duration} from '../../src/text/figures.ts';
import {kubectl} from './by-hand.ts';
import {managerCheck} from './managers.ts';
import {type Owner, readOwners} from './owner-chain.ts';
import {revisionOf} from './owners.ts';
import {podObject, podRef} from './pod-act.ts';
import {readRevisions} from './revisions.ts';
import {part} from './template.ts';
import type {WorkloadKind, WorkloadRef} from './workload.ts';
import {podsOf} from './workload-pods.ts';

const kinds: readonly WorkloadKind[] = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'];

const refOf = (owner: Owner, namespace: string): WorkloadRef | undefined => {
	const kind = kinds.find(each => each === owner.kind);
	return kind === undefined ? undefined : {kind, namespace, name: owner.name, uid: owner.uid};
};

function ownerText({kind, name, object, trouble}: Owner): string {
	if (object === undefined) return `${kind} ${name}  (${trouble ?? 'cannot be read'})`;
	const {replicas, paused} = part(object, 'spec');
	const {readyReplicas = 0, numberReady, desiredNumberScheduled} = part(object, 'status');
	const wanted = replicas ?? desiredNumberScheduled;
	const ready = wanted === undefined ? '' : `  ${String(numberReady ?? readyReplicas)} of ${String(wanted)} ready`;
	const revision = revisionOf(object.metadata);
	const number = Number.isNaN(revision) ? '' : `  revision ${revision}`;
	return `${kind} ${name}${ready}${number}${paused === true ? '  paused' : ''}`;
}

/** From the workload down to all of its pods, with the revisions it can go back to. */
export const inspectOwners = defineInspection<PodRow, KubernetesPort>()({
	id: 'kubernetes.owners',
	title: 'Workload: owners, pods and revisions',
	key: 'w',
	kind: 'kubernetes.pod',
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const {metadata} = await port.get(podObject(podRef(row)), context);
		const owners = (await readOwners(port, metadata, context)).toReversed();
		const [top] = owners;
		const ref = top === undefined ? undefined : refOf(top, row.namespace);
		const pods = ref === undefined ? [row] : await podsOf(port, ref, target.name, context);
		const deep = '  '.repeat(owners.length);
		const lines: Line[] = owners.map((owner, depth) => ({
			text: `${'  '.repeat(depth)}${ownerText(owner)}`,
			loud: depth === 0,
		}));
		if (top === undefined)
			lines.push({text: 'Nothing stands behind this pod: it will not come back.', severity: 'warn'});
		for (const pod of pods.toSorted((a, b) => a.name.localeCompare(b.name))) {
			const revision = pod.rollout === undefined ? '' : `  revision ${pod.rollout.revision}`;
			lines.push({
				text: `${deep}Pod ${pod.name}  ${pod.ready}/${pod.containers}  ${pod.why ?? pod.status}${revision}`,
				severity: pod.severity,
				loud: pod.uid === row.uid,
			});
		}
		const managed = top?.object === undefined ? undefined : managerCheck(top.object);
		if (managed !== undefined) lines.push({text: ''}, {text: managed.detail, severity: 'warn'});
		if (ref !== undefined && top?.object !== undefined && ref.kind !== 'ReplicaSet') {
			const revisions = await readRevisions(port, ref, top.object, context);
			lines.push({text: ''}, {text: 'Revisions, newest first', loud: true});
			for (const {revision, at, changeCause, name} of revisions) {
				const age = at === undefined ? '' : `, made ${duration((context.now() - at) / 1000)} ago`;
				lines.push({text: `  ${revision}  ${name}${age}${changeCause === undefined ? '' : `  ${changeCause}`}`});
			}
		}
		const named = top === undefined ? ['pod', row.name] : [`${top.kind.toLowerCase()}/${top.name}`];
		return {
			title: `Workload of ${row.namespace}/${row.name}`,
			reads: [
				kubectl(target, '-n', row.namespace, 'get', ...named, '-o', 'wide'),
				...(ref === undefined || ref.kind === 'ReplicaSet'
					? []
					: [kubectl(target, '-n', row.namespace, 'rollout', 'history', ...named)]),
			],
			lines,
		};
	},
});
