import type {NodeUsageRow} from '../../../src/model/kubernetes/node-usage.ts';
import type {PodRow} from '../../../src/model/kubernetes/pod.ts';
import type {PodUsageRow} from '../../../src/model/kubernetes/pod-usage.ts';
import type {WorkloadRow} from '../../../src/model/kubernetes/workload.ts';
import type {ObjectRef} from '../../../src/port/kubernetes.ts';
import {watchedResources} from '../api/resources.ts';
import type {InvolvedObject} from './event-lines.ts';
import {podObjectRef} from './pod-ref.ts';
import {kubectlName, refOfWorkloadRow, workloadApiVersion, workloadObjectRef} from './workload-ref.ts';

/** A row about one object of the cluster. */
export type ObjectRow = PodRow | PodUsageRow | WorkloadRow | NodeUsageRow;

/** The pod, workload or node that a row is about. */
export function rowObject(row: ObjectRow): {
	readonly ref: ObjectRef;
	readonly kind: string;
	readonly apiVersion: string;
	/** The kubectl options before the verb: `-n checkout`. */
	readonly namespaceOption: readonly string[];
	/** `pod/api-1`, as kubectl takes it. */
	readonly slashed: string;
	/** `checkout/api-1`; the bare name of a node. */
	readonly title: string;
} {
	if (row.kind === 'kubernetes.node-usage') {
		const {type} = watchedResources.nodes;
		const ref = {type, namespace: '', name: row.name};
		return {ref, kind: 'Node', apiVersion: 'v1', namespaceOption: [], slashed: `node/${row.name}`, title: row.name};
	}
	const title = `${row.namespace}/${row.name}`;
	const namespaceOption = ['-n', row.namespace];
	if (row.kind === 'kubernetes.workload') {
		const ref = refOfWorkloadRow(row);
		return {
			ref: workloadObjectRef(ref),
			kind: ref.kind,
			apiVersion: workloadApiVersion(ref),
			namespaceOption,
			slashed: kubectlName(ref),
			title,
		};
	}
	return {ref: podObjectRef(row), kind: 'Pod', apiVersion: 'v1', namespaceOption, slashed: `pod/${row.name}`, title};
}

/** Involved objects of the events of a node. The kubelet uses the name of the node as its uid: https://github.com/kubernetes/kubernetes/blob/v1.34.0/pkg/kubelet/kubelet.go */
export const involvedNodes = ({name, uid}: Pick<NodeUsageRow, 'name' | 'uid'>): readonly InvolvedObject[] => [
	{kind: 'Node', name, uid},
	{kind: 'Node', name, uid: name},
];
