import type {Context} from '../../../src/contract/context.ts';
import type {Row} from '../../../src/contract/row.ts';
import {conflictError} from '../../../src/errors.ts';
import type {PodRow} from '../../../src/model/kubernetes/pod.ts';
import type {WorkloadRow} from '../../../src/model/kubernetes/workload.ts';
import type {ApiObject, KubernetesPort, ObjectRef, ResourceType} from '../../../src/port/kubernetes.ts';

const apps = (resource: string): ResourceType => ({group: 'apps', version: 'v1', resource, namespaced: true});

const batch = (resource: string): ResourceType => ({group: 'batch', version: 'v1', resource, namespaced: true});

const types = {
	Deployment: apps('deployments'),
	StatefulSet: apps('statefulsets'),
	DaemonSet: apps('daemonsets'),
	ReplicaSet: apps('replicasets'),
	Job: batch('jobs'),
	CronJob: batch('cronjobs'),
} as const;

export type WorkloadKind = keyof typeof types;

/** Identifies one workload in a plan, by uid and not only by name. */
export type WorkloadRef = {
	readonly kind: WorkloadKind;
	readonly namespace: string;
	readonly name: string;
	readonly uid: string;
};

export const refOfWorkloadRow = ({workloadKind: kind, namespace, name, uid}: WorkloadRow): WorkloadRef => ({
	kind,
	namespace,
	name,
	uid,
});

export const workloadObjectRef = ({kind, namespace, name}: WorkloadRef): ObjectRef => ({
	type: types[kind],
	namespace,
	name,
});

/** `apps/v1` */
export const workloadApiVersion = ({kind}: Pick<WorkloadRef, 'kind'>): string =>
	`${types[kind].group}/${types[kind].version}`;

/** `deployment/api`, the form that kubectl accepts. */
export const kubectlName = ({kind, name}: Pick<WorkloadRef, 'kind' | 'name'>): string =>
	`${kind.toLowerCase()}/${name}`;

/** `NAMESPACE/NAME`, which a confirmation requires the user to type. */
export const qualifiedName = ({namespace, name}: Pick<WorkloadRef, 'namespace' | 'name'>): string =>
	`${namespace}/${name}`;

/** A row that has a workload: a pod or the workload itself. */
export type RowWithWorkload = Row<'kubernetes.pod' | 'kubernetes.workload'> & Pick<PodRow, 'namespace' | 'workload'>;

/** Why an action on the workload of this row is unavailable; undefined when its kind is one of `kinds`. */
export function workloadUnavailableReason(
	row: RowWithWorkload | undefined,
	kinds: readonly WorkloadKind[],
): string | undefined {
	if (row === undefined) return undefined;
	const {workload} = row;
	if (workload === undefined) return 'no workload owns this pod: nothing recreates it';
	if (workload.uid === '') return 'its ReplicaSet is not known (yet), so its workload is not known for sure';
	if (!kinds.some(kind => kind === workload.kind)) return `not available for a ${workload.kind}`;
	return undefined;
}

/** The workload of a row. @throws AdapterError `conflict` when it has none. */
export function workloadOfRow(row: RowWithWorkload | undefined, kinds: readonly WorkloadKind[]): WorkloadRef {
	const kind = kinds.find(each => each === row?.workload?.kind);
	if (row?.workload === undefined || kind === undefined || row.workload.uid === '') {
		throw conflictError(workloadUnavailableReason(row, kinds) ?? 'nothing was selected');
	}
	const {name, uid} = row.workload;
	return {kind, namespace: row.namespace, name, uid};
}

/** Reads the workload from the server. @throws AdapterError `conflict` when it was deleted, or recreated under the same name. */
export async function readWorkload(port: KubernetesPort, ref: WorkloadRef, context: Context): Promise<ApiObject> {
	const object = await port.get(workloadObjectRef(ref), context);
	if (object.metadata.uid !== ref.uid)
		throw conflictError(`${kubectlName(ref)} was deleted and recreated since it was selected`);
	return object;
}
