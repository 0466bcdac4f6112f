import {type PodFacts, type PodRow, podRow} from '../../../src/model/kubernetes/pod.ts';
import {lastEndOf, podCause} from '../../../src/model/kubernetes/pod-cause.ts';
import {conditionOf, moment, podStatus} from '../../../src/model/kubernetes/pod-status.ts';
import type {PodGlimpse} from '../../../src/port/kubernetes.ts';
import type {EventObject, PodObject} from '../../../src/port/kubernetes-objects.ts';
import {parseQuantity} from '../api/quantity.ts';
import {type Above, controllerOf, workloadOf} from './owner-index.ts';

/** When an event was last seen. */
export const eventAt = (event: EventObject): number =>
	moment(event.series?.lastObservedTime) ??
	moment(event.lastTimestamp) ??
	moment(event.eventTime) ??
	moment(event.metadata.creationTimestamp) ??
	0;

/** Messages of warning events by the uid of what they are about, newest first. */
export function warningsByUid(events: Iterable<EventObject>): ReadonlyMap<string, readonly string[]> {
	const about = Map.groupBy(events, event => event.involvedObject?.uid ?? '');
	return new Map(
		[...about].map(([uid, all]) => [
			uid,
			all.toSorted((a, b) => eventAt(b) - eventAt(a)).flatMap(event => event.message ?? []),
		]),
	);
}

type Own = Omit<PodFacts, 'owner' | 'workload' | 'rollout' | 'cause' | 'settled'>;

/** What was made of one pod, and of what. */
type Known = {
	readonly pod: PodObject;
	readonly own: Own;
	cause: string | undefined;
	warnings: readonly string[];
	facts?: PodFacts;
	row?: {readonly of: PodFacts; readonly row: PodRow};
};

function knownOf(pod: PodObject, warnings: readonly string[], before?: Known): Known {
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

function ownFacts(pod: PodObject): Own {
	const {metadata, spec} = pod;
	const ready = conditionOf(pod, 'Ready');
	const limits = (spec?.containers ?? []).flatMap(container => container.resources?.limits?.['memory'] ?? []);
	return {
		uid: metadata.uid,
		namespace: metadata.namespace,
		name: metadata.name,
		node: spec?.nodeName || undefined,
		...podStatus(pod),
		lastEnd: lastEndOf(pod),
		memoryLimit: limits.toSorted((a, b) => (parseQuantity(a) ?? 0) - (parseQuantity(b) ?? 0))[0],
		createdAt: moment(metadata.creationTimestamp) ?? 0,
		unreadySince: ready?.status === 'False' ? moment(ready.lastTransitionTime) : undefined,
		deleteBy: moment(metadata.deletionTimestamp),
	};
}

function factsOf(of: Known, pod: PodObject, above: Above): PodFacts {
	const {workload, rollout} = workloadOf(pod.metadata, above);
	const {own, cause, facts: before} = of;
	const settled = pod.status?.phase === 'Failed' && above.settled.has(controllerOf(pod.metadata)?.uid ?? '');
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

export const podFacts = (pod: PodObject, above: Above, warnings: readonly string[]): PodFacts =>
	factsOf(knownOf(pod, warnings), pod, above);

/** The rows of one target's pods, from one read to the next. */
export type PodRowMemory = {
	/** A row that nothing has changed of is the same one as before, which nobody has to sort, filter or draw again. */
	rowOf(
		pod: PodObject,
		about: {readonly above: Above; readonly warnings: readonly string[]; readonly now: number},
	): PodRow;
	/** Forgets those that are not there any more. */
	keepOnly(pods: {has(uid: string): boolean; readonly size: number}): void;
};

export function createPodRowMemory(target: string): PodRowMemory {
	// By uid, and no WeakMap: the collector holds the screen up for thousands of keys of one.
	const known = new Map<string, Known>();
	return {
		rowOf(pod, {above, warnings, now}) {
			const {uid} = pod.metadata;
			const before = known.get(uid);
			const of = knownOf(pod, warnings, before);
			if (of !== before) known.set(uid, of);
			const facts = factsOf(of, pod, above);
			const last = of.row?.of === facts ? of.row.row : undefined;
			const row = podRow(target, facts, now, last);
			if (row !== last) of.row = {of: facts, row};
			return row;
		},
		keepOnly(pods) {
			if (known.size <= pods.size) return;
			for (const uid of known.keys()) if (!pods.has(uid)) known.delete(uid);
		},
	};
}

/** What the server's own table tells while the pods themselves are still on their way. */
export function glimpsedFacts({metadata, ready, status, restarts, node}: PodGlimpse, above: Above): PodFacts {
	const [, up = '0', all = '0'] = /^(\d+)\/(\d+)/.exec(ready) ?? [];
	const {workload, rollout} = workloadOf(metadata, above);
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
		lastEnd: undefined,
		cause: undefined,
		memoryLimit: undefined,
		restarts: Number.parseInt(restarts, 10) || 0,
		restartedAt: undefined,
		createdAt: moment(metadata.creationTimestamp) ?? 0,
		unreadySince: undefined,
		deleteBy: moment(metadata.deletionTimestamp),
	};
}
