import {createAudit} from '../src/audit/audit-log.ts';
import type {UnresolvedIntent} from '../src/audit/unresolved-intents.ts';
import type {Pane} from '../src/contract/pane.ts';
import {createDeck, type Deck, type DeckEffects} from '../src/input/deck.ts';
import {createKeymap} from '../src/input/keymap.ts';
import {createPolicy} from '../src/policy/policy.ts';
import {createArming} from '../src/remedy/arming.ts';
import {createObjectLocks} from '../src/remedy/object-lock.ts';
import {createRunner} from '../src/remedy/runner.ts';
import type {Clock} from '../src/time/clock.ts';
import {createStore} from '../src/watch/store.ts';
import {createWatch, type Watch} from '../src/watch/watch.ts';
import type {WatchedTarget} from '../src/watch/watched-target.ts';

const noEffects: DeckEffects = {
	copy: async () => '',
	save: async () => '',
	quit() {},
	suspend() {},
	redraw() {},
	lendTerminal: work => work(),
	strayOutput: () => [],
};

/** The deck as the product puts it together, on targets of the bench. `stateDir` takes its audit; nothing is written unless something is done. */
export function openBenchDeck(options: {
	readonly targets: readonly WatchedTarget[];
	readonly panes: readonly Pane[];
	readonly clock: Clock;
	readonly stateDir: string;
	readonly effects?: Partial<DeckEffects>;
}): {readonly deck: Deck; readonly watch: Watch} {
	const {targets, panes, clock, stateDir} = options;
	const actor = {user: 'bench', uid: 1000, host: 'bench', pid: process.pid};
	const audit = createAudit({stateDir, clock, actor, app: '0.0.0'});
	const policy = createPolicy({readOnly: false, targets: targets.map(one => one.target)});
	const arming = createArming({clock, audit, policy});
	const watch = createWatch({targets, clock, readOnly: false, random: () => 0.5});
	const runner = createRunner({
		clock,
		audit,
		arming,
		locks: createObjectLocks(stateDir),
		resolve: async name => watch.connection(name),
	});
	const deck = createDeck({
		panes,
		allPanes: panes,
		watch,
		runner,
		arming,
		audit,
		presence: {others: createStore<readonly never[]>([]), close: async () => {}},
		unresolved: createStore<readonly UnresolvedIntent[]>([]),
		keymap: createKeymap({}, panes),
		clock,
		effects: {...noEffects, ...options.effects},
		labels: ['bench'],
		remarks: [],
	});
	return {deck, watch};
}
