import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createAudit} from '../../../src/audit/audit-log.ts';
import type {UnresolvedIntent} from '../../../src/audit/unresolved-intents.ts';
import type {Document} from '../../../src/contract/document.ts';
import {AdapterError} from '../../../src/errors.ts';
import {createDeck, type Deck} from '../../../src/input/deck.ts';
import {dispatchKey, handlePaste} from '../../../src/input/dispatch-key.ts';
import {createKeymap, type Remaps} from '../../../src/input/keymap.ts';
import {createPolicy} from '../../../src/policy/policy.ts';
import {createArming} from '../../../src/remedy/arming.ts';
import {createObjectLocks} from '../../../src/remedy/object-lock.ts';
import type {Remedy} from '../../../src/remedy/remedy-state.ts';
import {createRunner} from '../../../src/remedy/runner.ts';
import {createStore} from '../../../src/watch/store.ts';
import {createWatch} from '../../../src/watch/watch.ts';
import {createFakeClock, createFakeTimeBudget, type FakeClock} from '../../fake-clock.ts';
import {createFakeEffects, type SavedFile} from './fake-effects.ts';
import {
	createMemorySystem,
	type MemoryRow,
	type MemoryServer,
	memoryRow,
	memoryRowsPane,
	paneWithoutSections,
} from './memory-system.ts';

export type DeckFixture = {
	readonly deck: Deck;
	readonly clock: FakeClock;
	readonly server: MemoryServer;
	readonly copied: string[];
	readonly saved: readonly SavedFile[];
	/** Times that the way out was taken. */
	readonly quitCount: () => number;
	/** Keys by their names, one after the other, each in a read of its own and settled. */
	pressKeys(...names: readonly string[]): Promise<void>;
	/** Keys that come in one read. */
	pressInOneRead(...names: readonly string[]): Promise<void>;
	/** Arms the target of the row under the cursor. */
	arm(): Promise<void>;
	/** The short name that is demanded. */
	demandedName(): string;
	/** Why the last key did not answer the question on the screen. */
	problem(): string | undefined;
	/** Characters, as typed one by one. */
	type(text: string): Promise<void>;
	paste(text: string): Promise<void>;
	/** Waits until the remedy has reached the state, and paints it when it is a question. */
	waitForState(state: Remedy['state']): Promise<Remedy>;
	/** Reads once more. */
	poll(): Promise<void>;
	/** Lines of the audit, oldest first: kind and result. */
	records(): Promise<readonly string[]>;
	layer(): string | undefined;
	notice(): string | undefined;
	current(): string | undefined;
	close(): Promise<void>;
};

const blank: Document = {title: 'A job', lines: [{text: 'one'}, {text: 'two'}], cliEquivalent: ['psql']};

/** What needs the disk takes real time, however little. */
export async function waitUntil(holds: () => boolean): Promise<void> {
	for (let turn = 0; turn < 4000 && !holds(); turn += 1) await new Promise(resolve => setTimeout(resolve, 1));
	await new Promise(resolve => setImmediate(resolve));
}

