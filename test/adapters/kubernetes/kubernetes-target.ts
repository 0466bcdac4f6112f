import type {Target} from '../../../src/contract/target.ts';
import type {KubernetesSettings} from '../../../src/port/kubernetes.ts';

/** A target for tests that open sources, inspections and actions on a port of their own: it is never connected to. */
export const kubernetesTarget = (settings: Partial<KubernetesSettings> = {}): Target<KubernetesSettings> => ({
	name: 'prod',
	kind: 'kubernetes',
	production: true,
	settings: {
		access: () => Promise.reject(new Error('the target of this test has no access to a cluster')),
		kubeconfig: [],
		context: undefined,
		namespaces: 'all',
		environment: {},
		...settings,
	},
});
