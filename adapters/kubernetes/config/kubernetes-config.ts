import {access} from 'node:fs/promises';
import * as z from 'zod';
import {
	booleanSchema,
	nameSchema,
	namespaceSchema,
	oneOrManySchema,
	programListSchema,
	strictSchema,
	textSchema,
} from '../../../src/config/schema-parts.ts';
import {defineTargetConfig} from '../../../src/contract/define.ts';
import type {FoundTarget, SettingsEnvironment} from '../../../src/contract/target-config.ts';
import type {KubernetesSettings} from '../../../src/port/kubernetes.ts';
import {kubeconfigFiles} from './kubeconfig.ts';
import {createKubernetesSettings} from './kubernetes-settings.ts';

const absolute = textSchema('must be the absolute path of a kubeconfig').refine(path => path.startsWith('/'), {
	error: 'must be the absolute path of a kubeconfig',
});
/** https://prometheus.io/docs/prometheus/latest/querying/basics/#instant-vector-selectors */
const matcher = '[a-zA-Z_][a-zA-Z0-9_]*\\s*(?:=|!=|=~|!~)\\s*"(?:[^"\\\\\\n]|\\\\.)*"';
const mustMatch = 'must be matchers of PromQL without braces, such as cluster="prod-eu"';
const matchers = z
	.string({error: mustMatch})
	.regex(new RegExp(`^\\s*${matcher}\\s*(?:,\\s*${matcher}\\s*)*$`), {error: mustMatch});

const keys = {
	kubeconfig: oneOrManySchema(absolute, 'must be the absolute path of a kubeconfig, or a list of them')
		.optional()
		.describe('A kubeconfig, or several, which are merged as kubectl does. Those of kubectl when absent.'),
	context: textSchema('must be the name of a context')
		.optional()
		.describe('The context of the kubeconfig; its current one when absent.'),
	namespaces: oneOrManySchema(namespaceSchema, 'must be the name of a namespace, or a list of them')
		.optional()
		.describe('Only these namespaces; all of them when absent.'),
	inCluster: booleanSchema
		.optional()
		.describe(
			'`true`: the cluster that midwatch runs in, by the service account of its pod, whatever kubeconfig there is.',
		),
	metrics: z
		.preprocess(
			value => (typeof value === 'string' ? {prometheus: value} : value),
			strictSchema({
				prometheus: nameSchema.describe(
					'The name of a target of kind `prometheus` that scrapes the kubelets of this cluster.',
				),
				match: matchers
					.default('')
					.describe('Matchers that its series have, when it scrapes more than this cluster: `cluster="prod-eu"`.'),
			}),
		)
		.optional()
		.describe(
			'The Prometheus target for the throttling of containers, and for their usage when the cluster has no metrics API: a name, or its keys.',
		),
	impersonate: strictSchema({
		user: textSchema('must be the name of a user').describe('As `kubectl --as`.'),
		groups: oneOrManySchema(textSchema('must be the name of a group'), 'must be the name of a group, or a list of them')
			.default([])
			.describe('As `kubectl --as-group`.'),
	})
		.optional()
		.describe('The user to impersonate.'),
};

const section = strictSchema({
	allowExec: programListSchema
		.default([])
		.describe(
			'Absolute paths of programs that a kubeconfig may run to log in, with any arguments, without approval at the terminal: for a machine without a person.',
		),
})
	.optional()
	.describe('Settings for all targets of kind `kubernetes`, including discovered ones.');

const hasConfig = async ({env, home}: SettingsEnvironment): Promise<boolean> => {
	if (env['KUBERNETES_SERVICE_HOST']) return true;
	const there = await Promise.all(kubeconfigFiles(env, home).map(exists));
	return there.includes(true);
};

/**
 * Returns the current context as a target. The target holds its name: `kubectl config use-context` in another terminal must not change which
 * cluster is watched here. @throws AdapterError when there is no current context, or it cannot be used.
 */
async function fromKubeconfig(
	environment: SettingsEnvironment,
	allowExec: readonly string[] | undefined,
): Promise<FoundTarget<KubernetesSettings>> {
	const {context} = await createKubernetesSettings({allowExec}, environment).access();
	const isInside = context === 'in-cluster';
	const which = isInside ? {inCluster: true} : {context};
	const origin = isInside ? 'found in the service account of this pod' : `current context ${context} of the kubeconfig`;
	return {name: context, origin, settings: createKubernetesSettings({...which, allowExec}, environment)};
}

const exists = (file: string) =>
	access(file).then(
		() => true,
		() => false,
	);

export const kubernetesConfig = defineTargetConfig<KubernetesSettings>()({
	keys,
	section,
	hostMeaning: 'the host of the API server',
	ruleAttributes: {cluster: 'own'},
	readSettings(entry, report, environment, all) {
		const {inCluster, impersonate} = entry;
		if (inCluster === true) {
			for (const key of ['kubeconfig', 'context'] as const) {
				if (entry[key] !== undefined) report(key, `inCluster needs no ${key}: leave out one of them`);
			}
		}
		const {kubeconfig, context, namespaces, metrics} = entry;
		const as = impersonate && {...impersonate, extra: {}};
		return createKubernetesSettings(
			{kubeconfig, context, namespaces, inCluster, metrics, impersonate: as, allowExec: all?.allowExec},
			environment,
		);
	},
	discoveries: [
		{
			label: 'kubeconfig',
			description: 'the kubeconfig (its current context)',
			find: async (environment, all) =>
				(await hasConfig(environment)) ? fromKubeconfig(environment, all?.allowExec) : undefined,
		},
	],
});
