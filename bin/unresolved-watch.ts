import type {AuditRecord} from '../src/audit/audit-record.ts';
import {createOpenIntentReader} from '../src/audit/open-intents.ts';
import {findUnresolvedIntents, type UnresolvedIntent} from '../src/audit/unresolved-intents.ts';
import {createStore, type Store} from '../src/watch/store.ts';

export type UnresolvedWatchOptions = {
	readonly auditDir: string;
	/** The sessions of the other consoles: an intent of theirs may still be in progress. */
	readonly otherSessions: () => ReadonlySet<string>;
	/** The intents of the remedies in progress in this console: their outcomes are still to come. */
	readonly inProgressIds: () => ReadonlySet<string>;
	/** Reads the target and returns in a sentence what became of the intent; undefined when it cannot be read. Never rejects. */
	readonly recheck: (intent: UnresolvedIntent) => Promise<string | undefined>;
};

/** The unresolved intents of the audit log, each with what was last observed of it. */
export type UnresolvedWatch = {
	readonly unresolved: Store<readonly UnresolvedIntent[]>;
	/** Reads the audit log again. Never rejects. */
	refresh(): Promise<void>;
	/** Rechecks the unresolved intents of a target that answers now. */
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
	const answering = new Set<string>();
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
			recheckAll(unresolved.get().filter(({id, target}) => !before.has(id) && answering.has(target)));
		},
		targetAnswered(target) {
			answering.add(target);
			recheckAll(unresolved.get().filter(intent => intent.target === target));
		},
		close() {
			closed = true;
		},
	};
}
