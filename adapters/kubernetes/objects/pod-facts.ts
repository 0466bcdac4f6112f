import {type PodFacts, type PodRow, podRow} from '../../../src/model/kubernetes/pod.ts';
import {findLastTermination, podCause} from '../../../src/model/kubernetes/pod-cause.ts';
import {findCondition, kubectlPodColumns, parseTimestamp} from '../../../src/model/kubernetes/pod-status.ts';
import type {PodTableRow} from '../../../src/port/kubernetes.ts';
import type {EventObject, PodObject} from '../../../src/port/kubernetes-objects.ts';
import {parseQuantity} from '../api/quantity.ts';
import {controllerOf, type OwnerIndex, resolveWorkload} from './owner-index.ts';

/** When an event was last seen. */
export const eventTime = (event: EventObject): number =>
	parseTimestamp(event.series?.lastObservedTime) ??
	parseTimestamp(event.lastTimestamp) ??
	parseTimestamp(event.eventTime) ??
	parseTimestamp(event.metadata.creationTimestamp) ??
	0;

/** Messages of warning events by the uid of what they are about, newest first. */
export function warningsByUid(events: Iterable<EventObject>): ReadonlyMap<string, readonly string[]> {
	const about = Map.groupBy(events, event => event.involvedObject?.uid ?? '');
	return new Map(
		[...about].map(([uid, all]) => [
			uid,
			all.toSorted((a, b) => eventTime(b) - eventTime(a)).flatMap(event => event.message ?? []),
		]),
	);
}

type PodOwnFacts = Omit<PodFacts, 'owner' | 'workload' | 'rollout' | 'cause' | 'settled'>;

/** What was made of one pod, and of what. */
type CachedPod = {
	readonly pod: PodObject;
	readonly own: PodOwnFacts;
	cause: string | undefined;
	warnings: readonly string[];
	facts?: PodFacts;
	row?: {readonly of: PodFacts; readonly row: PodRow};
};

function toCachedPod(pod: PodObject, warnings: readonly string[], before?: CachedPod): CachedPod {
	// A pod that changed is another object: what was made of it stands as long as it does.
	if (before?.pod !== pod) {
		const own = ownFacts(pod);
		return {pod, own, cause: podCause(pod, own.status, warnings), warnings};
	}
	if (before.warnings !== warnings) {
		before.cause = podCause(pod, before.own.status, warnings);
		before.warnings = warnings;
	}
	return before;
}

function ownFacts(pod: PodObject): PodOwnFacts {
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
		deleteBy: parseTimestamp(metadata.deletionTimestamp),
	};
}

function updateFacts(of: CachedPod, pod: PodObject, above: OwnerIndex): PodFacts {
	const {workload, rollout} = resolveWorkload(pod.metadata, above);
	const {own, cause, facts: before} = of;
	const settled = pod.status?.phase === 'Failed' && above.settledJobs.has(controllerOf(pod.metadata)?.uid ?? '');
	const same = before?.workload === workload && before?.rollout === rollout && before?.cause === cause;
	if (before !== undefined && same && settled === (before.settled === true)) return before;
	of.facts = {
		...own,
		cause,
		owner: workload?.name ?? own.name,
		workload,
		rollout,
		...(settled ? {settled: true as const} : {}),
	};
	return of.facts;
}

export const toPodFacts = (pod: PodObject, above: OwnerIndex, warnings: readonly string[]): PodFacts =>
	updateFacts(toCachedPod(pod, warnings), pod, above);

/** The rows of one target's pods, from one read to the next. */
export type PodRowCache = {
	/** A row that nothing has changed of is the same one as before, which nobody has to sort, filter or draw again. */
	rowOf(
		pod: PodObject,
		about: {readonly above: OwnerIndex; readonly warnings: readonly string[]; readonly now: number},
	): PodRow;
	/** Forgets those that are not there any more. */
	retainOnly(pods: {has(uid: string): boolean; readonly size: number}): void;
};

export function createPodRowCache(target: string): PodRowCache {
	// By uid, and no WeakMap: the collector holds the screen up for thousands of keys of one.
	const known = new Map<string, CachedPod>();
	return {
		rowOf(pod, {above, warnings, now}) {
			const {uid} = pod.metadata;
			const before = known.get(uid);
			const of = toCachedPod(pod, warnings, before);
			if (of !== before) known.set(uid, of);
			const facts = updateFacts(of, pod, above);
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

/** What the server's own table tells while the pods themselves are still on their way. */
export function podFactsFromTable({metadata, ready, status, restarts, node}: PodTableRow, above: OwnerIndex): PodFacts {
	const [, up = '0', all = '0'] = /^(\d+)\/(\d+)/.exec(ready) ?? [];
	const {workload, rollout} = resolveWorkload(metadata, above);
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
		deleteBy: parseTimestamp(metadata.deletionTimestamp),
	};
}
