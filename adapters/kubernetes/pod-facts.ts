import type {PodFacts} from '../../src/model/pod.ts';
import {lastEndOf, podCause} from '../../src/model/pod-cause.ts';
import {conditionOf, moment, podStatus} from '../../src/model/pod-status.ts';
import type {PodGlimpse} from '../../src/port/kubernetes.ts';
import type {EventObject, PodObject} from '../../src/port/kubernetes-objects.ts';
import {type Above, workloadOf} from './owners.ts';
import {parseQuantity} from './quantity.ts';

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

type Own = Omit<PodFacts, 'owner' | 'workload' | 'rollout' | 'cause'>;

/** A pod that changed is another object: what was computed of it stands as long as it does. */
const known = new WeakMap<PodObject, Own>();

function ownFacts(pod: PodObject): Own {
	const before = known.get(pod);
	if (before !== undefined) return before;
	const {metadata, spec} = pod;
	const ready = conditionOf(pod, 'Ready');
	const limits = (spec?.containers ?? []).flatMap(container => container.resources?.limits?.['memory'] ?? []);
	const own: Own = {
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
	known.set(pod, own);
	return own;
}

export function podFacts(pod: PodObject, above: Above, warnings: readonly string[]): PodFacts {
	const own = ownFacts(pod);
	const {workload, rollout} = workloadOf(pod.metadata, above);
	return {...own, cause: podCause(pod, own.status, warnings), owner: workload?.name ?? own.name, workload, rollout};
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
