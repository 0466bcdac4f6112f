import {isDeepStrictEqual} from 'node:util';
import type {Rollout, Workload} from '../../../src/model/kubernetes/pod.ts';
import {parseTimestamp} from '../../../src/model/kubernetes/pod-status.ts';
import type {
	ControllerRevisionObject,
	DeploymentObject,
	JobObject,
	Metadata,
	OwnerReference,
	ReplicaSetObject,
	StatefulSetObject,
} from '../../../src/port/kubernetes-objects.ts';

/** The watched objects that own pods, by uid, with what was derived of them. Also the cache of resolved owners between two reads. */
export type OwnerIndex = {
	readonly replicaSets: ReadonlyMap<string, ReplicaSetObject>;
	readonly deployments: ReadonlyMap<string, DeploymentObject>;
	readonly statefulSets: ReadonlyMap<string, StatefulSetObject>;
	/** The rollout of each ReplicaSet or ControllerRevision, by its own uid. */
	readonly rollouts: ReadonlyMap<string, Rollout>;
	/** The revisions by `NAMESPACE/NAME`: pods refer to them by name. */
	readonly controllerRevisions: ReadonlyMap<string, ControllerRevisionObject>;
	readonly jobs: ReadonlyMap<string, JobObject>;
	/** Jobs whose failed pods no longer matter: the Job completed nevertheless, or a later Job of the same CronJob did. */
	readonly settledJobs: ReadonlySet<string>;
	/** The revision of each ReplicaSet and ControllerRevision, by its own uid. */
	readonly revisions: ReadonlyMap<string, KnownRevision>;
	/** Resolved owners of this read and of the previous one: thousands of pods share a few hundred owners. */
	readonly resolvedOwners: Map<string, WorkloadAndRollout>;
	readonly previouslyResolvedOwners: ReadonlyMap<string, WorkloadAndRollout>;
};

/** The workload that recreates a pod, and the rollout that created it. */
type WorkloadAndRollout = {readonly workload: Workload | undefined; readonly rollout: Rollout | undefined};

export const revisionAnnotation = 'deployment.kubernetes.io/revision';

/** Earlier revision numbers of a ReplicaSet: present when a rollback brought an old ReplicaSet back. */
const historyAnnotation = 'deployment.kubernetes.io/revision-history';

/** Epoch milliseconds when the current rollout of a revision began; undefined after a rollback to it, whose time the API does not record. */
export const rolloutStartedAt = ({annotations, creationTimestamp}: Metadata): number | undefined =>
	annotations?.[historyAnnotation] === undefined ? parseTimestamp(creationTimestamp) : undefined;

export const revisionOf = (metadata: Metadata): number =>
	Number(metadata.annotations?.[revisionAnnotation] ?? Number.NaN);

export const controllerOf = (metadata: Metadata): OwnerReference | undefined =>
	metadata.ownerReferences?.find(owner => owner.controller === true);

type KnownRevision = {readonly metadata: Metadata; readonly revision: number; readonly at: number | undefined};

/**
 * The rollout of each revision of one workload. A revision that is older than one with a lower number came back by a rollback: a
 * ControllerRevision does not record that in another way.
 */
function rolloutsOf(revisions: readonly KnownRevision[]): readonly (readonly [uid: string, rollout: Rollout])[] {
	let latest = 0;
	return revisions
		.toSorted((a, b) => a.revision - b.revision)
		.map(({metadata, revision, at}, index) => {
			const isBack = at !== undefined && at < latest;
			latest = Math.max(latest, at ?? 0);
			return [metadata.uid, {revision, at: isBack ? undefined : at, first: index === 0}];
		});
}

/** Builds the index; a missing argument counts as empty. `before` is the index of the previous read, whose results are reused. */
export function createOwnerIndex(
	objects: Partial<Pick<OwnerIndex, 'replicaSets' | 'deployments' | 'statefulSets' | 'jobs'>> & {
		readonly revisions?: ReadonlyMap<string, ControllerRevisionObject>;
	},
	before?: OwnerIndex,
): OwnerIndex {
	const {replicaSets = new Map(), deployments = new Map(), statefulSets = new Map()} = objects;
	const {jobs = new Map(), revisions = new Map()} = objects;
	const knownRevisions = new Map<string, KnownRevision>();
	const addRevision = (metadata: Metadata, revision: number) => {
		if (Number.isNaN(revision)) return;
		const known = before?.revisions.get(metadata.uid);
		// A changed object is a new JavaScript object: the same `metadata` means that nothing changed.
		const unchanged = known?.metadata === metadata ? known : undefined;
		knownRevisions.set(metadata.uid, unchanged ?? {metadata, revision, at: rolloutStartedAt(metadata)});
	};
	for (const {metadata} of replicaSets.values()) addRevision(metadata, revisionOf(metadata));
	for (const {metadata, revision = Number.NaN} of revisions.values()) addRevision(metadata, revision);
	const owned = Map.groupBy(knownRevisions.values(), ({metadata}) => controllerOf(metadata)?.uid ?? metadata.uid);
	return {
		replicaSets,
		deployments,
		statefulSets,
		jobs,
		settledJobs: findSettledJobs(jobs),
		rollouts: new Map([...owned.values()].flatMap(rolloutsOf)),
		controllerRevisions: new Map(
			[...revisions.values()].map(each => [`${each.metadata.namespace}/${each.metadata.name}`, each]),
		),
		revisions: knownRevisions,
		resolvedOwners: new Map(),
		previouslyResolvedOwners: before?.resolvedOwners ?? new Map(),
	};
}

