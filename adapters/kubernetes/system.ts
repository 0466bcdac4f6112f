import {defineSystem} from '../../src/define.ts';
import type {KubernetesPort} from '../../src/port/kubernetes.ts';
import {deletePod} from './delete-pod.ts';
import {evictPod} from './evict-pod.ts';
import {inspectEvents} from './inspect-events.ts';
import {inspectLogs} from './inspect-logs.ts';
import {inspectNode} from './inspect-node.ts';
import {inspectOwners} from './inspect-owners.ts';
import {inspectPod} from './inspect-pod.ts';
import {inspectUsage} from './inspect-usage.ts';
import {inspectWorkload} from './inspect-workload.ts';
import {inspectYaml} from './inspect-yaml.ts';
import {leastGrants} from './least-grants.ts';
import {nodeUsage} from './node-usage.ts';
import {podUsage} from './pod-usage.ts';
import {pods} from './pods.ts';
import {restart} from './restart.ts';
import {scale} from './scale.ts';
import {undoRollout} from './undo-rollout.ts';
import {workloads} from './workloads.ts';

/** A Kubernetes cluster, 1.25 or newer: pods, nodes and what they use. */
export const kubernetes = defineSystem<KubernetesPort>({
	kind: 'kubernetes',
	title: 'Kubernetes',
	short: 'k8s',
	sources: [pods, workloads, podUsage, nodeUsage],
	actions: [undoRollout, restart, scale, evictPod, deletePod],
	inspections: [
		inspectPod,
		inspectWorkload,
		inspectUsage,
		inspectNode,
		inspectLogs,
		inspectEvents,
		inspectYaml,
		inspectOwners,
	],
	grants: leastGrants,
	connect: async (target, options) => (await import('./connect.ts')).connectKubernetes(target, options),
});
