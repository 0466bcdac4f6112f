import type {Clock} from '../../../src/time/clock.ts';
import {ApiError, badRequest, tooOld} from '../objects/api-error.ts';
import type {StoreChange} from '../objects/change-history.ts';
import type {KubeObject} from '../objects/kube-object.ts';
import {createRepresentation, type Representation} from '../objects/representation.ts';
import {requestFilter} from '../objects/selectors.ts';
import type {ObjectStore} from '../objects/store.ts';
import type {ResponseWriter} from './reply.ts';
import type {ResourceRequest, ResourceResponse} from './resource-request.ts';

/** The real server sends them about once a minute, and one just before it ends the watch. */
const bookmarkEveryMs = 60_000;
/** It ends a watch after 30 to 60 minutes when the client names no time. */
const defaultTimeoutMs = 45 * 60_000;

type WatchContext = {
	readonly store: ObjectStore;
	readonly clock: Clock;
	readonly call: ResourceRequest;
	readonly form: Representation;
	readonly fits: (object: KubeObject) => boolean;
};

/**
 * A stream of changes (Kubernetes: API Concepts, "Efficient detection of changes"). A version that is no longer retained is reported by an event of
 * type ERROR with a Status 410, in an answer that is itself 200.
 */
export function handleWatch(store: ObjectStore, clock: Clock, call: ResourceRequest): ResourceResponse {
	const {query, type} = call;
	if (query.has('sendInitialEvents')) {
		// As of a server without the feature gate WatchList; clients then list first.
		throw new ApiError(
			422,
			'Invalid',
			'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
		);
	}
	const from = query.get('resourceVersion') ?? '';
	if (!/^\d*$/.test(from))
		throw badRequest(`Invalid value: "${from}": strconv.ParseUint: parsing "${from}": invalid syntax`);
	const form = createRepresentation(type, call.accept, query, clock.now);
	const watching = {store, clock, call, form, fits: requestFilter(type.key, withName(call))};
	return {contentType: 'application/json', stream: reply => watch(watching, reply)};
}

/** `GET .../pods/a?watch=1` is a watch of that one. */
function withName({query, name}: ResourceRequest): URLSearchParams {
	if (name === undefined) return query;
	const fields = [query.get('fieldSelector'), `metadata.name=${name}`].filter(Boolean).join(',');
	const narrowed = new URLSearchParams(query);
	narrowed.set('fieldSelector', fields);
	return narrowed;
}

function watch({store, clock, call, form, fits}: WatchContext, reply: ResponseWriter) {
	const {query, namespace, type} = call;
	const requestedRevision = Number(query.get('resourceVersion') ?? 0);
	let first = true;
	let sentRevision = requestedRevision;

	function send(event: string, object: KubeObject) {
		reply.write(form.event(event, object, first));
		first = false;
	}

	/** To a watch with a selector, an object that stops matching is deleted, and one that begins to match is new. */
	function pass({type: event, object, previous, revision}: StoreChange) {
		if (revision <= sentRevision) return;
		sentRevision = revision;
		if (namespace !== undefined && object.metadata.namespace !== namespace) return;
		const was = previous !== undefined && fits(previous);
		const is = event !== 'DELETED' && fits(object);
		if (is) return send(was ? 'MODIFIED' : 'ADDED', object);
		if (!was || previous === undefined) return;
		// The last state that did fit, at the version at which it stopped to.
		const {resourceVersion} = object.metadata;
		send('DELETED', event === 'DELETED' ? object : {...previous, metadata: {...previous.metadata, resourceVersion}});
	}

	if (requestedRevision === 0) {
		sentRevision = store.revision;
		for (const object of store.list(type.key, namespace)) if (fits(object)) send('ADDED', object);
	} else {
		const missed = store.since(type.key, requestedRevision);
		if (missed === undefined) {
			reply.write(
				`${JSON.stringify({type: 'ERROR', object: tooOld(requestedRevision, store.oldestWatchable(type.key)).status})}\n`,
			);
			return reply.end();
		}
		for (const change of missed) pass(change);
	}

	const stopListening = store.onChange(change => {
		if (change.resource === type.key) pass(change);
	});
	const bookmarks = query.get('allowWatchBookmarks') === 'true' || query.get('allowWatchBookmarks') === '1';
	function bookmark() {
		if (bookmarks && !reply.withoutBookmarks) reply.write(form.bookmark(Math.max(sentRevision, store.revision)));
	}
	let stopBookmarks = clock.after(bookmarkEveryMs, function again() {
		bookmark();
		stopBookmarks = clock.after(bookmarkEveryMs, again);
	});
	const seconds = Number(query.get('timeoutSeconds') ?? 0);
	const stopTimeout = clock.after(seconds > 0 ? seconds * 1000 : defaultTimeoutMs, () => {
		bookmark();
		stopListening();
		reply.end();
	});
	reply.onClose(() => {
		stopListening();
		stopBookmarks();
		stopTimeout();
	});
}
