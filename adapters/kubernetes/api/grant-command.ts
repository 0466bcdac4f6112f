import {shellLine} from '../../../src/text/quote.ts';

/** What RBAC was asked, in its own words. */
export type DeniedAccess = {
	readonly verb: string;
	readonly group: string;
	/** With its subresource: `pods/eviction`. */
	readonly resource: string;
	/** Empty: in the whole cluster. */
	readonly namespace: string;
};

/** Who reads also watches: granting one verb at a time leads to the next refusal. */
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

/** The line an administrator runs so that `user` may do it: a role and its binding. */
export function kubectlGrantCommand(user: string, {verb, group, resource, namespace}: DeniedAccess): string {
	const [plain = resource, sub] = resource.split('/');
	const name = `midwatch-${[plain, sub, verbsGrantedTogether[verb] === undefined ? verb : 'read'].filter(Boolean).join('-')}`;
	const full = `${plain}${group === '' ? '' : `.${group}`}${sub === undefined ? '' : `/${sub}`}`;
	const kubectl = namespace === '' ? ['kubectl'] : ['kubectl', '-n', namespace];
	const prefix = namespace === '' ? 'cluster' : '';
	const role = [
		...kubectl,
		'create',
		`${prefix}role`,
		name,
		`--verb=${verbsGrantedTogether[verb] ?? verb}`,
		`--resource=${full}`,
	];
	const binding = [...kubectl, 'create', `${prefix}rolebinding`, name, `--${prefix}role=${name}`, ...subject(user)];
	return `${shellLine(role)} && ${shellLine(binding)}`;
}

/** The API server's own sentence of a refusal, taken apart. */
const sentence =
	/User "([^"]*)" cannot (\S+) resource "([^"]+)" in API group "([^"]*)" (?:at the cluster scope|in the namespace "([^"]+)")/;

/** The grant that a refusal asks for, when it says which. */
export function grantCommandForRefusal(message: string): string | undefined {
	const found = sentence.exec(message);
	if (found === null) return undefined;
	const [, user = '', verb = '', resource = '', group = '', namespace = ''] = found;
	return kubectlGrantCommand(user, {verb, group, resource, namespace});
}
