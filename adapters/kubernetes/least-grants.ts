import type {Grants} from '../../src/contract/grants.ts';
import type {Target} from '../../src/contract/target.ts';
import type {KubernetesSettings} from '../../src/port/kubernetes.ts';
import {kubernetesRequiredPermissions} from './objects/required-permissions.ts';

type Rule = {
	readonly verbs: readonly string[];
	readonly group: string;
	readonly resources: readonly string[];
	readonly names?: readonly string[];
};

const readVerbs: readonly string[] = ['get', 'list', 'watch'];

/** Nodes and their metrics are cluster-scoped. */
const isClusterScoped = (resource: string): boolean => resource === 'nodes';

/** One rule for all resources of an API group with the same verbs. */
function rulesFor(wanted: typeof kubernetesRequiredPermissions): readonly Rule[] {
	const rules = new Map<string, Rule>();
	for (const [, verb, group, resource] of wanted) {
		const verbs = verb === 'watch' ? readVerbs : [verb];
		const key = `${group} ${verbs.join()}`;
		const resources = [...(rules.get(key)?.resources ?? []), resource];
		rules.set(key, {verbs, group, resources: [...new Set(resources)]});
	}
	return [...rules.values()];
}

// JSON is valid YAML: names from outside need no other quoting.
const list = (words: readonly string[]): string => JSON.stringify(words);

function role(name: string, namespace: string | undefined, user: string, rules: readonly Rule[]): string {
	const [kind, metadata] =
		namespace === undefined
			? ['ClusterRole', `{name: ${name}}`]
			: ['Role', `{name: ${name}, namespace: ${JSON.stringify(namespace)}}`];
	const [, , account, service] = /^system:serviceaccount:/.test(user) ? user.split(':') : [];
	const subject =
		service === undefined
			? `{kind: User, apiGroup: rbac.authorization.k8s.io, name: ${JSON.stringify(user)}}`
			: `{kind: ServiceAccount, namespace: ${JSON.stringify(account)}, name: ${JSON.stringify(service)}}`;
	return [
		'---',
		'apiVersion: rbac.authorization.k8s.io/v1',
		`kind: ${kind}`,
		`metadata: ${metadata}`,
		'rules:',
		...rules.map(({verbs, group, resources, names}) => {
			const only = names === undefined ? '' : `, resourceNames: ${list(names)}`;
			return `  - {apiGroups: ${list([group])}, resources: ${list(resources)}${only}, verbs: ${list(verbs)}}`;
		}),
		'---',
		'apiVersion: rbac.authorization.k8s.io/v1',
		`kind: ${kind}Binding`,
		`metadata: ${metadata}`,
		`roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ${kind}, name: ${name}}`,
		'subjects:',
		`  - ${subject}`,
	].join('\n');
}

/** Roles and bindings: cluster-wide, or in each watched namespace plus a ClusterRole for nodes. */
export function kubernetesLeastGrants(target: Target<KubernetesSettings>, who: string | undefined): Grants {
	const {namespaces, impersonate} = target.settings;
	const user = [who, impersonate?.user].find(name => name !== undefined && name !== '') ?? 'midwatch';
	const isOfAction = ([what]: (typeof kubernetesRequiredPermissions)[number]) => what.startsWith('kubernetes.');
	const watch = kubernetesRequiredPermissions.filter(need => !isOfAction(need));
	const act = kubernetesRequiredPermissions.filter(isOfAction);
	// Its uid identifies the cluster in the audit log.
	const identity: Rule = {verbs: ['get'], group: '', resources: ['namespaces'], names: ['kube-system']};
	const tool = 'kubectl apply -f -, as an administrator of the cluster';
	if (namespaces === 'all') {
		return {
			tool,
			forReading: [role('midwatch-watch', undefined, user, [...rulesFor(watch), identity])],
			forActions: [role('midwatch-act', undefined, user, rulesFor(act))],
		};
	}
	const clusterScoped = watch.filter(([, , , resource]) => isClusterScoped(resource));
	const namespacedRules = rulesFor(watch.filter(([, , , resource]) => !isClusterScoped(resource)));
	const namespaceRule: Rule = {verbs: ['get'], group: '', resources: ['namespaces']};
	return {
		tool,
		forReading: [
			role('midwatch-watch', undefined, user, [...rulesFor(clusterScoped), identity]),
			...namespaces.map(namespace => role('midwatch-watch', namespace, user, [...namespacedRules, namespaceRule])),
		],
		forActions: namespaces.map(namespace => role('midwatch-act', namespace, user, rulesFor(act))),
	};
}
