import type {Audit} from '../src/audit/audit-log.ts';
import type {Actor} from '../src/audit/audit-record.ts';
import {createPresence, type OtherConsole, type Presence} from '../src/audit/presence.ts';
import type {ObjectLocks} from '../src/remedy/object-lock.ts';
import {renewMs} from '../src/state/lease-monitor.ts';
import type {Clock} from '../src/time/clock.ts';
import {createStore} from '../src/watch/store.ts';
import {createUnresolvedWatch, type UnresolvedWatch, type UnresolvedWatchOptions} from './unresolved-watch.ts';

/** What a console reads from its state directory: the other consoles and the unresolved intents. Both are empty at first. */
export type StateDirectoryWatch = Presence &
	Pick<UnresolvedWatch, 'unresolved' | 'targetAnswered'> & {
		/** Creates this console's presence file and starts to poll. It reads files, so call it after the first frame. */
		start(): void;
	};

export function createStateDirectoryWatch(
	options: Pick<UnresolvedWatchOptions, 'inProgressIds' | 'recheck'> & {
		readonly stateDir: string;
		readonly audit: Audit;
		readonly clock: Clock;
		readonly actor: Actor;
		readonly locks: Pick<ObjectLocks, 'refresh'>;
	},
): StateDirectoryWatch {
	const {stateDir, audit, clock, actor, locks, inProgressIds, recheck} = options;
	const others = createStore<readonly OtherConsole[]>([]);
	const intents = createUnresolvedWatch({
		auditDir: audit.dir,
		otherSessions: () => new Set(others.get().map(({session}) => session)),
		inProgressIds,
		recheck,
	});
	let started: Promise<Presence> | undefined;
	let stop = () => {};
	let closed = false;

	async function begin(): Promise<Presence> {
		const presence = await createPresence({stateDir, session: audit.session, clock, actor});
		if (closed) return presence;
		const publishOthers = () => {
			others.set(presence.others.get());
			void intents.refresh();
		};
		const unsubscribe = [audit.last.subscribe(() => void intents.refresh()), presence.others.subscribe(publishOthers)];
		let cancel = () => {};
		// Other consoles write to the log too, and locks remain when a console is killed.
		const poll = async (): Promise<void> => {
			await Promise.all([intents.refresh(), locks.refresh()]);
			if (!closed) cancel = clock.after(renewMs, () => void poll());
		};
		stop = () => {
			for (const end of unsubscribe) end();
			cancel();
		};
		others.set(presence.others.get());
		await poll();
		return presence;
	}

	return {
		others,
		unresolved: intents.unresolved,
		targetAnswered: intents.targetAnswered,
		start() {
			started ??= begin();
		},
		async close() {
			closed = true;
			intents.close();
			stop();
			await (await started)?.close();
		},
	};
}
