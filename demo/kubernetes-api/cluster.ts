import type {Clock} from '../../src/time/clock.ts';
import type {KubeEvent} from './objects/kinds.ts';
import {type KubeObject, type ObjectMeta, timestamp} from './objects/kube-object.ts';
import {createObjectStore, type ObjectStore} from './objects/store.ts';
import {type Access, createAccess} from './serving/access.ts';

/** What all parts of the simulated cluster share. */
export type FakeCluster = {
	readonly store: ObjectStore;
	readonly clock: Clock;
	readonly access: Access;
	/** Whether the metrics API is available, not installed, or installed and failing. */
	metrics: 'served' | 'absent' | 'failing';
	/** The current time as the API writes it. */
	time(): string;
	/** Metadata of a new object. Without a resourceVersion, which the store gives. */
	newMetadata(name: string, more?: Partial<ObjectMeta>): ObjectMeta;
	/** Records an Event about an object, as controllers do. A repeated event increments its count. */
	recordEvent(about: KubeObject, event: EventDetails): void;
};

export type EventDetails = {
	readonly reason: string;
	readonly message: string;
	readonly type?: 'Normal' | 'Warning';
	readonly component: string;
	readonly host?: string;
	readonly fieldPath?: string;
};

/** Events expire after an hour, the default of the real server. */
const eventLifeMs = 3_600_000;

/** `fixed` returns the same number, 0 <= n < 1, for the same key, so that the same scenario has the same uids. */
export function createFakeCluster(clock: Clock, fixed: (key: string) => number): FakeCluster {
	const store = createObjectStore();
	const time = () => timestamp(clock.now());
	let named = 0;
	let made = 0;

	/** A version 4 UUID by its form. */
	function uid(): string {
		made += 1;
		const hex = [0, 1, 2, 3]
			.map(part =>
				Math.floor(fixed(`uid ${made} ${part}`) * 2 ** 32)
					.toString(16)
					.padStart(8, '0'),
			)
			.join('');
		const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20)];
		return parts.join('-');
	}

	const meta = (name: string, more: Partial<ObjectMeta> = {}): ObjectMeta => ({
		name,
		uid: uid(),
		resourceVersion: '',
		creationTimestamp: time(),
		...more,
	});

	/** The events of each object, to find a repeated one without a search. */
	const known = new Map<string, {readonly namespace: string; readonly name: string}>();

	function record(about: KubeObject, {reason, message, type = 'Normal', component, host, fieldPath}: EventDetails) {
		const {name, uid, resourceVersion} = about.metadata;
		const namespace = about.metadata.namespace ?? 'default';
		const same = [uid, reason, message, type, component, fieldPath ?? ''].join('\n');
		const at = known.get(same);
		const before = at && store.get<KubeEvent>('events', at.namespace, at.name);
		if (before !== undefined) {
			store.put('events', {...before, count: before.count + 1, lastTimestamp: time()});
			return;
		}
		named += 1;
		const event: KubeEvent = {
			apiVersion: 'v1',
			kind: 'Event',
			metadata: meta(`${name}.${(clock.now() * 1000 + named).toString(16)}`, {namespace}),
			involvedObject: {
				kind: about.kind,
				...(about.metadata.namespace === undefined ? {} : {namespace: about.metadata.namespace}),
				name,
				uid,
				apiVersion: about.apiVersion,
				resourceVersion,
				...(fieldPath === undefined ? {} : {fieldPath}),
			},
			reason,
			message,
			source: {component, ...(host === undefined ? {} : {host})},
			firstTimestamp: time(),
			lastTimestamp: time(),
			count: 1,
			type,
		};
		store.put('events', event);
		known.set(same, {namespace, name: event.metadata.name});
		clock.after(eventLifeMs, function expire() {
			known.delete(same);
			store.remove('events', namespace, event.metadata.name);
		});
	}

	return {store, clock, access: createAccess(), metrics: 'served', time, newMetadata: meta, recordEvent: record};
}
