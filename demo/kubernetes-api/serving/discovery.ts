import type {JsonObject} from '../objects/kube-object.ts';
import {apiVersionOf, type ResourceType, resourceTypes} from '../objects/resources.ts';

const unique = (values: readonly string[]): readonly string[] => [...new Set(values)];

/** `hidden`: groups that are not installed, as metrics.k8s.io is not without a metrics server. */
const served = (hidden: ReadonlySet<string>): readonly ResourceType[] =>
	resourceTypes.filter(({group}) => !hidden.has(group));

/** `/api` */
export const coreVersions = (address: string): JsonObject => ({
	kind: 'APIVersions',
	versions: ['v1'],
	serverAddressByClientCIDRs: [{clientCIDR: '0.0.0.0/0', serverAddress: address}],
});

function group(name: string): JsonObject {
	const versions = unique(resourceTypes.filter(type => type.group === name).map(({version}) => version)).map(
		version => ({groupVersion: `${name}/${version}`, version}),
	);
	return {name, versions, preferredVersion: versions[0]};
}

/** `/apis` */
export const groupList = (hidden: ReadonlySet<string>): JsonObject => ({
	kind: 'APIGroupList',
	apiVersion: 'v1',
	groups: unique(served(hidden).map(type => type.group))
		.filter(name => name !== '')
		.map(group),
});

/** `/apis/apps`; undefined when there is no such group. */
export const groupNamed = (name: string, hidden: ReadonlySet<string>): JsonObject | undefined =>
	name !== '' && served(hidden).some(type => type.group === name)
		? {kind: 'APIGroup', apiVersion: 'v1', ...group(name)}
		: undefined;

/** `/api/v1`, `/apis/apps/v1`; undefined when there is no such version. */
export function resourceList(name: string, version: string, hidden: ReadonlySet<string>): JsonObject | undefined {
	const types = served(hidden).filter(type => type.group === name && type.version === version);
	const [first] = types;
	if (first === undefined) return undefined;
	return {
		kind: 'APIResourceList',
		apiVersion: 'v1',
		groupVersion: apiVersionOf(first),
		resources: types.flatMap(type => [
			{
				name: type.plural,
				singularName: type.singular,
				namespaced: type.namespaced,
				kind: type.kind,
				verbs: type.verbs,
				...(type.shortNames.length === 0 ? {} : {shortNames: type.shortNames}),
				...(type.categories.length === 0 ? {} : {categories: type.categories}),
			},
			...type.subresources.map(sub => ({
				name: `${type.plural}/${sub.name}`,
				singularName: '',
				namespaced: type.namespaced,
				...(sub.group === undefined ? {} : {group: sub.group}),
				...(sub.version === undefined ? {} : {version: sub.version}),
				kind: sub.kind,
				verbs: sub.verbs,
			})),
		]),
	};
}

/** The response of `/version`. */
export const serverVersion = {
	major: '1',
	minor: '34',
	gitVersion: 'v1.34.2',
	gitCommit: '0000000000000000000000000000000000000000',
	gitTreeState: 'clean',
	buildDate: '2026-01-14T00:00:00Z',
	goVersion: 'go1.25.1',
	compiler: 'gc',
	platform: 'linux/amd64',
} as const;
