import type {Context} from '../../../src/contract/context.ts';
import type {DocumentLine} from '../../../src/contract/document.ts';
import type {PodRow} from '../../../src/model/kubernetes/pod.ts';
import type {KubernetesPort} from '../../../src/port/kubernetes.ts';
import type {Metadata, WatchedKind} from '../../../src/port/kubernetes-objects.ts';
import {readOptionalObjects} from '../api/cached-reads.ts';
import type {Owner} from '../objects/owner-chain.ts';
import {byNewest, controllerOf, revisionOf} from '../objects/owner-index.ts';
import {readRecentPodRows} from '../objects/pod-rows.ts';
import {childObject} from '../objects/pod-template.ts';

/** The watched kinds between a topmost owner and its pods. */
const intermediateKinds = {
	deployments: 'Deployment',
	replicasets: 'ReplicaSet',
	statefulsets: 'StatefulSet',
	daemonsets: 'DaemonSet',
	cronjobs: 'CronJob',
	jobs: 'Job',
} as const satisfies Partial<Record<WatchedKind, string>>;

type Member = {readonly kind: string; readonly metadata: Metadata; readonly object: unknown};

/** `ReplicaSet api-7f9c6d  3 of 3 ready  revision 41`. */
function memberText({kind, metadata, object}: Member): string {
	const {replicas, paused, completions, schedule} = childObject(object, 'spec');
	const {succeeded = 0, failed} = childObject(object, 'status');
	const {readyReplicas = 0, numberReady, desiredNumberScheduled} = childObject(object, 'status');
	const desired = replicas ?? desiredNumberScheduled;
	const revision = revisionOf(metadata);
	return [
		`${kind} ${metadata.name}`,
		...(desired === undefined ? [] : [`${String(numberReady ?? readyReplicas)} of ${String(desired)} ready`]),
		...(schedule === undefined ? [] : [String(schedule)]),
		...(kind === 'Job' ? [`${String(succeeded)} of ${String(completions ?? 1)} done`] : []),
		...(failed === undefined ? [] : [`${String(failed)} failed`]),
		...(Number.isNaN(revision) ? [] : [`revision ${revision}`]),
		...(paused === true ? ['paused'] : []),
	].join('  ');
}

function podText({name, ready, containers, why, status, rollout}: PodRow): string {
	const revision = rollout === undefined ? '' : `  revision ${rollout.revision}`;
	return `Pod ${name}  ${ready}/${containers}  ${why ?? status}${revision}`;
}

const isEmpty = ({kind, object}: Member): boolean =>
	kind === 'ReplicaSet' && childObject(object, 'spec')['replicas'] === 0 && !childObject(object, 'status')['replicas'];

/**
 * The tree of objects below the topmost owner. `chain` leads from that owner down to the subject, whose line is emphasised. Objects
 * owned by a kind that is not watched are missing, except along the chain.
 */
export async function readOwnerTree(
	port: KubernetesPort,
	about: {readonly target: string; readonly namespace: string; readonly chain: readonly Owner[]},
	context: Context,
): Promise<readonly DocumentLine[]> {
	const {target, namespace, chain} = about;
	const kinds = Object.entries(intermediateKinds) as readonly (readonly [keyof typeof intermediateKinds, string])[];
	const [pods, ...lists] = await Promise.all([
		readRecentPodRows(port, target, context),
		...kinds.map(async ([kind, name]) => {
			const found = await readOptionalObjects(port, kind, `${kind} are not known`, context);
			const members = [...found.objects.values()].map(
				(object): Member => ({kind: name, metadata: object.metadata, object}),
			);
			return {members, notes: found.notes};
		}),
	]);
	const {objects} = await port.readWatched('pods', context);
	const owned = Map.groupBy(
		lists.flatMap(({members}) => members).filter(({metadata}) => metadata.namespace === namespace),
		({metadata}) => controllerOf(metadata)?.uid ?? '',
	);
	const ownPods = Map.groupBy(
		pods.rows.filter(row => row.namespace === namespace),
		({uid}) => controllerOf(objects.get(uid)?.metadata ?? noMetadata)?.uid ?? '',
	);
	const subject = chain.at(-1)?.uid;
	const lines: DocumentLine[] = [];
	const shown = new Set<string>();
	const put = (depth: number, uid: string, text: string, more: Partial<DocumentLine> = {}) => {
		shown.add(uid);
		lines.push({text: `${'  '.repeat(depth)}${text}`, ...more, ...(uid === subject ? {loud: true} : {})});
	};
	function below(uid: string, depth: number): void {
		const members = (owned.get(uid) ?? []).toSorted((a, b) => newestFirst(a.metadata, b.metadata));
		const empty = members.filter(each => isEmpty(each) && each.metadata.uid !== subject);
		for (const member of members) {
			if (empty.includes(member)) continue;
			put(depth, member.metadata.uid, memberText(member));
			below(member.metadata.uid, depth + 1);
		}
		const own = (ownPods.get(uid) ?? []).toSorted((a, b) => a.name.localeCompare(b.name));
		for (const pod of own) put(depth, pod.uid, podText(pod), {severity: pod.severity});
		if (empty.length === 1) put(depth, '', `and 1 ReplicaSet without pods: ${empty[0]?.metadata.name ?? ''}`);
		if (empty.length > 1) put(depth, '', `and ${empty.length} ReplicaSets without pods, of earlier revisions`);
	}
	for (const [depth, owner] of chain.entries()) {
		if (shown.has(owner.uid)) continue;
		const pod = pods.rows.find(row => row.uid === owner.uid);
		if (pod !== undefined) put(depth, owner.uid, podText(pod), {severity: pod.severity});
		else put(depth, owner.uid, ownerText(owner));
		below(owner.uid, depth + 1);
	}
	const notes = lists.flatMap(list => list.notes);
	return [...lines, ...notes.map(({text, severity}) => ({text, severity}))];
}

const noMetadata: Metadata = {name: '', namespace: '', uid: '', resourceVersion: ''};

const newestFirst = (a: Metadata, b: Metadata): number =>
	(revisionOf(b) || 0) - (revisionOf(a) || 0) || byNewest({metadata: a}, {metadata: b}) || a.name.localeCompare(b.name);

const ownerText = ({kind, name, object, readError}: Owner): string =>
	object === undefined
		? `${kind} ${name}  (${readError ?? 'cannot be read'})`
		: memberText({kind, metadata: object.metadata, object});
