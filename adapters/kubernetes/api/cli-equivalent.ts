import type {Target} from '../../../src/contract/target.ts';
import type {KubernetesSettings} from '../../../src/port/kubernetes.ts';
import {shellLine} from '../../../src/text/quote.ts';

/** A kubectl command line with the options that select the target. */
export const kubectlCommand = (target: Target<KubernetesSettings>, ...words: readonly string[]): string =>
	kubectlCommandFor(target.settings, ...words);

export function kubectlCommandFor(
	{kubeconfig, context, impersonate}: Pick<KubernetesSettings, 'kubeconfig' | 'context' | 'impersonate'>,
	...words: readonly string[]
): string {
	const [file] = kubeconfig;
	const env = kubeconfig.length > 1 ? ['env', `KUBECONFIG=${kubeconfig.join(':')}`] : [];
	return shellLine([
		...env,
		'kubectl',
		...(env.length === 0 && file !== undefined ? ['--kubeconfig', file] : []),
		...(context === undefined ? [] : ['--context', context]),
		...(impersonate === undefined ? [] : ['--as', impersonate.user]),
		...(impersonate?.groups ?? []).flatMap(group => ['--as-group', group]),
		...words,
	]);
}

/** The kubectl command for each namespace that is watched. */
export function kubectlCommandPerNamespace(
	target: Target<KubernetesSettings>,
	...words: readonly string[]
): readonly string[] {
	const {namespaces} = target.settings;
	if (namespaces === 'all') return [kubectlCommand(target, ...words, '--all-namespaces')];
	return namespaces.map(namespace => kubectlCommand(target, '-n', namespace, ...words));
}
