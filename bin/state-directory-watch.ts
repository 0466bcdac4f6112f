import type {Audit} from '../src/audit/audit-log.ts';
import type {Actor, AuditRecord} from '../src/audit/audit-record.ts';
import {createOpenIntentReader} from '../src/audit/open-intents.ts';
import {createPresence, type OtherConsole, type Presence} from '../src/audit/presence.ts';
import {findUnresolvedIntents, type UnresolvedIntent} from '../src/audit/unresolved-intents.ts';
import type {ObjectLocks} from '../src/remedy/object-lock.ts';
import {renewMs} from '../src/state/lease-monitor.ts';
import type {Clock} from '../src/time/clock.ts';
import {createStore, type Store} from '../src/watch/store.ts';

/** What a console learns from its state directory: who else is there, and what was begun and has no known end. Nobody and nothing at first. */
export type StateDirectoryWatch = Presence & {
	readonly unresolved: Store<readonly UnresolvedIntent[]>;
	/** Puts up this console's sign and begins to look. It reads files, so the first frame is better drawn before. */
	start(): void;
	/** The target answers, for the first time or again: what is not known of it is looked at. */
	targetAnswered(target: string): void;
};

export function createStateDirectoryWatch(options: {
	readonly stateDir: string;
	readonly audit: Audit;
	readonly clock: Clock;
	readonly actor: Actor;
	readonly locks: Pick<ObjectLocks, 'refresh'>;
	/** The records of the remedies that are under way here, whose ends are not unknown but to come. */
	readonly underWay: () => ReadonlySet<string>;
	/** What is seen now of something whose end is not known, in a sentence; undefined when it cannot be looked at. Never rejects. */
	readonly lookAgain: (open: UnresolvedIntent) => Promise<string | undefined>;
}): StateDirectoryWatch {
	const {stateDir, audit, clock, actor, locks, underWay, lookAgain} = options;
	const others = createStore<readonly OtherConsole[]>([]);
	const open = createStore<readonly UnresolvedIntent[]>([]);
	const intents = createOpenIntentReader(audit.dir);
	/** By the id of the intent. */
	const seen = new Map<string, string>();
	const answering = new Set<string>();
	let records: readonly AuditRecord[] = [];
	let entered: Promise<Presence> | undefined;
	let stop = () => {};
	let closed = false;

	function list(): void {
		const elsewhere = new Set(others.get().map(other => other.session));
		const mine = underWay();
		const found = findUnresolvedIntents(records, elsewhere)
			.filter(one => !mine.has(one.id))
			.map(one => {
				const now = seen.get(one.id);
				return now === undefined ? one : {...one, lastObservation: now};
			});
		if (JSON.stringify(found) !== JSON.stringify(open.get())) open.set(found);
	}

	function lookAt(which: readonly UnresolvedIntent[]): void {
		for (const one of which) {
			void lookAgain(one).then(now => {
				if (closed || now === undefined) return;
				seen.set(one.id, now);
				list();
			});
		}
	}

	async function readRecords(): Promise<void> {
		try {
			records = await intents.read();
		} catch {
			// The first record that cannot be written says it, with what to do.
			return;
		}
		if (closed) return;
		const before = new Set(open.get().map(one => one.id));
		list();
		lookAt(open.get().filter(one => !before.has(one.id) && answering.has(one.target)));
	}

	async function enter(): Promise<Presence> {
		const presence = await createPresence({stateDir, session: audit.session, clock, actor});
		if (closed) return presence;
		const share = () => {
			others.set(presence.others.get());
			void readRecords();
		};
		const stops = [audit.last.subscribe(() => void readRecords()), presence.others.subscribe(share)];
		// Also what other consoles write, and the locks of those that were killed.
		let callOff = () => {};
		const again = () => {
			callOff = clock.after(renewMs, () => {
				void Promise.all([readRecords(), locks.refresh()]).then(() => {
					if (!closed) again();
				});
			});
		};
		stop = () => {
			for (const each of stops) each();
			callOff();
		};
		others.set(presence.others.get());
		await Promise.all([readRecords(), locks.refresh()]);
		if (!closed) again();
		return presence;
	}

	return {
		others,
		unresolved: open,
		start() {
			entered ??= enter();
		},
		targetAnswered(target) {
			answering.add(target);
			lookAt(open.get().filter(one => one.target === target));
		},
		async close() {
			closed = true;
			stop();
			await (await entered)?.close();
		},
	};
}
