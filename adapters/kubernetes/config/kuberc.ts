import {basename, isAbsolute, join} from 'node:path';
import {parse} from 'yaml';
import * as z from 'zod';
import {AdapterError} from '../../../src/errors.ts';
import {readCredentialFile} from './credential-file.ts';

/*
 * Reads kubectl's own preferences (kuberc) about the programs that a kubeconfig may run.
 * https://kubernetes.io/docs/reference/kubectl/kuberc/#credential-plugin-policy
 */

const schema = z.object({
	credentialPluginPolicy: z.enum(['AllowAll', 'DenyAll', 'Allowlist', '']).nullish(),
	credentialPluginAllowlist: z.array(z.object({name: z.string().optional(), command: z.string().optional()})).nullish(),
});

/**
 * Decides whether a program may run.
 * @param command a bare name, or an absolute path.
 * @param lookUp returns the absolute path of a bare name in PATH.
 * @returns why it may not run; undefined when it may.
 */
export type PluginPolicy = (command: string, lookUp: (name: string) => string | undefined) => string | undefined;

const repairHint = 'Fix the kuberc, or set KUBERC=off.';

/**
 * Reads the policy of this user's kuberc. Without a kuberc, every program of a kubeconfig is allowed.
 * @throws AdapterError `denied` when the file exists and cannot be parsed: what it forbids is then unknown.
 */
export async function readPluginPolicy(
	env: Readonly<Record<string, string | undefined>>,
	home: string,
): Promise<PluginPolicy> {
	const allowed: PluginPolicy = () => undefined;
	const variable = env['KUBERC'] || undefined;
	if (variable === 'off') return allowed;
	const file = variable ?? join(home, '.kube', 'kuberc');
	const body = await readCredentialFile(file);
	if (body === undefined) {
		if (variable === undefined) return allowed;
		throw new AdapterError('denied', `${file}: there is no such file`, repairHint);
	}
	let value: unknown;
	try {
		value = parse(body, {logLevel: 'error'});
	} catch (error) {
		throw new AdapterError('denied', `${file} is not YAML`, repairHint, {cause: error});
	}
	const parsed = schema.safeParse(value ?? {});
	if (!parsed.success) {
		const what = `${file}: ${parsed.error.issues[0]?.path.join('.') ?? ''} is not what it has to be`;
		throw new AdapterError('denied', what, repairHint);
	}
	const {credentialPluginPolicy: policy, credentialPluginAllowlist: list} = parsed.data;
	if (policy === 'DenyAll') return command => `${file} forbids ${command}: its policy is DenyAll`;
	if (policy !== 'Allowlist') return allowed;
	const names = (list ?? []).flatMap(entry => entry.name ?? entry.command ?? []);
	return (command, lookUp) => {
		const path = isAbsolute(command) ? command : lookUp(command);
		// A bare name in the list means the program that PATH has under it.
		const listed = names.some(name =>
			isAbsolute(name) ? name === path : name === basename(command) && path !== undefined && lookUp(name) === path,
		);
		return listed ? undefined : `${file} does not list ${command} among the plugins that may run`;
	};
}
