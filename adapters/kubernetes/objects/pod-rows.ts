import type {Context} from '../../../src/contract/context.ts';
import type {Note} from '../../../src/contract/row.ts';
import {type PodRow, podRow} from '../../../src/model/kubernetes/pod.ts';
import type {KubernetesPort, PodTableRow} from '../../../src/port/kubernetes.ts';
import type {PodObject} from '../../../src/port/kubernetes-objects.ts';
import {mapInSlices} from '../../../src/time/yield.ts';
import {readOptionalObjects, staleNotes} from '../api/cached-reads.ts';
import {createOwnerIndex, type OwnerIndex} from './owner-index.ts';
import {createPodRowCache, type PodRowCache, podFactsFromTable, warningsByUid} from './pod-facts.ts';

/** All pods as rows, with the other reads they were computed from. */
export type PodRows = {
	readonly rows: readonly PodRow[];
	readonly owners: OwnerIndex;
	/** Messages of warning events by the uid of the involved object, newest first. */
	readonly warnings: ReadonlyMap<string, readonly string[]>;
	readonly notes: readonly Note[];
	/** Present while the first list is still under way. */
	readonly sample?: string;
	/** Epoch milliseconds. */
	readonly at: number;
};

type CachedPodRows = {readonly memory: PodRowCache; last?: PodRows};

const podRowsByPort = new WeakMap<KubernetesPort, CachedPodRows>();

const noWarnings: readonly string[] = [];

/** The same words wherever they are missing, so that it is told once. */
export const jobsUnknownText = 'jobs are not known';

/** What was made less than this ago need not be made again only to be counted. */
const maxAgeMs = 1500;

/** @throws AdapterError when pods cannot be listed; what adds to them may be missing, and `notes` says so. */
export async function readPodRows(port: KubernetesPort, target: string, context: Context): Promise<PodRows> {
	const [watched, sets, deployments, statefulSets, revisions, jobs, events] = await Promise.all([
		port.readWatched('pods', context),
		readOptionalObjects(port, 'replicasets', 'which rollout a pod came with is not known', context),
		readOptionalObjects(port, 'deployments', 'whether a rollout is paused is not known', context),
		readOptionalObjects(port, 'statefulsets', 'how many pods a stateful set is to have is not known', context),
		readOptionalObjects(port, 'controllerrevisions', 'which rollout a pod of a set came with is not known', context),
		readOptionalObjects(port, 'jobs', jobsUnknownText, context),
		readOptionalObjects(port, 'events', 'causes that only events tell are not shown', context),
	]);
	const kept: CachedPodRows = podRowsByPort.get(port) ?? {memory: createPodRowCache(target)};
	// Before the first turn: others read at the same time.
	podRowsByPort.set(port, kept);
	const {memory, last} = kept;
	const above = createOwnerIndex(
		{
			replicaSets: sets.objects,
			deployments: deployments.objects,
			statefulSets: statefulSets.objects,
			revisions: revisions.objects,
			jobs: jobs.objects,
		},
		last?.owners,
	);
	const warnings = warningsByUid(events.objects.values());
	const at = context.now();
	// Those of this moment: some come and go before all had their turn.
	const pods = [...watched.objects.values()];
	const unread = watched.isComplete ? [] : notYetRead(watched.podTable ?? [], pods);
	const read = await mapInSlices(
		pods,
		pod => memory.rowOf(pod, {owners: above, warnings: warnings.get(pod.metadata.uid) ?? noWarnings, now: at}),
		{signal: context.signal},
	);
	memory.retainOnly(watched.objects);
	const rows =
		unread.length === 0
			? read
			: read.concat(
					await mapInSlices(unread, glimpse => podRow(target, podFactsFromTable(glimpse, above), at), {
						signal: context.signal,
					}),
				);
	const found: PodRows = {
		rows,
		owners: above,
		warnings,
		at,
		notes: [
			...staleNotes('pods', watched),
			...[sets, deployments, statefulSets, revisions, jobs, events].flatMap(({notes}) => notes),
		],
		...(watched.isComplete ? {} : {sample: `causes of ${pods.length} of ${rows.length} pods read so far`}),
	};
	kept.last = found;
	return found;
}

function notYetRead(glimpses: readonly PodTableRow[], pods: readonly PodObject[]): readonly PodTableRow[] {
	const read = new Set(pods.map(({metadata}) => metadata.uid));
	return glimpses.filter(({metadata}) => !read.has(metadata.uid));
}

/** The same, as they were made for somebody else just now. */
export async function readRecentPodRows(port: KubernetesPort, target: string, context: Context): Promise<PodRows> {
	const known = podRowsByPort.get(port)?.last;
	const age = known === undefined ? Number.POSITIVE_INFINITY : context.now() - known.at;
	return known !== undefined && age >= 0 && age < maxAgeMs ? known : readPodRows(port, target, context);
}
