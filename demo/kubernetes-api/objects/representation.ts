import {ApiError} from './api-error.ts';
import type {JsonObject, KubeObject} from './kube-object.ts';
import {apiVersionOf, type ResourceType} from './resources.ts';
import {buildTable, type Include, partialMetadata} from './table.ts';
import {toRequestedVersion} from './version-conversion.ts';

/** How objects are encoded for one client, by its Accept header. */
export type Representation = {
	object(object: KubeObject): string;
	list(objects: readonly KubeObject[], metadata: JsonObject): string;
	/** The text of a watch event. `first`: it is the first of its watch. */
	event(type: string, object: KubeObject, first: boolean): string;
	bookmark(revision: number): string;
};

type Form = 'object' | 'table' | 'metadata';

/** The first accepted form that this server supports. @throws ApiError 406 when there is none. */
export function acceptedForm(accept: string): Form {
	for (const offered of accept.split(',')) {
		const [media = '', ...parameters] = offered.split(';').map(part => part.trim());
		const named = (name: string) => parameters.find(part => part.startsWith(`${name}=`))?.slice(name.length + 1);
		if (!['application/json', 'application/*', '*/*', ''].includes(media)) continue;
		const as = named('as');
		if (as === undefined) return 'object';
		if (named('g') !== 'meta.k8s.io' || !['v1', 'v1beta1'].includes(named('v') ?? '')) continue;
		if (as === 'Table') return 'table';
		if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return 'metadata';
	}
	throw new ApiError(406, 'NotAcceptable', 'only the following media types are accepted: application/json');
}

/** An object is sent many times and changed rarely: its text is cached as long as the object lives. */
const texts = new WeakMap<KubeObject, string>();

/** The JSON of an object without its braces, kind and apiVersion: items of a list have no kind and apiVersion, single objects do. */
function objectText(object: KubeObject): string {
	const known = texts.get(object);
	if (known !== undefined) return known;
	const {apiVersion: _, kind: __, ...rest} = object;
	const text = JSON.stringify(rest).slice(1, -1);
	texts.set(object, text);
	return text;
}

const fullObjectText = (object: KubeObject): string =>
	`{"kind":"${object.kind}","apiVersion":"${object.apiVersion}",${objectText(object)}}`;

export function createRepresentation(
	type: ResourceType,
	accept: string,
	query: URLSearchParams,
	now: () => number,
): Representation {
	const form = acceptedForm(accept);
	const converted = (object: KubeObject) => toRequestedVersion(type, object);
	const apiVersion = apiVersionOf(type);
	const include = (query.get('includeObject') ?? 'Metadata') as Include;
	const asTable = (objects: readonly KubeObject[], metadata: JsonObject, columns = true) =>
		buildTable(type.key, objects, {now: now(), include, columns, metadata});
	const empty = (revision: number): KubeObject => ({
		kind: type.kind,
		apiVersion,
		metadata: {resourceVersion: String(revision), creationTimestamp: null} as unknown as KubeObject['metadata'],
	});
	const wrapped = (event: string, object: unknown) => `${JSON.stringify({type: event, object})}\n`;

	if (form === 'table') {
		return {
			object: object => JSON.stringify(asTable([object], {resourceVersion: object.metadata.resourceVersion})),
			list: (objects, metadata) => JSON.stringify(asTable(objects, metadata)),
			event: (event, object, first) =>
				wrapped(event, asTable([object], {resourceVersion: object.metadata.resourceVersion}, first)),
			bookmark: revision => wrapped('BOOKMARK', asTable([], {resourceVersion: String(revision)}, false)),
		};
	}
	if (form === 'metadata') {
		return {
			object: object => JSON.stringify(partialMetadata(object)),
			list: (objects, metadata) =>
				JSON.stringify({
					kind: 'PartialObjectMetadataList',
					apiVersion: 'meta.k8s.io/v1',
					metadata,
					items: objects.map(object => ({metadata: object.metadata})),
				}),
			event: (event, object) => wrapped(event, partialMetadata(object)),
			bookmark: revision => wrapped('BOOKMARK', partialMetadata(empty(revision))),
		};
	}
	return {
		object: object => fullObjectText(converted(object)),
		list: (objects, metadata) =>
			`{"kind":"${type.kind}List","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[${objects
				.map(object => `{${objectText(converted(object))}}`)
				.join(',')}]}`,
		event: (event, object) => `{"type":"${event}","object":${fullObjectText(converted(object))}}\n`,
		bookmark: revision => wrapped('BOOKMARK', empty(revision)),
	};
}
