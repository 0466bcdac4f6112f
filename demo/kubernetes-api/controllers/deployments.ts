import type {FakeCluster} from '../cluster.ts';
import {resolveIntOrPercent} from '../objects/budgets.ts';
import {hashName} from '../objects/generated-names.ts';
import {type Deployment, isActive, type Pod, type PodTemplate, type ReplicaSet} from '../objects/kinds.ts';
import {equalJson, type Labels, ownerReference} from '../objects/kube-object.ts';
import {deploymentStatus} from './deployment-status.ts';

const component = 'deployment-controller';
export const deploymentRevisionAnnotation = 'deployment.kubernetes.io/revision';
const historyAnnotation = 'deployment.kubernetes.io/revision-history';
const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas';
const maxAnnotation = 'deployment.kubernetes.io/max-replicas';
/** Annotations that a replica set does not inherit from its deployment. */
const ownAnnotations = [
	'kubectl.kubernetes.io/last-applied-configuration',
	deploymentRevisionAnnotation,
	historyAnnotation,
	desiredAnnotation,
	maxAnnotation,
	'deprecated.deployment.rollback.to',
];
const hashLabel = 'pod-template-hash';

export const replicaSetRevision = (set: ReplicaSet): number =>
	Number(set.metadata.annotations?.[deploymentRevisionAnnotation] ?? 0);

function withoutHash({metadata, spec}: PodTemplate): PodTemplate {
	const {[hashLabel]: _, ...labels} = metadata?.labels ?? {};
	return {metadata: {...metadata, labels}, spec};
}

/** Templates are the same revision when nothing but the hash label differs. */
const sameTemplate = (a: PodTemplate, b: PodTemplate) => {
	const clean = (template: PodTemplate) => {
		const {metadata, spec} = withoutHash(template);
		return {labels: metadata?.labels ?? {}, annotations: metadata?.annotations ?? {}, spec};
	};
	return equalJson(clean(a), clean(b));
};

/** How many pods a rollout may have above and below the desired number. */
export function rolloutBounds({spec}: Deployment): {readonly surge: number; readonly unavailable: number} {
	if (spec.strategy?.type === 'Recreate') return {surge: 0, unavailable: spec.replicas};
	const {maxSurge = '25%', maxUnavailable = '25%'} = spec.strategy?.rollingUpdate ?? {};
	const surge = resolveIntOrPercent(maxSurge, spec.replicas);
	const unavailable = resolveIntOrPercent(maxUnavailable, spec.replicas, Math.floor);
	return surge === 0 && unavailable === 0 ? {surge: 0, unavailable: 1} : {surge, unavailable};
}

/** One step of a rollout, by the rules of pkg/controller/deployment. Returns when to run again, if time alone can change something. */
export function reconcileDeployment(cluster: FakeCluster, deployment: Deployment): number | undefined {
	const {store} = cluster;
	const {metadata, spec} = deployment;
	if (metadata.deletionTimestamp !== undefined) return undefined;
	const sets = () => store.ownedBy<ReplicaSet>('replicasets.apps', metadata.uid);
	const present = sets().find(set => sameTemplate(set.spec.template, spec.template));
	if (spec.paused === true || isScaled(deployment, sets())) {
		scaleAll(cluster, deployment, present, sets());
		return deploymentStatus(cluster, deployment, sets(), present, undefined);
	}
	const created = present === undefined;
	const fresh = newest(cluster, deployment, present, sets());
	const owner = withRevision(cluster, deployment, fresh);
	const others = sets().filter(set => set.metadata.uid !== fresh.metadata.uid);
	if (spec.strategy?.type === 'Recreate') recreate(cluster, owner, fresh, others);
	else rollingUpdate(cluster, owner, fresh, others);
	const now = sets();
	const current = now.find(set => set.metadata.uid === fresh.metadata.uid) ?? fresh;
	tidy(cluster, deployment, now, current);
	return deploymentStatus(cluster, owner, now, current, created ? 'created' : undefined);
}

function inherited(deployment: Deployment, before: Labels): Labels {
	const inherited = Object.entries(deployment.metadata.annotations ?? {}).filter(
		([name]) => !ownAnnotations.includes(name),
	);
	return {...before, ...Object.fromEntries(inherited)};
}

