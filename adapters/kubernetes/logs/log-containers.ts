import type {Context} from '../../../src/contract/context.ts';
import type {DocumentLine} from '../../../src/contract/document.ts';
import type {PodRow} from '../../../src/model/kubernetes/pod.ts';
import type {PodUsageRow} from '../../../src/model/kubernetes/pod-usage.ts';
import type {WorkloadRow} from '../../../src/model/kubernetes/workload.ts';
import type {KubernetesPort} from '../../../src/port/kubernetes.ts';
import type {ContainerStatus, PodObject} from '../../../src/port/kubernetes-objects.ts';
import {readOptionalObjects} from '../api/cached-reads.ts';
import {createOwnerIndex, type OwnerIndex, resolveWorkload} from '../objects/owner-index.ts';

/** The log of one container of one pod, identified by the uid of the pod. */
export type ContainerLog = {
	readonly uid: string;
	readonly namespace: string;
	readonly pod: string;
	readonly container: string;
	/** Short name for display: `api-x2k4p/main`. */
	readonly displayName: string;
};

/** Rows that have logs. */
export type LogRow = PodRow | PodUsageRow | WorkloadRow;

export const containerLogKey = ({uid, container}: ContainerLog): string => `${uid}/${container}`;

/** Concurrent streams: more than a person can read, and no load problem for the API server. */
export const maxFollowedLogs = 100;

/** The current pods of the rows: the pod of a pod row, all pods of a workload row. */
export async function readPodsOfRows(
	port: KubernetesPort,
	rows: readonly LogRow[],
	context: Context,
): Promise<readonly PodObject[]> {
	const {objects} = await port.readWatched('pods', context);
	const podUids = new Set(rows.filter(row => row.kind !== 'kubernetes.workload').map(row => row.id));
	const workloads = rows.filter(row => row.kind === 'kubernetes.workload');
	const chosen = [...objects.values()].filter(({metadata}) => podUids.has(metadata.uid));
	if (workloads.length === 0) return chosen;
	const [sets, jobs] = await Promise.all([
		readOptionalObjects(port, 'replicasets', '', context),
		readOptionalObjects(port, 'jobs', '', context),
	]);
	const owners = createOwnerIndex({replicaSets: sets.objects, jobs: jobs.objects});
	return [...chosen, ...podsOfWorkloads(objects.values(), workloads, owners)];
}

function podsOfWorkloads(
	pods: Iterable<PodObject>,
	workloads: readonly WorkloadRow[],
	owners: OwnerIndex,
): readonly PodObject[] {
	const uids = new Set(workloads.map(({uid}) => uid));
	const namespaces = new Set(workloads.map(({namespace}) => namespace));
	return [...pods].filter(
		({metadata}) =>
			namespaces.has(metadata.namespace) && uids.has(resolveWorkload(metadata, owners).workload?.uid ?? ''),
	);
}

/** All statuses of a pod's containers, by name. */
export const containerStatusesByName = ({status}: PodObject): ReadonlyMap<string, ContainerStatus> =>
	new Map(
		[...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].map(each => [each.name, each]),
	);

/** Name without the hash of the pod template: `api-7f9c6d-x2k4p` becomes `api-x2k4p`. */
function shortPodName({name, labels}: PodObject['metadata']): string {
	const hash = labels?.['pod-template-hash'];
	return hash === undefined ? name : name.replace(`-${hash}-`, '-');
}

/** Container logs of the pods. `isSingle`: one pod is shown and no more will join. With several pods, init containers that succeeded are left out. */
export function listContainerLogs(pods: readonly PodObject[], isSingle: boolean): readonly ContainerLog[] {
	return pods.flatMap(pod => {
		const {metadata, spec} = pod;
		const statuses = containerStatusesByName(pod);
		const containers = (spec?.containers ?? []).map(({name}) => name);
		const inits = (spec?.initContainers ?? [])
			.map(({name}) => name)
			.filter(name => isSingle || statuses.get(name)?.state?.terminated?.exitCode !== 0);
		const all = [...containers, ...inits];
		return all.map(container => ({
			uid: metadata.uid,
			namespace: metadata.namespace,
			pod: metadata.name,
			container,
			displayName: isSingle
				? container
				: all.length === 1
					? shortPodName(metadata)
					: `${shortPodName(metadata)}/${container}`,
		}));
	});
}

/** Hue derived from a name, so that a container always has the same colour. */
const hueOf = (name: string): number =>
	[...name].reduce((sum, character) => sum * 31 + (character.codePointAt(0) ?? 0), 7) % 1009;

export type LinePrefixes = {prefixOf(part: ContainerLog): NonNullable<DocumentLine['sourceLabel']>};

const maxPrefixWidth = 28;

/** Labels before the lines, padded to the widest label so far. */
export function createLinePrefixes(parts: readonly ContainerLog[]): LinePrefixes {
	let cells = Math.min(maxPrefixWidth, Math.max(0, ...parts.map(({displayName}) => displayName.length)));
	const known = new Map<string, NonNullable<DocumentLine['sourceLabel']>>();
	return {
		prefixOf(part) {
			const key = containerLogKey(part);
			const before = known.get(key);
			if (before !== undefined && before.text.length >= cells) return before;
			cells = Math.max(cells, Math.min(maxPrefixWidth, part.displayName.length));
			const text =
				part.displayName.length <= maxPrefixWidth
					? part.displayName.padEnd(cells)
					: `…${part.displayName.slice(part.displayName.length - maxPrefixWidth + 1)}`;
			const label = {text, hue: hueOf(part.displayName)};
			known.set(key, label);
			return label;
		},
	};
}
