import {basename, isAbsolute, join} from 'node:path';
import {parse} from 'yaml';
import {z} from 'zod';
import {AdapterError} from '../../errors.ts';
import {readCredentialFile} from '../credential-file.ts';

/*
 * What kubectl's own preferences say of the programs that a kubeconfig may run.
 * https://kubernetes.io/docs/reference/kubectl/kuberc/#credential-plugin-policy
 */

const schema = z.object({
	credentialPluginPolicy: z.enum(['AllowAll', 'DenyAll', 'Allowlist', '']).nullish(),
	credentialPluginAllowlist: z.array(z.object({name: z.string().optional(), command: z.string().optional()})).nullish(),
});

/**
 * @param command as it is run: a bare name, or an absolute path.
 * @param lookUp the absolute path that a bare name has in PATH.
 * @returns the sentence that says why it may not run, or undefined.
 */
export type PluginPolicy = (command: string, lookUp: (name: string) => string | undefined) => string | undefined;

const repairHint = 'Mend the kuberc, or set KUBERC=off.';

/**
 * The policy of this user's kuberc; without one, whatever a kubeconfig names may run.
 * @throws AdapterError `denied` when the file is there and cannot be understood: then nobody knows what is forbidden.
 */
export async function readPluginPolicy(
	env: Readonly<Record<string, string | undefined>>,
	home: string,
): Promise<PluginPolicy> {
	const allowed: PluginPolicy = () => undefined;
	const given = env['KUBERC'] || undefined;
	if (given === 'off') return allowed;
	const file = given ?? join(home, '.kube', 'kuberc');
	const body = await readCredentialFile(file);
	if (body === undefined) {
		if (given === undefined) return allowed;
		throw new AdapterError('denied', `${file}: there is no such file`, repairHint);
	}
	let value: unknown;
	try {
		value = parse(body, {logLevel: 'error'});
	} catch (error) {
		throw new AdapterError('denied', `${file} is not YAML`, repairHint, {cause: error});
	}
	const found = schema.safeParse(value ?? {});
	if (!found.success) {
		const what = `${file}: ${found.error.issues[0]?.path.join('.') ?? ''} is not what it has to be`;
		throw new AdapterError('denied', what, repairHint);
	}
	const {credentialPluginPolicy: policy, credentialPluginAllowlist: list} = found.data;
	if (policy === 'DenyAll') return command => `${file} forbids ${command}: its policy is DenyAll`;
	if (policy !== 'Allowlist') return allowed;
	const names = (list ?? []).flatMap(entry => entry.name ?? entry.command ?? []);
	return (command, lookUp) => {
		const path = isAbsolute(command) ? command : lookUp(command);
		// A bare name in the list stands for the one program that PATH finds for it.
		const listed = names.some(name =>
			isAbsolute(name) ? name === path : name === basename(command) && path !== undefined && lookUp(name) === path,
		);
		return listed ? undefined : `${file} does not list ${command} among the plugins that may run`;
	};
}
