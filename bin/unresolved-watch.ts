import type {AuditRecord} from '../src/audit/audit-record.ts';
import {createOpenIntentReader} from '../src/audit/open-intents.ts';
import {findUnresolvedIntents, type UnresolvedIntent} from '../src/audit/unresolved-intents.ts';
import {createStore, type Store} from '../src/watch/store.ts';

export type UnresolvedWatchOptions = {
	readonly auditDir: string;
	/** The sessions of the other consoles: an intent of theirs may still be in progress. */
	readonly otherSessions: () => ReadonlySet<string>;
	/** Ids of the intents of the actions that this console is carrying out: their outcomes are still to come. */
	readonly inProgressIds: () => ReadonlySet<string>;
	/**
	 * Reads the target and returns in a sentence what became of the action, or why it could not be read; undefined when the record does not hold
	 * enough to find out. Never rejects.
	 */
	readonly recheck: (intent: UnresolvedIntent) => Promise<string | undefined>;
};

/** The unresolved intents of the audit log, each with what was last observed of it. */
export type UnresolvedWatch = {
	readonly unresolved: Store<readonly UnresolvedIntent[]>;
	/** Reads the audit log again. Never rejects. */
	refresh(): Promise<void>;
	/** Rechecks the unresolved intents of a target that has begun to answer, and from then on each new one at `refresh`. */
	targetAnswered(target: string): void;
	/** Nothing is published after this. */
	close(): void;
};

export function createUnresolvedWatch(options: UnresolvedWatchOptions): UnresolvedWatch {
	const {auditDir, otherSessions, inProgressIds, recheck} = options;
	const unresolved = createStore<readonly UnresolvedIntent[]>([]);
	const reader = createOpenIntentReader(auditDir);
	/** The last observation of each intent, by its id. */
	const observations = new Map<string, string>();
	const answeredBefore = new Set<string>();
	let records: readonly AuditRecord[] = [];
	let closed = false;

	function publish(): void {
		const inProgress = inProgressIds();
		const next = findUnresolvedIntents(records, otherSessions())
			.filter(({id}) => !inProgress.has(id))
			.map(intent => {
				const lastObservation = observations.get(intent.id);
				return lastObservation === undefined ? intent : {...intent, lastObservation};
			});
		if (JSON.stringify(next) !== JSON.stringify(unresolved.get())) unresolved.set(next);
	}

	function recheckAll(intents: readonly UnresolvedIntent[]): void {
		for (const intent of intents) {
			void recheck(intent).then(observation => {
				if (closed || observation === undefined) return;
				observations.set(intent.id, observation);
				publish();
			});
		}
	}

	return {
		unresolved,
		async refresh() {
			try {
				records = await reader.read();
			} catch {
				// The next append to the log fails too, and reports the error with what to do.
				return;
			}
			if (closed) return;
			const before = new Set(unresolved.get().map(({id}) => id));
			publish();
			recheckAll(unresolved.get().filter(({id, target}) => !before.has(id) && answeredBefore.has(target)));
		},
		targetAnswered(target) {
			answeredBefore.add(target);
			recheckAll(unresolved.get().filter(intent => intent.target === target));
		},
		close() {
			closed = true;
		},
	};
}
