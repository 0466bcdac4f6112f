import type {Context} from '../../../src/contract/context.ts';
import type {Row} from '../../../src/contract/row.ts';
import {AdapterError} from '../../../src/errors.ts';
import type {PodRow} from '../../../src/model/kubernetes/pod.ts';
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

/** A workload as plans carry it: which one exactly, and not merely what it is called. */
export type WorkloadRef = {
	readonly kind: WorkloadKind;
	readonly namespace: string;
	readonly name: string;
	readonly uid: string;
};

export const workloadObjectRef = ({kind, namespace, name}: WorkloadRef): ObjectRef => ({
	type: types[kind],
	namespace,
	name,
});

/** `apps/v1` */
export const workloadApiVersion = ({kind}: Pick<WorkloadRef, 'kind'>): string =>
	`${types[kind].group}/${types[kind].version}`;

/** `deployment/api`, as kubectl takes it. */
export const kubectlName = ({kind, name}: Pick<WorkloadRef, 'kind' | 'name'>): string =>
	`${kind.toLowerCase()}/${name}`;

/** Short name within the target, which a demand asks for. */
export const qualifiedName = ({namespace, name}: Pick<WorkloadRef, 'namespace' | 'name'>): string =>
	`${namespace}/${name}`;

/** A row with a workload behind it: that of a pod, or of the workload itself. */
export type RowWithWorkload = Row & Pick<PodRow, 'namespace' | 'workload'>;

/** Why an action on the workload of this row is dim; undefined when it may be one of `kinds`. */
export function workloadUnavailableReason(
	row: RowWithWorkload | undefined,
	kinds: readonly WorkloadKind[],
): string | undefined {
	if (row === undefined) return undefined;
	const {workload} = row;
	if (workload === undefined) return 'nothing stands behind this pod: it was made by itself';
	if (workload.uid === '') return 'its replica set is not known, or not yet, so what stands behind it is not sure';
	if (!kinds.some(kind => kind === workload.kind)) return `a ${workload.kind} has no such thing`;
	return undefined;
}

/** @throws AdapterError `conflict` when no workload stands behind it. */
export function workloadOfRow(row: RowWithWorkload | undefined, kinds: readonly WorkloadKind[]): WorkloadRef {
	const kind = kinds.find(each => each === row?.workload?.kind);
	if (row?.workload === undefined || kind === undefined || row.workload.uid === '') {
		throw conflictError(workloadUnavailableReason(row, kinds) ?? 'nothing was selected');
	}
	const {name, uid} = row.workload;
	return {kind, namespace: row.namespace, name, uid};
}

export const conflictError = (what: string): AdapterError =>
	new AdapterError('conflict', what, 'Nothing was sent. Look at it as it is now, and decide again.');

/** The workload as the server has it now. @throws AdapterError `conflict` when it is gone, or is another one of the same name. */
export async function readWorkload(port: KubernetesPort, ref: WorkloadRef, context: Context): Promise<ApiObject> {
	const object = await port.get(workloadObjectRef(ref), context);
	if (object.metadata.uid !== ref.uid)
		throw conflictError(`${kubectlName(ref)} was deleted and made anew since it was selected`);
	return object;
}
