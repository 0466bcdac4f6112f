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

/** What stands above pods, as far as it is watched. By uid. */
export type OwnerIndex = {
	readonly replicaSets: ReadonlyMap<string, ReplicaSetObject>;
	readonly deployments: ReadonlyMap<string, DeploymentObject>;
	readonly statefulSets: ReadonlyMap<string, StatefulSetObject>;
	/** The rollout that each ReplicaSet or ControllerRevision stands for, by its own uid. */
	readonly rollouts: ReadonlyMap<string, Rollout>;
	/** By `NAMESPACE/NAME`, since pods name theirs. */
	readonly controllerRevisions: ReadonlyMap<string, ControllerRevisionObject>;
	readonly jobs: ReadonlyMap<string, JobObject>;
	/** Jobs whose failed pods are no trouble any more: they came to their end all the same, or a later one of the same CronJob did. */
	readonly settledJobs: ReadonlySet<string>;
	/** What was read of each ReplicaSet and ControllerRevision, by its own uid. */
	readonly revisions: ReadonlyMap<string, KnownRevision>;
	/** What was found of each owner so far, and by the read before: thousands of pods share a few hundred of them. */
	readonly resolvedOwners: Map<string, WorkloadAndRollout>;
	readonly previouslyResolvedOwners: ReadonlyMap<string, WorkloadAndRollout>;
};

/** The workload that brings a pod back, and the rollout it came with. */
type WorkloadAndRollout = {readonly workload: Workload | undefined; readonly rollout: Rollout | undefined};

export const revisionAnnotation = 'deployment.kubernetes.io/revision';

/** The numbers that a ReplicaSet had before: it was made for the first of them, and came back since. */
const historyAnnotation = 'deployment.kubernetes.io/revision-history';

/** Epoch milliseconds when the present rollout of it began; undefined when it came back, since nothing tells when that was. */
export const rolloutStartedAt = ({annotations, creationTimestamp}: Metadata): number | undefined =>
	annotations?.[historyAnnotation] === undefined ? parseTimestamp(creationTimestamp) : undefined;

export const revisionOf = (metadata: Metadata): number =>
	Number(metadata.annotations?.[revisionAnnotation] ?? Number.NaN);

export const controllerOf = (metadata: Metadata): OwnerReference | undefined =>
	metadata.ownerReferences?.find(owner => owner.controller === true);

type KnownRevision = {readonly metadata: Metadata; readonly revision: number; readonly at: number | undefined};

/**
 * The rollouts that the revisions of one workload stand for. One that is older than those before it came back, which a ControllerRevision
 * does not tell otherwise.
 */
function rolloutsOf(kept: readonly KnownRevision[]): readonly (readonly [uid: string, rollout: Rollout])[] {
	let latest = 0;
	return kept
		.toSorted((a, b) => a.revision - b.revision)
		.map(({metadata, revision, at}, index) => {
			const isBack = at !== undefined && at < latest;
			latest = Math.max(latest, at ?? 0);
			return [metadata.uid, {revision, at: isBack ? undefined : at, first: index === 0}];
		});
}

/** What is not told is taken as not there. */
export function createOwnerIndex(
	told: Partial<Pick<OwnerIndex, 'replicaSets' | 'deployments' | 'statefulSets' | 'jobs'>> & {
		readonly revisions?: ReadonlyMap<string, ControllerRevisionObject>;
	},
	before?: OwnerIndex,
): OwnerIndex {
	const {replicaSets = new Map(), deployments = new Map(), statefulSets = new Map()} = told;
	const {jobs = new Map(), revisions = new Map()} = told;
	const kept = new Map<string, KnownRevision>();
	const keep = (metadata: Metadata, revision: number) => {
		if (Number.isNaN(revision)) return;
		const known = before?.revisions.get(metadata.uid);
		// An object that changed is another one: what was read of it stands as long as it does.
		const same = known?.metadata === metadata ? known : undefined;
		kept.set(metadata.uid, same ?? {metadata, revision, at: rolloutStartedAt(metadata)});
	};
	for (const {metadata} of replicaSets.values()) keep(metadata, revisionOf(metadata));
	for (const {metadata, revision = Number.NaN} of revisions.values()) keep(metadata, revision);
	const owned = Map.groupBy(kept.values(), ({metadata}) => controllerOf(metadata)?.uid ?? metadata.uid);
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
		revisions: kept,
		resolvedOwners: new Map(),
		previouslyResolvedOwners: before?.resolvedOwners ?? new Map(),
	};
}

