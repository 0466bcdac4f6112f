import type {Audit} from '../src/audit/log.ts';
import {createPresence, liveSessions, type OtherConsole, type Presence} from '../src/audit/presence.ts';
import type {Actor, AuditRecord} from '../src/audit/record.ts';
import {type Unresolved, unresolved} from '../src/audit/unknown.ts';
import type {Clock} from '../src/poll/clock.ts';
import {createStore, type Store} from '../src/store.ts';

/** Records of the last months that are looked at for outcomes that nobody knows. */
const rememberedRecords = 2000;

/** What a console learns from its state directory: who else is there, and what was begun and has no known end. Nobody and nothing at first. */
export type Surroundings = Presence & {
	readonly unresolved: Store<readonly Unresolved[]>;
	/** Puts up this console's sign and begins to look. It reads files, so the first frame is better drawn before. */
	look(): void;
};

export function createSurroundings(options: {
	readonly stateDir: string;
	readonly audit: Audit;
	readonly clock: Clock;
	readonly actor: Actor;
	/** The records of the remedies that are under way here, whose ends are not unknown but to come. */
	readonly underWay: () => ReadonlySet<string>;
}): Surroundings {
	const {stateDir, audit, clock, actor, underWay} = options;
	const others = createStore<readonly OtherConsole[]>([]);
	const open = createStore<readonly Unresolved[]>([]);
	let entered: Promise<Presence> | undefined;
	let stop = () => {};
	let closed = false;

	async function enter(): Promise<Presence> {
		const [presence, live, records] = await Promise.all([
			createPresence({stateDir, session: audit.session, clock, actor}),
			liveSessions(stateDir, actor.host),
			audit.recent(rememberedRecords).catch(() => []),
		]);
		if (closed) return presence;
		const elsewhere = new Set([...live].filter(session => session !== audit.session));
		const sort = (found: readonly AuditRecord[]) => {
			const mine = underWay();
			open.set(unresolved(found.toReversed(), elsewhere).filter(one => !mine.has(one.id)));
		};
		const stopRecords = audit.last.subscribe(() => {
			const {result, of} = audit.last.get() ?? {};
			const isListed = open.get().some(one => one.id === of);
			if (!isListed && result !== 'unknown') return;
			audit.recent(rememberedRecords).then(sort, () => {});
		});
		const stopOthers = presence.others.subscribe(() => others.set(presence.others.get()));
		stop = () => {
			stopRecords();
			stopOthers();
		};
		others.set(presence.others.get());
		sort(records);
		return presence;
	}

	return {
		others,
		unresolved: open,
		look() {
			entered ??= enter();
		},
		async close() {
			closed = true;
			stop();
			await (await entered)?.close();
		},
	};
}
