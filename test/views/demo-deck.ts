import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {panes as productPanes} from '../../bin/panes.ts';
import {demoEstate} from '../../demo/estate.ts';
import type {ScenarioName} from '../../demo/scenario.ts';
import {type Audit, createAudit} from '../../src/audit/audit-log.ts';
import type {Pane} from '../../src/contract/pane.ts';
import type {SystemKind} from '../../src/contract/row.ts';
import type {System} from '../../src/contract/system.ts';
import {createDeck, type Deck} from '../../src/input/deck.ts';
import {createKeymap} from '../../src/input/keymap.ts';
import {createPolicy} from '../../src/policy/policy.ts';
import {createArming} from '../../src/remedy/arming.ts';
import {createObjectLocks} from '../../src/remedy/object-lock.ts';
import {createRunner} from '../../src/remedy/runner.ts';
import {createStore} from '../../src/watch/store.ts';
import {createWatch} from '../../src/watch/watch.ts';
import type {WatchedTarget} from '../../src/watch/watched-target.ts';
import {createFakeClock, createFakeTimeBudget, type FakeClock} from '../fake-clock.ts';

export type DemoDeck = {
	readonly deck: Deck;
	readonly clock: FakeClock;
	readonly audit: Audit;
	/** Moves time on in steps of a second; no step is taken before everything that was due has been read. */
	advance(seconds: number): Promise<void>;
	/** Reads again, without moving time, until what a watch brings has come: that is no read that could be waited for. */
	heard(): Promise<void>;
	close(): Promise<void>;
};

export type DemoOptions = {
	readonly readOnly?: boolean;
	/** Nothing is guarded. */
	readonly open?: boolean;
	/** The targets of one system alone. */
	readonly only?: SystemKind;
	/** Targets after those of the demo. */
	readonly more?: readonly WatchedTarget[];
	/** No target at all. */
	readonly empty?: boolean;
	/** The panes of the deck. Those of the product when absent. */
	readonly panes?: readonly Pane[];
	/** Wraps each system, to observe its calls. */
	readonly watched?: (system: System, audit: Audit) => System;
};

/** The first read of each target loads its client, on a machine that may be busy. Time that went on meanwhile would give other figures. */
const patienceMs = 60_000;

/** The deck on the demo estate, with a clock and an audit that give the same from run to run. */
export async function openDemoDeck(scenario: ScenarioName, options: DemoOptions = {}): Promise<DemoDeck> {
	const clock = createFakeClock();
	const state = await mkdtemp(join(tmpdir(), 'midwatch-demo-'));
	let drawn = 0;
	const random = (size: number) => {
		drawn += 1;
		return new Uint8Array(size).fill(drawn);
	};
	const {panes = productPanes} = options;
	const readOnly = options.readOnly === true;
	const audit = createAudit({
		stateDir: state,
		clock,
		actor: {user: 'oncall', uid: 1000, host: 'desk', pid: 1},
		app: '0.0.0',
		random,
	});
	const around = options.watched ?? (system => system);
	const estate =
		options.empty === true ? [] : [...demoEstate(scenario, {now: clock.now, clock}), ...(options.more ?? [])];
	const targets = estate
		.filter(({target}) => options.only === undefined || target.kind === options.only)
		.map(({target, system}) => ({
			target: {
				...target,
				...(options.open === true ? {production: false} : {}),
				// A cluster alone has no Prometheus to ask.
				...(options.only === undefined ? {} : {settings: {...(target.settings as object), metrics: undefined}}),
			},
			system: around(system, audit),
		}));
	const arming = createArming({
		clock,
		audit,
		policy: createPolicy({readOnly, targets: targets.map(one => one.target)}),
	});
	const watch = createWatch({targets, clock, readOnly, random: () => 0.5});
	const runner = createRunner({
		clock,
		audit,
		arming,
		locks: createObjectLocks(state),
		resolve: async name => ({...(await watch.connection(name)), who: watch.identity(name)?.who}),
	});
	const deck = createDeck({
		panes: options.empty === true ? [] : panes,
		allPanes: panes,
		watch,
		runner,
		arming,
		audit,
		presence: {others: createStore<readonly never[]>([]), close: async () => {}},
		unresolved: createStore<readonly never[]>([]),
		keymap: createKeymap({}, panes),
		clock,
		budget: createFakeTimeBudget(clock),
		effects: {
			copy: async () => 'copied to the clipboard',
			save: async () => 'saved/text.txt',
			quit() {},
			suspend() {},
			redraw() {},
			lendTerminal: work => work(),
			strayOutput: () => [],
		},
		labels: [`demo: ${scenario}`, ...(readOnly ? ['read-only'] : [])],
		remarks: ['no configuration: targets are discovered from the environment'],
	});
	deck.setShownPanes(panes.map(pane => pane.id));
	watch.start();

	const isReading = () =>
		watch
			.readings()
			.some(({state: now, nextAt}) => now !== 'paused' && (nextAt === undefined || nextAt <= clock.now()));
	const settle = async () => {
		await clock.settle();
		const end = Date.now() + patienceMs;
		while (isReading()) {
			if (Date.now() > end) throw new Error('the demo does not come to rest: a read does not end');
			await new Promise(resolve => setTimeout(resolve, 1));
			await clock.advance(0);
		}
		await clock.advance(0);
	};
	await settle();
	await clock.advance(1);
	await settle();

	return {
		deck,
		clock,
		audit,
		async advance(seconds) {
			for (let second = 0; second < seconds; second += 1) {
				await clock.advance(1000, settle);
			}
		},
		async heard() {
			const seen = () => JSON.stringify(watch.readings().map(({snapshot}) => snapshot?.rows));
			let before = seen();
			for (let same = 0; same < 5; ) {
				await new Promise(resolve => setTimeout(resolve, 20));
				watch.refresh();
				await clock.settle();
				await settle();
				const now = seen();
				same = now === before ? same + 1 : 0;
				before = now;
			}
		},
		async close() {
			const closing = runner.close();
			await clock.advance(60_000);
			await closing;
			await watch.close();
			arming.close();
			deck.close();
			await rm(state, {recursive: true, force: true});
		},
	};
}
