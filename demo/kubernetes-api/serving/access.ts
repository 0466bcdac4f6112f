/** The authenticated user of a request. */
export type User = {readonly name: string; readonly uid: string; readonly groups: readonly string[]};

/** A rule as in a Role; an absent property allows all. */
export type AccessRule = {
	readonly verbs: readonly string[];
	readonly groups: readonly string[];
	/** `pods`, `pods/log`, `*`. */
	readonly resources: readonly string[];
	readonly namespaces?: readonly string[];
	readonly names?: readonly string[];
};

/** One request to authorize. */
export type Attributes = {
	readonly verb: string;
	readonly group: string;
	readonly resource: string;
	readonly subresource?: string | undefined;
	readonly namespace?: string | undefined;
	readonly name?: string | undefined;
};

export const demoLogins = ['admin', 'operator', 'viewer', 'team', 'noreview', 'bare'] as const;
export type DemoLogin = (typeof demoLogins)[number];

/** The tokens with their users, and what each user may do. Plays the part of a token webhook and RBAC. */
export type Access = {
	/** Creates a token for this login. Older ones stay valid. */
	issue(login: DemoLogin): string;
	/** The user of a token; undefined when the token is unknown or expired. */
	userOf(token: string): User | undefined;
	/** The user of this name; one without any rights where no login has it. */
	named(name: string, groups: readonly string[]): User;
	/** This token is refused from now on. */
	expire(token: string): void;
	/** Replaces the rules of a login. */
	grant(login: DemoLogin, rules: readonly AccessRule[]): void;
	rulesOf(user: User): readonly AccessRule[];
	allows(user: User, attributes: Attributes): boolean;
};

const read = ['get', 'list', 'watch'];
const any = ['*'];
/** Every authenticated user may review its own access: the cluster role system:basic-user. */
const reviews: AccessRule = {
	verbs: ['create'],
	groups: ['authorization.k8s.io', 'authentication.k8s.io'],
	resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'selfsubjectreviews'],
};
const viewed: readonly AccessRule[] = [
	{
		verbs: read,
		groups: [''],
		resources: [
			'pods',
			'pods/log',
			'pods/status',
			'nodes',
			'namespaces',
			'services',
			'endpoints',
			'configmaps',
			'events',
			'serviceaccounts',
			'resourcequotas',
			'limitranges',
			'persistentvolumeclaims',
			'replicationcontrollers',
		],
	},
	{
		verbs: read,
		groups: [
			'apps',
			'batch',
			'autoscaling',
			'policy',
			'metrics.k8s.io',
			'apiregistration.k8s.io',
			'coordination.k8s.io',
		],
		resources: any,
	},
];
const acted: readonly AccessRule[] = [
	{verbs: ['create'], groups: [''], resources: ['pods/eviction']},
	{verbs: ['delete'], groups: [''], resources: ['pods']},
	{
		verbs: ['patch', 'update'],
		groups: ['apps'],
		resources: [
			'deployments',
			'deployments/scale',
			'statefulsets',
			'statefulsets/scale',
			'daemonsets',
			'replicasets/scale',
		],
	},
	{verbs: ['patch'], groups: ['autoscaling'], resources: ['horizontalpodautoscalers']},
	{verbs: ['patch'], groups: [''], resources: ['nodes']},
	{verbs: ['get', 'create', 'delete'], groups: [''], resources: ['services/proxy']},
];

/** `team` may do what an operator may, in one namespace only, and cannot list the others. */
export const teamNamespace = 'checkout';

const initial: Readonly<Record<DemoLogin, readonly AccessRule[]>> = {
	admin: [{verbs: any, groups: any, resources: any}],
	operator: [reviews, ...viewed, ...acted],
	viewer: [reviews, ...viewed],
	team: [reviews, ...[...viewed, ...acted].map(rule => ({...rule, namespaces: [teamNamespace]}))],
	noreview: viewed,
	bare: [reviews],
};

const covers = (allowed: readonly string[], wanted: string) => allowed.includes('*') || allowed.includes(wanted);

/** Whether one rule allows the request. */
function allowsBy(rule: AccessRule, wanted: Attributes): boolean {
	const resource = wanted.subresource === undefined ? wanted.resource : `${wanted.resource}/${wanted.subresource}`;
	return (
		covers(rule.verbs, wanted.verb) &&
		covers(rule.groups, wanted.group) &&
		(covers(rule.resources, resource) ||
			(wanted.subresource !== undefined && rule.resources.includes(`*/${wanted.subresource}`))) &&
		(rule.namespaces === undefined || (wanted.namespace !== undefined && rule.namespaces.includes(wanted.namespace))) &&
		(rule.names === undefined || (wanted.name !== undefined && rule.names.includes(wanted.name)))
	);
}

export function createAccess(): Access {
	const tokens = new Map<string, DemoLogin>();
	const rules = new Map<string, readonly AccessRule[]>(Object.entries(initial));
	let issued = 0;

	const userNamed = (name: string, groups: readonly string[] = []): User => ({
		name,
		uid: `uid-${name}`,
		groups: [...groups, 'system:authenticated'],
	});
	const rulesOf = ({name, groups}: User): readonly AccessRule[] =>
		groups.includes('system:masters') ? initial.admin : (rules.get(name) ?? [reviews]);

	return {
		issue(login) {
			issued += 1;
			const token = `demo-${login}-${issued}`;
			tokens.set(token, login);
			return token;
		},
		userOf(token) {
			const login = tokens.get(token);
			return login === undefined ? undefined : userNamed(login);
		},
		named: userNamed,
		expire: token => void tokens.delete(token),
		grant: (login, granted) => void rules.set(login, granted),
		rulesOf,
		allows: (user, attributes) => rulesOf(user).some(rule => allowsBy(rule, attributes)),
	};
}