/** A running deck on an in-memory system, with everything else as in the product: watch, runner, arming, audit on a disk. */
export async function openDeckFixture(
	options: {
		readonly rows?: readonly MemoryRow[];
		readonly logs?: readonly MemoryRow[];
		readonly guarded?: boolean;
		readonly readOnly?: boolean;
		readonly targets?: readonly string[];
		readonly keys?: Remaps;
	} = {},
): Promise<DeckFixture> {
	const clock = createFakeClock();
	const state = await mkdtemp(join(tmpdir(), 'midwatch-deck-'));
	const far: MemoryServer = {
		rows: [...(options.rows ?? [memoryRow('a'), memoryRow('b'), memoryRow('c')])],
		logs: [...(options.logs ?? [])],
		executedPlans: [],
		read: async () => blank,
		checks: [{label: 'still there', result: 'pass', detail: ''}],
		unchangedIds: undefined,
		outcomeShows: true,
		runBarrier: Promise.resolve(),
	};
	const system = createMemorySystem(far);
	const targets = (options.targets ?? ['db']).map(name => ({
		target: {name, kind: 'postgres' as const, production: options.guarded === true, settings: {}},
		system,
	}));
	const readOnly = options.readOnly === true;
	const actor = {user: 'tester', uid: 1000, host: 'here', pid: process.pid};
	const audit = createAudit({stateDir: state, clock, actor, app: '0.0.0'});
	const arming = createArming({
		clock,
		audit,
		policy: createPolicy({readOnly, targets: targets.map(one => one.target)}),
	});
	const watch = createWatch({targets, clock, readOnly, random: () => 0});
	const runner = createRunner({
		clock,
		audit,
		arming,
		locks: createObjectLocks(state),
		resolve: async name => watch.connection(name),
	});
	const copied: string[] = [];
	const saved: SavedFile[] = [];
	let left = 0;
	const deck = createDeck({
		panes: [memoryRowsPane],
		allPanes: [memoryRowsPane, paneWithoutSections],
		watch,
		runner,
		arming,
		audit,
		presence: {others: createStore<readonly never[]>([]), close: async () => {}},
		unresolved: createStore<readonly UnresolvedIntent[]>([]),
		keymap: createKeymap(options.keys, [memoryRowsPane, paneWithoutSections]),
		clock,
		budget: createFakeTimeBudget(clock),
		effects: createFakeEffects(copied, saved, () => {
			left += 1;
		}),
		labels: [],
		remarks: [],
	});
	watch.start();
	deck.setShownPanes(['jobs']);
	await clock.advance(1);
	const house: DeckFixture = {
		deck,
		clock,
		server: far,
		copied,
		saved,
		quitCount: () => left,
		async pressKeys(...names) {
			for (const name of names) {
				dispatchKey(deck, name, name === 'space' ? ' ' : [...name].length === 1 ? name : undefined, true);
				await clock.settle();
				// A short question is on the screen by then; a confirmation is once `reach` has seen it.
				if (house.layer() !== 'confirm') deck.markPainted(deck.pendingQuestion());
			}
		},
		async pressInOneRead(...names) {
			for (const name of names)
				dispatchKey(deck, name, name === 'space' ? ' ' : [...name].length === 1 ? name : undefined, false);
			await clock.settle();
		},
		async arm() {
			await house.pressKeys('O', 'enter');
			await waitUntil(() => house.notice()?.includes('is armed') === true);
		},
		demandedName() {
			const {demand} = runner.state.get() ?? {};
			if (demand?.kind !== 'type' && demand?.kind !== 'type-count-reason') throw new Error('no name is demanded');
			return demand.text;
		},
		problem() {
			const layer = deck.session.get().layers.at(-1);
			return layer?.kind === 'confirm' || layer?.kind === 'arm' ? layer.problem : undefined;
		},
		async type(text) {
			for (const character of text) dispatchKey(deck, character === ' ' ? 'space' : character, character, true);
			await clock.settle();
		},
		async paste(text) {
			handlePaste(deck, text);
			await clock.settle();
		},
		async waitForState(wanted) {
			await waitUntil(() => runner.state.get()?.state === wanted);
			const remedy = runner.state.get();
			// Its end is written down after it is told.
			if (wanted === 'done')
				await waitUntil(() => audit.last.get()?.kind === 'verify' && audit.last.get()?.of === remedy?.id);
			if (remedy?.state !== wanted) throw new AdapterError('timeout', `${remedy?.state}: ${remedy?.reason}`, wanted);
			if (wanted === 'ready') deck.markPainted(deck.pendingQuestion());
			return remedy;
		},
		async poll() {
			await clock.advance(2500);
		},
		records: async () =>
			(await audit.recent(100)).toReversed().map(record => [record.kind, record.result].filter(Boolean).join(' ')),
		layer: () => deck.session.get().layers.at(-1)?.kind,
		notice: () => deck.session.get().notice?.text,
		current: () => deck.currentRow()?.row.id,
		async close() {
			await runner.close();
			await watch.close();
			arming.close();
			deck.close();
			await rm(state, {recursive: true, force: true});
		},
	};
	return house;
}
