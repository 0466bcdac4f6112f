import {type PodFacts, type PodRow, podRow} from '../../../src/model/kubernetes/pod.ts';
import {findLastTermination, podCause} from '../../../src/model/kubernetes/pod-cause.ts';
import {findCondition, kubectlPodColumns, parseTimestamp} from '../../../src/model/kubernetes/pod-status.ts';
import type {PodTableRow} from '../../../src/port/kubernetes.ts';
import type {EventObject, PodObject} from '../../../src/port/kubernetes-objects.ts';
import {parseQuantity} from '../api/quantity.ts';
import {controllerOf, type OwnerIndex, resolveWorkload} from './owner-index.ts';

/** Epoch milliseconds when an event was last observed. */
export const eventTime = (event: EventObject): number =>
	parseTimestamp(event.series?.lastObservedTime) ??
	parseTimestamp(event.lastTimestamp) ??
	parseTimestamp(event.eventTime) ??
	parseTimestamp(event.metadata.creationTimestamp) ??
	0;

/** Messages of warning events by the uid of the involved object, newest first. */
export function warningsByUid(events: Iterable<EventObject>): ReadonlyMap<string, readonly string[]> {
	const eventsByObject = Map.groupBy(events, event => event.involvedObject?.uid ?? '');
	return new Map(
		[...eventsByObject].map(([uid, all]) => [
			uid,
			all.toSorted((a, b) => eventTime(b) - eventTime(a)).flatMap(event => event.message ?? []),
		]),
	);
}

type PodOwnFacts = Omit<PodFacts, 'owner' | 'workload' | 'rollout' | 'cause' | 'settled'>;

/** The facts and the row computed from one pod, with the inputs they were computed from. */
type CachedPod = {
	readonly pod: PodObject;
	readonly ownFacts: PodOwnFacts;
	cause: string | undefined;
	warnings: readonly string[];
	facts?: PodFacts;
	row?: {readonly of: PodFacts; readonly row: PodRow};
};

function toCachedPod(pod: PodObject, warnings: readonly string[], before?: CachedPod): CachedPod {
	// A changed pod is a new JavaScript object: the same object means that nothing changed.
	if (before?.pod !== pod) {
		const ownFacts = toOwnFacts(pod);
		return {pod, ownFacts, cause: podCause(pod, ownFacts.status, warnings), warnings};
	}
	if (before.warnings !== warnings) {
		before.cause = podCause(pod, before.ownFacts.status, warnings);
		before.warnings = warnings;
	}
	return before;
}

function toOwnFacts(pod: PodObject): PodOwnFacts {
	const {metadata, spec} = pod;
	const ready = findCondition(pod, 'Ready');
	const limits = (spec?.containers ?? []).flatMap(container => container.resources?.limits?.['memory'] ?? []);
	return {
		uid: metadata.uid,
		namespace: metadata.namespace,
		name: metadata.name,
		node: spec?.nodeName || undefined,
		...kubectlPodColumns(pod),
		lastTermination: findLastTermination(pod),
		memoryLimit: limits.toSorted((a, b) => (parseQuantity(a) ?? 0) - (parseQuantity(b) ?? 0))[0],
		createdAt: parseTimestamp(metadata.creationTimestamp) ?? 0,
		unreadySince: ready?.status === 'False' ? parseTimestamp(ready.lastTransitionTime) : undefined,
		deletionDueAt: parseTimestamp(metadata.deletionTimestamp),
	};
}

function updateFacts(of: CachedPod, pod: PodObject, owners: OwnerIndex): PodFacts {
	const {workload, rollout} = resolveWorkload(pod.metadata, owners);
	const {ownFacts, cause, facts: before} = of;
	const settled = pod.status?.phase === 'Failed' && owners.settledJobs.has(controllerOf(pod.metadata)?.uid ?? '');
	const same = before?.workload === workload && before?.rollout === rollout && before?.cause === cause;
	if (before !== undefined && same && settled === (before.settled === true)) return before;
	of.facts = {
		...ownFacts,
		cause,
		owner: workload?.name ?? ownFacts.name,
		workload,
		rollout,
		...(settled ? {settled: true as const} : {}),
	};
	return of.facts;
}

export const toPodFacts = (pod: PodObject, owners: OwnerIndex, warnings: readonly string[]): PodFacts =>
	updateFacts(toCachedPod(pod, warnings), pod, owners);

/** Caches the rows of the pods of one target between reads. */
export type PodRowCache = {
	/** Returns the same row object as before when nothing changed, so that it need not be sorted, filtered and painted again. */
	rowOf(
		pod: PodObject,
		about: {
			readonly target: string;
			readonly owners: OwnerIndex;
			readonly warnings: readonly string[];
			readonly now: number;
		},
	): PodRow;
	/** Drops pods that no longer exist. */
	retainOnly(pods: {has(uid: string): boolean; readonly size: number}): void;
};

export function createPodRowCache(): PodRowCache {
	// A Map by uid, not a WeakMap: with thousands of keys a WeakMap makes garbage collection pauses visible.
	const known = new Map<string, CachedPod>();
	return {
		rowOf(pod, {target, owners, warnings, now}) {
			const {uid} = pod.metadata;
			const before = known.get(uid);
			const of = toCachedPod(pod, warnings, before);
			if (of !== before) known.set(uid, of);
			const facts = updateFacts(of, pod, owners);
			const last = of.row?.of === facts ? of.row.row : undefined;
			const row = podRow(target, facts, now, last);
			if (row !== last) of.row = {of: facts, row};
			return row;
		},
		retainOnly(pods) {
			if (known.size <= pods.size) return;
			for (const uid of known.keys()) if (!pods.has(uid)) known.delete(uid);
		},
	};
}

/** Facts from a row of the server's pod table, shown while the full pods are still being listed. */
export function podFactsFromTable(
	{metadata, ready, status, restarts, node}: PodTableRow,
	owners: OwnerIndex,
): PodFacts {
	const [, up = '0', all = '0'] = /^(\d+)\/(\d+)/.exec(ready) ?? [];
	const {workload, rollout} = resolveWorkload(metadata, owners);
	return {
		uid: metadata.uid,
		namespace: metadata.namespace,
		name: metadata.name,
		owner: workload?.name ?? metadata.name,
		workload,
		rollout,
		node,
		ready: Number(up),
		containers: Number(all),
		status,
		lastTermination: undefined,
		cause: undefined,
		memoryLimit: undefined,
		restarts: Number.parseInt(restarts, 10) || 0,
		restartedAt: undefined,
		createdAt: parseTimestamp(metadata.creationTimestamp) ?? 0,
		unreadySince: undefined,
		deletionDueAt: parseTimestamp(metadata.deletionTimestamp),
	};
}
