import type {NodeUsageRow} from '../../../src/model/kubernetes/node-usage.ts';
import type {PodRow} from '../../../src/model/kubernetes/pod.ts';
import type {PodUsageRow} from '../../../src/model/kubernetes/pod-usage.ts';
import type {WorkloadRow} from '../../../src/model/kubernetes/workload.ts';
import type {ObjectRef} from '../../../src/port/kubernetes.ts';
import {watchedResources} from '../api/resources.ts';
import type {InvolvedObject} from './event-lines.ts';
import {podObjectRef} from './pod-ref.ts';
import {kubectlName, workloadApiVersion, workloadObjectRef} from './workload-ref.ts';

/** Rows that are each about one object of the cluster. */
export type ObjectRow = PodRow | PodUsageRow | WorkloadRow | NodeUsageRow;

export const isWorkloadRow = (row: ObjectRow): row is WorkloadRow => 'kind' in row;
export const isNodeRow = (row: ObjectRow): row is NodeUsageRow => 'pressures' in row;

/** The object that a row is about: its pod, its workload, or its node. */
export function rowObject(row: ObjectRow): {
	readonly ref: ObjectRef;
	readonly kind: string;
	readonly apiVersion: string;
	/** What kubectl needs before its verb: `-n checkout`. */
	readonly place: readonly string[];
	/** `pod/api-1`, as kubectl takes it. */
	readonly slashed: string;
	/** `checkout/api-1`; of a node its name alone. */
	readonly title: string;
} {
	if (isNodeRow(row)) {
		const {type} = watchedResources.nodes;
		const ref = {type, namespace: '', name: row.name};
		return {ref, kind: 'Node', apiVersion: 'v1', place: [], slashed: `node/${row.name}`, title: row.name};
	}
	const title = `${row.namespace}/${row.name}`;
	const place = ['-n', row.namespace];
	if (isWorkloadRow(row)) {
		return {
			ref: workloadObjectRef(row),
			kind: row.kind,
			apiVersion: workloadApiVersion(row),
			place,
			slashed: kubectlName(row),
			title,
		};
	}
	return {ref: podObjectRef(row), kind: 'Pod', apiVersion: 'v1', place, slashed: `pod/${row.name}`, title};
}

/** What events call a node. The kubelet gives its name for its uid: https://github.com/kubernetes/kubernetes/blob/v1.34.0/pkg/kubelet/kubelet.go */
export const involvedNodes = ({name, uid}: Pick<NodeUsageRow, 'name' | 'uid'>): readonly InvolvedObject[] => [
	{kind: 'Node', name, uid},
	{kind: 'Node', name, uid: name},
];
