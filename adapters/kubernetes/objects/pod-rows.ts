import type {Context} from '../../../src/contract/context.ts';
import type {Note} from '../../../src/contract/row.ts';
import {type PodRow, podRow} from '../../../src/model/kubernetes/pod.ts';
import type {KubernetesPort, PodGlimpse} from '../../../src/port/kubernetes.ts';
import type {PodObject} from '../../../src/port/kubernetes-objects.ts';
import {mapInSlices} from '../../../src/time/yield.ts';
import {besides, staleNotes} from '../api/cached-reads.ts';
import {type Above, aboveOf} from './owner-index.ts';
import {createPodRowMemory, glimpsedFacts, type PodRowMemory, warningsByUid} from './pod-facts.ts';

/** All pods as rows, and what was read to make them. */
export type PodRows = {
	readonly rows: readonly PodRow[];
	readonly above: Above;
	/** Messages of warning events by the uid of what they are about, newest first. */
	readonly warnings: ReadonlyMap<string, readonly string[]>;
	readonly notes: readonly Note[];
	/** Present while the first list is still under way. */
	readonly sample?: string;
	/** Epoch milliseconds. */
	readonly at: number;
};

type Made = {readonly memory: PodRowMemory; last?: PodRows};

const made = new WeakMap<KubernetesPort, Made>();

const none: readonly string[] = [];

/** The same words wherever they are missing, so that it is told once. */
export const jobsUnknown = 'jobs are not known';

/** What was made less than this ago need not be made again only to be counted. */
const freshMs = 1500;

/** @throws AdapterError when pods cannot be listed; what adds to them may be missing, and `notes` says so. */
export async function readPodRows(port: KubernetesPort, target: string, context: Context): Promise<PodRows> {
	const [watched, sets, deployments, statefulSets, revisions, jobs, events] = await Promise.all([
		port.watched('pods', context),
		besides(port, 'replicasets', 'which rollout a pod came with is not known', context),
		besides(port, 'deployments', 'whether a rollout is paused is not known', context),
		besides(port, 'statefulsets', 'how many pods a stateful set is to have is not known', context),
		besides(port, 'controllerrevisions', 'which rollout a pod of a set came with is not known', context),
		besides(port, 'jobs', jobsUnknown, context),
		besides(port, 'events', 'causes that only events tell are not shown', context),
	]);
	const kept: Made = made.get(port) ?? {memory: createPodRowMemory(target)};
	// Before the first turn: others read at the same time.
	made.set(port, kept);
	const {memory, last} = kept;
	const above = aboveOf(
		{
			replicaSets: sets.objects,
			deployments: deployments.objects,
			statefulSets: statefulSets.objects,
			revisions: revisions.objects,
			jobs: jobs.objects,
		},
		last?.above,
	);
	const warnings = warningsByUid(events.objects.values());
	const at = context.now();
	// Those of this moment: some come and go before all had their turn.
	const pods = [...watched.objects.values()];
	const unread = watched.complete ? [] : unreadOf(watched.glimpse ?? [], pods);
	const read = await mapInSlices(pods, context.signal, pod =>
		memory.rowOf(pod, {above, warnings: warnings.get(pod.metadata.uid) ?? none, now: at}),
	);
	memory.keepOnly(watched.objects);
	const rows =
		unread.length === 0
			? read
			: read.concat(
					await mapInSlices(unread, context.signal, glimpse => podRow(target, glimpsedFacts(glimpse, above), at)),
				);
	const found: PodRows = {
		rows,
		above,
		warnings,
		at,
		notes: [
			...staleNotes('pods', watched),
			...[sets, deployments, statefulSets, revisions, jobs, events].flatMap(({notes}) => notes),
		],
		...(watched.complete ? {} : {sample: `causes of ${pods.length} of ${rows.length} pods read so far`}),
	};
	kept.last = found;
	return found;
}

function unreadOf(glimpses: readonly PodGlimpse[], pods: readonly PodObject[]): readonly PodGlimpse[] {
	const read = new Set(pods.map(({metadata}) => metadata.uid));
	return glimpses.filter(({metadata}) => !read.has(metadata.uid));
}

/** The same, as they were made for somebody else just now. */
export async function recentPodRows(port: KubernetesPort, target: string, context: Context): Promise<PodRows> {
	const known = made.get(port)?.last;
	const age = known === undefined ? Number.POSITIVE_INFINITY : context.now() - known.at;
	return known !== undefined && age >= 0 && age < freshMs ? known : readPodRows(port, target, context);
}
