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
import type {TimeBudget} from '../../../src/time/yield.ts';
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
	/** The number of calls of `quit`. */
	readonly quitCount: () => number;
	/** Presses keys by name, each in a separate read, and settles after each. */
	pressKeys(...names: readonly string[]): Promise<void>;
	/** Presses keys that arrive in one read. */
	pressInOneRead(...names: readonly string[]): Promise<void>;
	/** Arms the target of the row under the cursor. */
	arm(): Promise<void>;
	/** Returns the short name that the confirmation requires. */
	demandedName(): string;
	/** The plans that were run, `ACTION NAME+NAME VALUE`, the oldest first. */
	executed(): readonly string[];
	/** The values of the fields of the form that is open. */
	fieldValues(): readonly string[] | undefined;
	/** Says why the last key did not answer the question on the screen. */
	problem(): string | undefined;
	/** Types characters one by one. */
	type(text: string): Promise<void>;
	paste(text: string): Promise<void>;
	/** Waits until the remedy has this state. Marks its question as painted. */
	waitForState(state: Remedy['state']): Promise<Remedy>;
	/** Advances the clock until the sources were polled again. */
	poll(): Promise<void>;
	/** Returns the audit records as `kind result`, oldest first. */
	records(): Promise<readonly string[]>;
	layer(): string | undefined;
	notice(): string | undefined;
	current(): string | undefined;
	close(): Promise<void>;
};

const blank: Document = {title: 'A job', lines: [{text: 'one'}, {text: 'two'}], cliEquivalent: ['psql']};

/** Waits in real time until a condition holds, because the disk needs real time. */
export async function waitUntil(holds: () => boolean): Promise<void> {
	for (let turn = 0; turn < 4000 && !holds(); turn += 1) await new Promise(resolve => setTimeout(resolve, 1));
	await new Promise(resolve => setImmediate(resolve));
}

/** Opens a running deck on an in-memory system. Everything else is as in the product: watch, runner, arming, audit on a disk. */
export async function openDeckFixture(
	options: {
		readonly rows?: readonly MemoryRow[];
		readonly logs?: readonly MemoryRow[];
		readonly guarded?: boolean;
		readonly readOnly?: boolean;
		readonly targets?: readonly string[];
		readonly keys?: Remaps;
		readonly budget?: TimeBudget;
	} = {},
): Promise<DeckFixture> {
	const clock = createFakeClock();
	const state = await mkdtemp(join(tmpdir(), 'midwatch-deck-'));
	const server: MemoryServer = {
		rows: [...(options.rows ?? [memoryRow('a'), memoryRow('b'), memoryRow('c')])],
		logs: [...(options.logs ?? [])],
		executedPlans: [],
		notesOf: () => [],
		read: async () => blank,
		checks: [{label: 'still there', result: 'pass', detail: ''}],
		unchangedIds: undefined,
		outcomeShows: true,
		runBarrier: Promise.resolve(),
	};
	const system = createMemorySystem(server);
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
		policy: createPolicy({readOnly, targets: targets.map(({target}) => target)}),
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
	let quits = 0;
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
		budget: options.budget ?? createFakeTimeBudget(clock),
		effects: createFakeEffects(copied, saved, () => {
			quits += 1;
		}),
		labels: [],
		remarks: [],
	});
	watch.start();
	deck.setShownPanes(['jobs']);
	await clock.advance(1);
	const fixture: DeckFixture = {
		deck,
		clock,
		server,
		copied,
		saved,
		quitCount: () => quits,
		async pressKeys(...names) {
			for (const name of names) {
				dispatchKey(deck, name, name === 'space' ? ' ' : [...name].length === 1 ? name : undefined, true);
				await clock.settle();
				// A short question is on the screen by then; a confirmation is painted by `waitForState`.
				if (fixture.layer() !== 'confirm') deck.markQuestionShown(deck.pendingQuestion());
			}
		},
		async pressInOneRead(...names) {
			for (const name of names)
				dispatchKey(deck, name, name === 'space' ? ' ' : [...name].length === 1 ? name : undefined, false);
			await clock.settle();
		},
		async arm() {
			await fixture.pressKeys('O', 'enter');
			await waitUntil(() => fixture.notice()?.includes('is armed') === true);
		},
		demandedName() {
			const {demand} = runner.state.get() ?? {};
			if (demand?.kind !== 'type' && demand?.kind !== 'type-count-reason') throw new Error('no name is demanded');
			return demand.text;
		},
		executed: () =>
			server.executedPlans.map(
				({action, names, value}) => `${action} ${names.join('+')}${value === '' ? '' : ` ${value}`}`,
			),
		fieldValues() {
			const layer = deck.session.get().layers.at(-1);
			return layer?.kind === 'confirm' || layer?.kind === 'params' ? layer.values : undefined;
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
			// The last record is written after the state changes.
			if (wanted === 'done')
				await waitUntil(() => audit.last.get()?.kind === 'verify' && audit.last.get()?.of === remedy?.id);
			if (remedy?.state !== wanted) throw new AdapterError('timeout', `${remedy?.state}: ${remedy?.reason}`, wanted);
			if (wanted === 'ready') deck.markQuestionShown(deck.pendingQuestion());
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
	return fixture;
}
