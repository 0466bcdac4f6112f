import {defineSystem} from '../../src/contract/define.ts';
import {kubernetesFindingTypes} from '../../src/model/kubernetes/kubernetes-finding-types.ts';
import type {KubernetesPort, KubernetesSettings} from '../../src/port/kubernetes.ts';
import {endpointsOf} from '../../src/text/url.ts';
import {kubernetesLeastGrants} from './least-grants.ts';
import {inspectLogs} from './logs/inspect-logs.ts';
import {inspectPod} from './objects/inspect-pod.ts';
import {inspectYaml} from './objects/inspect-yaml.ts';
import {deletePod} from './pods/delete-pod.ts';
import {evictPod} from './pods/evict-pod.ts';
import {podsSource} from './pods/pods.ts';
import {inspectNode} from './usage/inspect-node.ts';
import {inspectUsage} from './usage/inspect-usage.ts';
import {nodeUsageSource} from './usage/node-usage.ts';
import {podUsageSource} from './usage/pod-usage.ts';
import {inspectEvents} from './workloads/inspect-events.ts';
import {inspectOwners} from './workloads/inspect-owners.ts';
import {inspectWorkload} from './workloads/inspect-workload.ts';
import {restartWorkload} from './workloads/restart.ts';
import {scaleWorkload} from './workloads/scale.ts';
import {undoRollout} from './workloads/undo-rollout.ts';
import {workloadsSource} from './workloads/workloads.ts';

/** A Kubernetes cluster, 1.25 or newer: pods, nodes and what they use. */
export const kubernetesSystem = defineSystem<KubernetesPort, KubernetesSettings>({
	kind: 'kubernetes',
	title: 'Kubernetes',
	short: 'k8s',
	sources: [podsSource, workloadsSource, podUsageSource, nodeUsageSource],
	actions: [undoRollout, restartWorkload, scaleWorkload, evictPod, deletePod],
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
	findingTypes: kubernetesFindingTypes,
	loadConfig: async () => (await import('./config/kubernetes-config.ts')).kubernetesConfig,
	links: ({metrics}) =>
		metrics === undefined ? [] : [{name: metrics.prometheus, kind: 'prometheus', path: ['metrics', 'prometheus']}],
	async readAttributes({access}) {
		try {
			const {server, context} = await access();
			return {endpoints: endpointsOf(server), cluster: {context}};
		} catch {
			return {endpoints: 'unknown', cluster: 'unknown'};
		}
	},
	grants: kubernetesLeastGrants,
	connect: async (target, options) => (await import('./connect.ts')).connectKubernetes(target, options),
});