/** The condition `Complete` or `Failed`; undefined while the Job is not finished. https://kubernetes.io/docs/concepts/workloads/controllers/job/#terminal-job-conditions */
export const findTerminalCondition = ({status}: JobObject) =>
	status?.conditions?.find(each => (each.type === 'Complete' || each.type === 'Failed') && each.status === 'True');

export const byNewest = (a: {readonly metadata: Metadata}, b: {readonly metadata: Metadata}): number =>
	(parseTimestamp(b.metadata.creationTimestamp) ?? 0) - (parseTimestamp(a.metadata.creationTimestamp) ?? 0);

function findSettledJobs(jobs: ReadonlyMap<string, JobObject>): ReadonlySet<string> {
	if (jobs.size === 0) return new Set();
	const settled = new Set<string>();
	for (const [owner, runs] of Map.groupBy(jobs.values(), ({metadata}) => controllerOf(metadata)?.uid)) {
		let isOver = false;
		for (const job of runs.toSorted(byNewest)) {
			const isComplete = findTerminalCondition(job)?.type === 'Complete';
			if (isOver || isComplete) settled.add(job.metadata.uid);
			isOver ||= isComplete && owner !== undefined;
		}
	}
	return settled;
}

/** Name of the Deployment of a ReplicaSet: the ReplicaSet is named `DEPLOYMENT-HASH`. */
function deploymentName(set: string, hash: string | undefined): string | undefined {
	return hash !== undefined && set.endsWith(`-${hash}`) ? set.slice(0, -hash.length - 1) : undefined;
}

/** The label of a StatefulSet's pod holds the name of the ControllerRevision, that of a DaemonSet's pod only its suffix. */
function rolloutOfSet({namespace, labels}: Metadata, {name}: OwnerReference, owners: OwnerIndex): Rollout | undefined {
	const label = labels?.['controller-revision-hash'];
	if (label === undefined) return undefined;
	const resolved =
		owners.controllerRevisions.get(`${namespace}/${label}`) ??
		owners.controllerRevisions.get(`${namespace}/${name}-${label}`);
	return resolved && owners.rollouts.get(resolved.metadata.uid);
}

const noWorkload: WorkloadAndRollout = {workload: undefined, rollout: undefined};

/** Returns the workload that recreates a pod and the rollout that created it. Pods of one workload share the same result object until it changes. */
export function resolveWorkload(metadata: Metadata, owners: OwnerIndex): WorkloadAndRollout {
	const owner = controllerOf(metadata);
	if (owner === undefined || owner.kind === 'Node') return noWorkload;
	const hash = metadata.labels?.['controller-revision-hash'] ?? metadata.labels?.['pod-template-hash'] ?? '';
	const key = `${owner.uid} ${hash}`;
	const known = owners.resolvedOwners.get(key);
	if (known !== undefined) return known;
	const fresh = resolveOwner(metadata, owner, owners);
	const before = owners.previouslyResolvedOwners.get(key);
	const resolved = before !== undefined && isDeepStrictEqual(before, fresh) ? before : fresh;
	owners.resolvedOwners.set(key, resolved);
	return resolved;
}

function resolveOwner(metadata: Metadata, owner: OwnerReference, owners: OwnerIndex): WorkloadAndRollout {
	const {kind, name, uid} = owner;
	if (kind === 'Job') {
		const job = owners.jobs.get(uid);
		const parent = job && controllerOf(job.metadata);
		const controller = parent?.kind === 'CronJob' ? parent : owner;
		return {
			workload: {kind: controller.kind, name: controller.name, uid: controller.uid, paused: false, replicas: undefined},
			rollout: undefined,
		};
	}
	if (kind !== 'ReplicaSet') {
		const replicas = owners.statefulSets.get(uid)?.spec?.replicas;
		return {workload: {kind, name, uid, paused: false, replicas}, rollout: rolloutOfSet(metadata, owner, owners)};
	}
	const set = owners.replicaSets.get(uid);
	if (set === undefined) {
		// ReplicaSets cannot be read: derive the name; without a uid no action is offered.
		const deployment = deploymentName(name, metadata.labels?.['pod-template-hash']);
		const resolved = {
			kind: deployment === undefined ? 'ReplicaSet' : 'Deployment',
			name: deployment ?? name,
			uid: '',
			paused: false,
			replicas: undefined,
		};
		return {workload: resolved, rollout: undefined};
	}
	const parent = controllerOf(set.metadata);
	if (parent === undefined) {
		return {workload: {kind, name, uid, paused: false, replicas: set.spec?.replicas}, rollout: undefined};
	}
	const {paused = false, replicas} = owners.deployments.get(parent.uid)?.spec ?? {};
	return {
		workload: {kind: parent.kind, name: parent.name, uid: parent.uid, paused, replicas},
		rollout: owners.rollouts.get(uid),
	};
}
