import type {KubeObject} from './kube-object.ts';

/** One write, as watchers receive it. */
export type StoreChange = {
	readonly revision: number;
	readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
	readonly resource: string;
	/** Of a deletion: the last state, with the revision of the deletion. */
	readonly object: KubeObject;
	readonly previous: KubeObject | undefined;
};

/** The last writes of one resource, so that a watch can be resumed. */
export type ChangeHistory = {
	add(change: StoreChange): void;
	/** The changes after `revision`, oldest first; undefined when some of them were dropped. */
	since(revision: number): readonly StoreChange[] | undefined;
	/** The oldest revision from which the resource can still be watched. */
	oldest(): number;
	/** Drops all changes, up to this revision. */
	clear(revision: number): void;
};

/** Writes that are retained. */
const historyLength = 20_000;

/** @param forgotten the revision up to which nothing is known. */
export function createChangeHistory(forgotten: number): ChangeHistory {
	let changes: StoreChange[] = [];
	let oldest = forgotten;
	return {
		add(change) {
			changes.push(change);
			if (changes.length <= historyLength * 1.25) return;
			const dropped = changes.splice(0, changes.length - historyLength);
			oldest = dropped.at(-1)?.revision ?? oldest;
		},
		since(revision) {
			if (revision < oldest) return undefined;
			// Changes are in order, so the wanted ones are at the end: a watch misses few of many.
			let first = changes.length;
			while (first > 0 && (changes[first - 1]?.revision ?? 0) > revision) first -= 1;
			return changes.slice(first);
		},
		oldest: () => oldest,
		clear(revision) {
			changes = [];
			oldest = revision;
		},
	};
}
