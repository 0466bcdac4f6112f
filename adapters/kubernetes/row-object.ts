import type {PodRow} from '../../src/model/pod.ts';
import type {WorkloadRow} from '../../src/model/workload.ts';
import type {ObjectRef} from '../../src/port/kubernetes.ts';
import {podObject} from './pod-act.ts';
import {objectOf, slashed} from './workload.ts';

/** The object that a row is about: its pod, or its workload. */
export function rowObject(row: PodRow | WorkloadRow): {
	readonly ref: ObjectRef;
	readonly kind: string;
	readonly apiVersion: string;
	/** `pod/api-1`, as kubectl takes it. */
	readonly slashed: string;
} {
	if ('kind' in row) return {ref: objectOf(row), kind: row.kind, apiVersion: 'apps/v1', slashed: slashed(row)};
	return {ref: podObject(row), kind: 'Pod', apiVersion: 'v1', slashed: `pod/${row.name}`};
}