/** `complete`, `failed`, or neither while it is not over. https://kubernetes.io/docs/concepts/workloads/controllers/job/#terminal-job-conditions */
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

/** A ReplicaSet that a Deployment made is called like it, with the hash of its template behind. */
function deploymentName(set: string, hash: string | undefined): string | undefined {
	return hash !== undefined && set.endsWith(`-${hash}`) ? set.slice(0, -hash.length - 1) : undefined;
}

/** A pod of a stateful set carries the name of its revision, one of a daemon set what comes behind its own name in it. */
function rolloutOfSet({namespace, labels}: Metadata, {name}: OwnerReference, above: OwnerIndex): Rollout | undefined {
	const label = labels?.['controller-revision-hash'];
	if (label === undefined) return undefined;
	const found =
		above.controllerRevisions.get(`${namespace}/${label}`) ??
		above.controllerRevisions.get(`${namespace}/${name}-${label}`);
	return found && above.rollouts.get(found.metadata.uid);
}

const noWorkload: WorkloadAndRollout = {workload: undefined, rollout: undefined};

/** The workload that brings a pod back, and the rollout it came with: the same objects for all pods of one, and until they change. */
export function resolveWorkload(metadata: Metadata, above: OwnerIndex): WorkloadAndRollout {
	const owner = controllerOf(metadata);
	if (owner === undefined || owner.kind === 'Node') return noWorkload;
	const hash = metadata.labels?.['controller-revision-hash'] ?? metadata.labels?.['pod-template-hash'] ?? '';
	const key = `${owner.uid} ${hash}`;
	const known = above.resolvedOwners.get(key);
	if (known !== undefined) return known;
	const fresh = resolveOwner(metadata, owner, above);
	const before = above.previouslyResolvedOwners.get(key);
	const found = before !== undefined && isDeepStrictEqual(before, fresh) ? before : fresh;
	above.resolvedOwners.set(key, found);
	return found;
}

function resolveOwner(metadata: Metadata, owner: OwnerReference, above: OwnerIndex): WorkloadAndRollout {
	const {kind, name, uid} = owner;
	if (kind === 'Job') {
		const job = above.jobs.get(uid);
		const parent = job && controllerOf(job.metadata);
		const made = parent?.kind === 'CronJob' ? parent : owner;
		return {
			workload: {kind: made.kind, name: made.name, uid: made.uid, paused: false, replicas: undefined},
			rollout: undefined,
		};
	}
	if (kind !== 'ReplicaSet') {
		const replicas = above.statefulSets.get(uid)?.spec?.replicas;
		return {workload: {kind, name, uid, paused: false, replicas}, rollout: rolloutOfSet(metadata, owner, above)};
	}
	const set = above.replicaSets.get(uid);
	if (set === undefined) {
		// Replica sets cannot be read: the name alone tells, but not what may be acted on.
		const likely = deploymentName(name, metadata.labels?.['pod-template-hash']);
		const found = {
			kind: likely === undefined ? 'ReplicaSet' : 'Deployment',
			name: likely ?? name,
			uid: '',
			paused: false,
			replicas: undefined,
		};
		return {workload: found, rollout: undefined};
	}
	const parent = controllerOf(set.metadata);
	if (parent === undefined) {
		return {workload: {kind, name, uid, paused: false, replicas: set.spec?.replicas}, rollout: undefined};
	}
	const {paused = false, replicas} = above.deployments.get(parent.uid)?.spec ?? {};
	return {
		workload: {kind: parent.kind, name: parent.name, uid: parent.uid, paused, replicas},
		rollout: above.rollouts.get(uid),
	};
}