/** The replica set of the current template, with the highest revision of all. */
function newest(
	cluster: FakeCluster,
	deployment: Deployment,
	present: ReplicaSet | undefined,
	sets: readonly ReplicaSet[],
): ReplicaSet {
	const {store} = cluster;
	const highest = Math.max(0, ...sets.filter(set => set !== present).map(replicaSetRevision));
	if (present !== undefined) {
		const annotations = {...inherited(deployment, present.metadata.annotations ?? {})};
		const old = replicaSetRevision(present);
		if (old <= highest) {
			const history = [annotations[historyAnnotation], String(old)].filter(Boolean).join(',');
			Object.assign(annotations, {
				[deploymentRevisionAnnotation]: String(highest + 1),
				...(old === 0 ? {} : {[historyAnnotation]: history}),
			});
		}
		if (equalJson(annotations, present.metadata.annotations)) return present;
		return store.put('replicasets.apps', {...present, metadata: {...present.metadata, annotations}});
	}
	const hash = hashName(spec(deployment).template);
	const labels = {...spec(deployment).template.metadata?.labels, [hashLabel]: hash};
	const selector = spec(deployment).selector;
	return store.put<ReplicaSet>('replicasets.apps', {
		apiVersion: 'apps/v1',
		kind: 'ReplicaSet',
		metadata: cluster.newMetadata(`${deployment.metadata.name}-${hash}`, {
			...(deployment.metadata.namespace === undefined ? {} : {namespace: deployment.metadata.namespace}),
			generation: 1,
			labels,
			annotations: {...inherited(deployment, {}), [deploymentRevisionAnnotation]: String(highest + 1)},
			ownerReferences: [ownerReference(deployment)],
		}),
		spec: {
			replicas: 0,
			selector: {...selector, matchLabels: {...selector.matchLabels, [hashLabel]: hash}},
			template: {...spec(deployment).template, metadata: {...spec(deployment).template.metadata, labels}},
		},
		status: {replicas: 0},
	});
}

const spec = (deployment: Deployment) => deployment.spec;

function withRevision(cluster: FakeCluster, deployment: Deployment, fresh: ReplicaSet): Deployment {
	const revision = String(replicaSetRevision(fresh));
	if (deployment.metadata.annotations?.[deploymentRevisionAnnotation] === revision) return deployment;
	const annotations = {...deployment.metadata.annotations, [deploymentRevisionAnnotation]: revision};
	return cluster.store.put('deployments.apps', {...deployment, metadata: {...deployment.metadata, annotations}});
}

function scale(cluster: FakeCluster, deployment: Deployment, set: ReplicaSet, replicas: number): ReplicaSet {
	const desired = {
		[desiredAnnotation]: String(deployment.spec.replicas),
		[maxAnnotation]: String(deployment.spec.replicas + rolloutBounds(deployment).surge),
	};
	const annotations = {...set.metadata.annotations, ...desired};
	const same = set.spec.replicas === replicas;
	if (same && equalJson(annotations, set.metadata.annotations)) return set;
	const generation = (set.metadata.generation ?? 1) + (same ? 0 : 1);
	const metadata = {...set.metadata, annotations, generation};
	const scaled = cluster.store.put<ReplicaSet>('replicasets.apps', {...set, metadata, spec: {...set.spec, replicas}});
	const way = replicas > set.spec.replicas ? 'up' : 'down';
	const message = `Scaled ${way} replica set ${set.metadata.name} from ${set.spec.replicas} to ${replicas}`;
	if (!same) cluster.recordEvent(deployment, {reason: 'ScalingReplicaSet', message, component});
	return scaled;
}

const available = (set: ReplicaSet) => set.status.availableReplicas ?? 0;
const total = (sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number) =>
	sets.reduce((sum, set) => sum + count(set), 0);

function rollingUpdate(
	cluster: FakeCluster,
	deployment: Deployment,
	fresh: ReplicaSet,
	others: readonly ReplicaSet[],
): void {
	const wanted = deployment.spec.replicas;
	const {surge, unavailable} = rolloutBounds(deployment);
	const all = total([fresh, ...others], set => set.spec.replicas);
	const allowedExtra = Math.max(0, wanted + surge - all);
	const count = fresh.spec.replicas > wanted ? wanted : Math.min(wanted, fresh.spec.replicas + allowedExtra);
	const scaled = scale(cluster, deployment, fresh, count);
	if (scaled.spec.replicas !== fresh.spec.replicas) return;
	const old = others
		.filter(set => set.spec.replicas > 0)
		.toSorted((a, b) => replicaSetRevision(a) - replicaSetRevision(b));
	const least = wanted - unavailable;
	const freshMissing = fresh.spec.replicas - available(fresh);
	let spare = all - least - freshMissing;
	// Unhealthy pods are removed first, then healthy ones as long as enough remain.
	let working = total([fresh, ...others], available);
	for (const set of old) {
		if (spare <= 0) return;
		const broken = Math.min(spare, Math.max(0, set.spec.replicas - available(set)));
		const good = Math.max(0, Math.min(set.spec.replicas - broken, working - least, spare - broken));
		if (broken + good === 0) continue;
		scale(cluster, deployment, set, set.spec.replicas - broken - good);
		spare -= broken + good;
		working -= good;
	}
}

