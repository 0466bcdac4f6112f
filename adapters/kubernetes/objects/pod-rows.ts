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
	/** Present while the first list is in progress. */
	readonly sample?: string;
	/** Epoch milliseconds. */
	readonly at: number;
};

/** The rows of the last read, and the cache of single rows; shared by all sources and inspections of a connection. */
type PodRowsCache = {readonly rows: PodRowCache; last: PodRows | undefined};

const createPodRowsCache = (): PodRowsCache => ({rows: createPodRowCache(), last: undefined});

const noWarnings: readonly string[] = [];

/** Beginning of the note about unreadable jobs: the same text everywhere, so that it is shown once. */
export const jobsUnknownText = 'jobs are not known';

/** Rows of this age are good enough to be counted or grouped. */
const maxAgeMs = 1500;

/** Reads all pods as rows. @throws AdapterError when pods cannot be listed; details may be missing, then `notes` says so. */
export async function readPodRows(port: KubernetesPort, target: string, context: Context): Promise<PodRows> {
	const [watched, sets, deployments, statefulSets, revisions, jobs, events] = await Promise.all([
		port.readWatched('pods', context),
		readOptionalObjects(port, 'replicasets', 'the rollouts of pods are not known', context),
		readOptionalObjects(port, 'deployments', 'paused rollouts are not known', context),
		readOptionalObjects(port, 'statefulsets', 'the desired replicas of stateful sets are not known', context),
		readOptionalObjects(port, 'controllerrevisions', 'the rollouts of pods of sets are not known', context),
		readOptionalObjects(port, 'jobs', jobsUnknownText, context),
		readOptionalObjects(port, 'events', 'causes from events are not known', context),
	]);
	const cache = port.derived.get(createPodRowsCache);
	const owners = createOwnerIndex(
		{
			replicaSets: sets.objects,
			deployments: deployments.objects,
			statefulSets: statefulSets.objects,
			revisions: revisions.objects,
			jobs: jobs.objects,
		},
		cache.last?.owners,
	);
	const warnings = warningsByUid(events.objects.values());
	const at = context.now();
	// A copy: the map changes while this function yields.
	const pods = [...watched.objects.values()];
	const unlisted = watched.isComplete ? [] : notYetListed(watched.podTable ?? [], pods);
	const listedRows = await mapInSlices(
		pods,
		pod => cache.rows.rowOf(pod, {target, owners, warnings: warnings.get(pod.metadata.uid) ?? noWarnings, now: at}),
		{signal: context.signal},
	);
	cache.rows.retainOnly(watched.objects);
	const rows =
		unlisted.length === 0
			? listedRows
			: listedRows.concat(
					await mapInSlices(unlisted, tableRow => podRow(target, podFactsFromTable(tableRow, owners), at), {
						signal: context.signal,
					}),
				);
	const result: PodRows = {
		rows,
		owners,
		warnings,
		at,
		notes: [
			...staleNotes('pods', watched),
			...[sets, deployments, statefulSets, revisions, jobs, events].flatMap(({notes}) => notes),
		],
		...(watched.isComplete ? {} : {sample: `causes of ${pods.length} of ${rows.length} pods read so far`}),
	};
	cache.last = result;
	return result;
}

function notYetListed(table: readonly PodTableRow[], pods: readonly PodObject[]): readonly PodTableRow[] {
	const listed = new Set(pods.map(({metadata}) => metadata.uid));
	return table.filter(({metadata}) => !listed.has(metadata.uid));
}

/** The rows of the last read when they are recent enough, else those of a new read. */
export async function readRecentPodRows(port: KubernetesPort, target: string, context: Context): Promise<PodRows> {
	const {last} = port.derived.get(createPodRowsCache);
	const age = last === undefined ? Number.POSITIVE_INFINITY : context.now() - last.at;
	return last !== undefined && age >= 0 && age < maxAgeMs ? last : readPodRows(port, target, context);
}
