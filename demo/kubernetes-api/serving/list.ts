import {badRequest, continueTooOld, notFound, tooNew} from '../objects/api-error.ts';
import type {KubeObject} from '../objects/kube-object.ts';
import {createRepresentation} from '../objects/representation.ts';
import {requestFilter} from '../objects/selectors.ts';
import type {ObjectStore} from '../objects/store.ts';
import type {ResourceRequest, ResourceResponse} from './resource-request.ts';

/** Where a list continues: its version, and the last name that was sent. */
type Continue = {readonly rv: number; readonly after: string};

const encode = (token: Continue): string => Buffer.from(JSON.stringify(token)).toString('base64url');

function decode(text: string): Continue {
	try {
		const {rv, after} = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Partial<Continue>;
		if (typeof rv === 'number' && typeof after === 'string') return {rv, after};
	} catch {
		// Answered below.
	}
	throw badRequest('continue key is not valid: illegal base64 data');
}

const keyOf = ({metadata}: KubeObject) => `${metadata.namespace ?? ''}/${metadata.name}`;

/** Lists of earlier versions whose next pages are likely to be requested. */
const pastLists = new WeakMap<ObjectStore, Map<string, readonly KubeObject[]>>();
const maxPastLists = 4;

/** The objects as they were at a revision, in order; undefined when that is no longer retained. */
function objectsAtRevision(store: ObjectStore, resource: string, namespace: string | undefined, revision: number) {
	const changes = store.since(resource, revision);
	if (changes === undefined) return undefined;
	if (changes.length === 0) return store.list(resource, namespace);
	const past = pastLists.get(store) ?? new Map<string, readonly KubeObject[]>();
	pastLists.set(store, past);
	const key = `${resource} ${namespace ?? ''} ${revision}`;
	const known = past.get(key);
	if (known !== undefined) return known;
	const objects = new Map(store.list(resource, namespace).map(object => [keyOf(object), object]));
	for (const {object, previous} of changes.toReversed()) {
		if (namespace !== undefined && object.metadata.namespace !== namespace) continue;
		if (previous === undefined) objects.delete(keyOf(object));
		else objects.set(keyOf(object), previous);
	}
	const found = [...objects].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
	past.set(key, found);
	const [oldest] = past.keys();
	if (past.size > maxPastLists && oldest !== undefined) past.delete(oldest);
	return found;
}

export type ListPage = {
	readonly objects: readonly KubeObject[];
	readonly revision: number;
	readonly next: string | undefined;
	readonly remaining: number | undefined;
};

/**
 * One page, all pages of one list being of the same version (Kubernetes: API Concepts, "Retrieving large results sets in chunks").
 * @throws ApiError 410 when that version is no longer retained, 504 when it is in the future.
 */
export function listPage(store: ObjectStore, call: Pick<ResourceRequest, 'type' | 'namespace' | 'query'>): ListPage {
	const {type, namespace, query} = call;
	const limit = Number(query.get('limit') ?? 0);
	if (!Number.isInteger(limit) || limit < 0) throw badRequest(`invalid limit: ${query.get('limit')}`);
	const token = query.get('continue') ?? '';
	const from = token === '' ? undefined : decode(token);
	const requested = Number(query.get('resourceVersion') ?? 0);
	if (!Number.isInteger(requested) || requested < 0)
		throw badRequest(`Invalid value: "${query.get('resourceVersion')}"`);
	if (from !== undefined && requested !== 0)
		throw badRequest('specifying resource version is not allowed when using continue');
	if (requested > store.revision) throw tooNew(requested, store.revision);
	const match = query.get('resourceVersionMatch');
	if (match !== null && requested === 0 && match === 'Exact') {
		throw badRequest('resourceVersionMatch "Exact" is forbidden for resourceVersion "0"');
	}
	const exact = match === 'Exact' || (match === null && limit > 0 && requested > 0);
	const revision = from?.rv ?? (exact ? requested : store.revision);
	const objects = objectsAtRevision(store, type.key, namespace, revision);
	if (objects === undefined) throw continueTooOld();
	const selected = query.has('labelSelector') || query.has('fieldSelector');
	const fits = requestFilter(type.key, query);
	const wanted = selected ? objects.filter(fits) : objects;
	const start = from === undefined ? 0 : firstAfter(wanted, from.after);
	if (limit === 0) return {objects: wanted.slice(start), revision, next: undefined, remaining: undefined};
	const shown = wanted.slice(start, start + limit);
	const left = wanted.length - start - shown.length;
	const last = shown.at(-1);
	if (left <= 0 || last === undefined) return {objects: shown, revision, next: undefined, remaining: undefined};
	// With a selector the real server does not know how many more there are, and does not say.
	return {
		objects: shown,
		revision,
		next: encode({rv: revision, after: keyOf(last)}),
		remaining: selected ? undefined : left,
	};
}

function firstAfter(objects: readonly KubeObject[], after: string): number {
	const index = objects.findIndex(object => keyOf(object) > after);
	return index < 0 ? objects.length : index;
}

export function handleList(store: ObjectStore, call: ResourceRequest, now: () => number): ResourceResponse {
	const form = createRepresentation(call.type, call.accept, call.query, now);
	const {objects, revision, next, remaining} = listPage(store, call);
	const metadata = {
		resourceVersion: String(revision),
		...(next === undefined ? {} : {continue: next}),
		...(remaining === undefined ? {} : {remainingItemCount: remaining}),
	};
	return {code: 200, text: form.list(objects, metadata)};
}

export function handleGet(store: ObjectStore, call: ResourceRequest, now: () => number): ResourceResponse {
	const form = createRepresentation(call.type, call.accept, call.query, now);
	const {type, namespace, name = ''} = call;
	const object = store.get(type.key, namespace, name);
	if (object === undefined) throw notFound({resource: type.key, name});
	return {code: 200, text: form.object(object)};
}