function recreate(
	cluster: FakeCluster,
	deployment: Deployment,
	fresh: ReplicaSet,
	others: readonly ReplicaSet[],
): void {
	for (const set of others) if (set.spec.replicas > 0) scale(cluster, deployment, set, 0);
	const left = others.flatMap(set => cluster.store.ownedBy<Pod>('pods', set.metadata.uid)).filter(isActive);
	if (left.length === 0) scale(cluster, deployment, fresh, deployment.spec.replicas);
}

const annotated = (set: ReplicaSet, name: string): number | undefined => {
	const text = set.metadata.annotations?.[name];
	return text === undefined ? undefined : Number(text);
};

/** Whether the desired number of pods has changed since the sets with pods were last sized. */
const isScaled = (deployment: Deployment, sets: readonly ReplicaSet[]): boolean =>
	sets.some(
		set =>
			set.spec.replicas > 0 &&
			(annotated(set, desiredAnnotation) ?? spec(deployment).replicas) !== spec(deployment).replicas,
	);

const isFullyScaled = (set: ReplicaSet, wanted: number): boolean =>
	set.spec.replicas === wanted && annotated(set, desiredAnnotation) === wanted && available(set) === wanted;

/**
 * Sizes the sets for the desired number of pods; that does not advance a rollout in progress, or a paused one. By the rules
 * of `scale` in pkg/controller/deployment/sync.go: one set alone gets all replicas, several share the difference in proportion to their sizes, and
 * what rounding leaves goes to the largest.
 */
function scaleAll(
	cluster: FakeCluster,
	deployment: Deployment,
	fresh: ReplicaSet | undefined,
	sets: readonly ReplicaSet[],
): void {
	const wanted = deployment.spec.replicas;
	const active = sets.filter(set => set.spec.replicas > 0);
	const newest = fresh ?? sets.toSorted((a, b) => replicaSetRevision(b) - replicaSetRevision(a))[0];
	const alone = active.length > 1 ? undefined : (active[0] ?? newest);
	if (alone !== undefined) {
		scale(cluster, deployment, alone, wanted);
		return;
	}
	if (fresh !== undefined && isFullyScaled(fresh, wanted)) {
		for (const set of active) if (set !== fresh) scale(cluster, deployment, set, 0);
		return;
	}
	if (deployment.spec.strategy?.type === 'Recreate') return;
	const most = wanted === 0 ? 0 : wanted + rolloutBounds(deployment).surge;
	const change = most - total(active, set => set.spec.replicas);
	const older = (a: ReplicaSet, b: ReplicaSet) =>
		(replicaSetRevision(a) - replicaSetRevision(b)) * (change > 0 ? -1 : 1);
	const bySize = active.toSorted((a, b) => b.spec.replicas - a.spec.replicas || older(a, b));
	let left = change;
	const shares = bySize.map(set => {
		const before = annotated(set, maxAnnotation) ?? deployment.status.replicas ?? 0;
		const due = wanted === 0 ? -set.spec.replicas : Math.round((set.spec.replicas * most) / before) - set.spec.replicas;
		const given = change > 0 ? Math.min(due, left) : Math.max(due, left);
		left -= given;
		return given;
	});
	for (const [index, set] of bySize.entries()) {
		const more = (shares[index] ?? 0) + (index === 0 ? left : 0);
		scale(cluster, deployment, set, Math.max(0, set.spec.replicas + (change === 0 ? 0 : more)));
	}
}

/** Deletes old sets beyond revisionHistoryLimit. */
function tidy(
	cluster: FakeCluster,
	{spec: {revisionHistoryLimit = 10}}: Deployment,
	sets: readonly ReplicaSet[],
	fresh: ReplicaSet,
) {
	const empty = sets
		.filter(set => set !== fresh && set.spec.replicas === 0 && set.status.replicas === 0)
		.toSorted((a, b) => replicaSetRevision(a) - replicaSetRevision(b));
	for (const {metadata} of empty.slice(0, Math.max(0, empty.length - revisionHistoryLimit))) {
		cluster.store.remove('replicasets.apps', metadata.namespace, metadata.name);
	}
}
