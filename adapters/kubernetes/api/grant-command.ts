import {shellLine} from '../../../src/text/quote.ts';

/** The permission that the API server refused, in the terms of RBAC. */
export type DeniedAccess = {
	readonly verb: string;
	readonly group: string;
	/** The resource with its subresource: `pods/eviction`. */
	readonly resource: string;
	/** Empty: cluster-wide. */
	readonly namespace: string;
};

/** Reading needs all three verbs: granting one at a time leads to the next refusal. */
const verbsGrantedTogether: Readonly<Record<string, string>> = {
	get: 'get,list,watch',
	list: 'get,list,watch',
	watch: 'get,list,watch',
};

function subject(user: string): readonly string[] {
	const [system, kind, namespace, name] = user.split(':');
	if (system === 'system' && kind === 'serviceaccount') return [`--serviceaccount=${namespace}:${name}`];
	return [`--user=${user}`];
}

/** Returns the shell line with which an administrator grants this permission to `user`: it creates a role and its binding. A verb that reads grants get, list and watch. */
export function kubectlGrantCommand(user: string, {verb, group, resource, namespace}: DeniedAccess): string {
	const [resourceName = resource, subresource] = resource.split('/');
	const name = `midwatch-${[resourceName, subresource, verbsGrantedTogether[verb] === undefined ? verb : 'read'].filter(Boolean).join('-')}`;
	const qualifiedResource = `${resourceName}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
	const kubectl = namespace === '' ? ['kubectl'] : ['kubectl', '-n', namespace];
	const prefix = namespace === '' ? 'cluster' : '';
	const role = [
		...kubectl,
		'create',
		`${prefix}role`,
		name,
		`--verb=${verbsGrantedTogether[verb] ?? verb}`,
		`--resource=${qualifiedResource}`,
	];
	const binding = [...kubectl, 'create', `${prefix}rolebinding`, name, `--${prefix}role=${name}`, ...subject(user)];
	return `${shellLine(role)} && ${shellLine(binding)}`;
}

/** Matches the message of a 403 of the API server. */
const forbiddenMessage =
	/User "([^"]*)" cannot (\S+) resource "([^"]+)" in API group "([^"]*)" (?:at the cluster scope|in the namespace "([^"]+)")/;

/** Returns the grant command for the message of a 403; undefined when the message does not name the permission. */
export function grantCommandForRefusal(message: string): string | undefined {
	const found = forbiddenMessage.exec(message);
	if (found === null) return undefined;
	const [, user = '', verb = '', resource = '', group = '', namespace = ''] = found;
	return kubectlGrantCommand(user, {verb, group, resource, namespace});
}
