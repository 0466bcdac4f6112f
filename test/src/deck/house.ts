import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createAudit} from '../../../src/audit/log.ts';
import type {Unresolved} from '../../../src/audit/unknown.ts';
import type {
	Action,
	Check,
	Document,
	Inspection,
	InspectionContext,
	Preview,
	Risk,
	Row,
	Severity,
	Source,
	System,
} from '../../../src/contract.ts';
import {createDeck, type Deck} from '../../../src/deck/deck.ts';
import {paste, press} from '../../../src/deck/press.ts';
import {AdapterError} from '../../../src/errors.ts';
import {createKeymap, type Remaps} from '../../../src/keymap.ts';
import {defineSection, type Pane} from '../../../src/pane.ts';
import {createPolicy} from '../../../src/policy/standing.ts';
import {createArming} from '../../../src/remedy/arming.ts';
import type {Remedy} from '../../../src/remedy/machine.ts';
import {createObjectLocks} from '../../../src/remedy/object-lock.ts';
import {createRunner} from '../../../src/remedy/runner.ts';
import {createStore} from '../../../src/store.ts';
import {createWatch} from '../../../src/watch.ts';
import {createFakeClock, type FakeClock} from '../../fake-clock.ts';
import {quietEffects, type Saved} from './effects.ts';
import {textsOf} from './texts.ts';

export type Job = Row & {readonly name: string; readonly age: number};

type Plan = {readonly names: readonly string[]; readonly value: string};

/** The far end of every target, as the test has arranged it. */
export type Far = {
	rows: Job[];
	/** Rows of another kind, below the jobs; without any at the start they are not read at all. */
	readonly logs: readonly Job[];
	readonly ran: {
		readonly action: string;
		readonly names: readonly string[];
		readonly value: string;
		readonly record: string;
	}[];
	/** What a text is answered with; a test may keep it waiting. */
	read: (row: Job, context: InspectionContext<Job, Port>) => Promise<Document>;
	checks: readonly Check[];
	/** Ids of the rows that are left of several; all of them unless it is set. */
	left: readonly string[] | undefined;
	/** Waited for before run() answers. */
	before: Promise<void>;
	/** Whether what was done shows; until then it is on its way. */
	settles: boolean;
};

export const job = (id: string, severity: Severity = 'ok', age = 1): Job => ({
	id,
	target: 'db',
	severity,
	name: `job ${id}`,
	age,
	...(severity === 'ok' ? {} : {why: 'it waits'}),
});

type Port = {readonly far: Far};

const source = (): Source<Job, Port> => ({
	kind: 'postgres.session',
	title: 'jobs',
	intervalMs: 2000,
	timeoutMs: 5000,
	cost: 'cheap',
	reads: target => [`psql -h ${target.name} -c 'SELECT * FROM jobs'`],
	open: (port, target) => async () => ({
		rows: port.far.rows.filter(row => row.target === target.name),
		gauges: [],
		omitted: 0,
		notes: [],
	}),
	findings: (snapshot, _previous, {target}) =>
		snapshot.rows.flatMap(row =>
			row.severity === 'crit'
				? [
						{
							id: row.id,
							target,
							severity: 'crit' as const,
							sentence: `${row.name} waits`,
							row: {kind: 'postgres.session' as const, id: row.id},
							kind: 'postgres.session' as const,
							evidence: ['it waits for 4 minutes'],
							actions: ['postgres.stop'],
							inspections: ['postgres.read'],
						},
					]
				: [],
		),
});

const logSource = (): Source<Job, Port> => ({
	...source(),
	kind: 'postgres.statement',
	title: 'logs',
	open: (port, target) => async () => ({
		rows: port.far.logs.filter(row => row.target === target.name),
		gauges: [],
		omitted: 0,
		notes: [],
	}),
	findings: () => [],
});

const action = (
	about: {readonly id: Action['id']; readonly title: string; readonly key: string; readonly risk: Risk},
	more: Partial<Pick<Action<Job, Port, Plan>, 'kind' | 'selects' | 'params' | 'disabled' | 'undo'>> = {},
): Action<Job, Port, Plan> => ({
	id: about.id,
	title: about.title,
	key: about.key,
	kind: 'postgres.session',
	selects: 'one',
	shows: [{fact: 'the names of the jobs', bound: 'the names'}],
	params: [],
	disabled: () => undefined,
	preview: async (rows, params) =>
		previewOf(about.risk, {names: rows.map(({name}) => name), value: params['value'] ?? ''}, rows[0]?.target ?? ''),
	preflight: async (_plan, {port}) => port.far.checks,
	left: async (rows, _plan, {port}) => rows.filter(({id}) => port.far.left?.includes(id) ?? true),
	async run(plan, {port, record}) {
		await port.far.before;
		port.far.ran.push({action: about.id, ...plan, record});
		return {summary: `${about.title.toLowerCase()} sent`, before: {value: 'old'}};
	},
	verify: async (_plan, _receipt, {port}) =>
		port.far.settles
			? {result: 'done', detail: 'it is as it should be'}
			: {result: 'pending', detail: 'it is on its way'},
	settleMs: 60_000,
	undo: {impossible: 'what is gone is gone'},
	...more,
});

const previewOf = (risk: Risk, plan: Plan, target: string): Preview<Plan> => ({
	plan,
	target,
	object: plan.names.length === 1 ? (plan.names[0] ?? '') : `${plan.names.length} jobs`,
	count: plan.names.length,
	touches: plan.names,
	locks: plan.names,
	equivalent: `jobctl ${plan.names.map(name => `'${name}'`).join(' ')} ${plan.value}`.trim(),
	impact: `${plan.names.length} jobs are touched.`,
	bound: plan.names.join(', '),
	changes: [],
	risk,
	undo: {
		class: risk === 'low' ? 'exact' : 'none',
		text: risk === 'low' ? 'exact: poke it back' : 'what is gone is gone',
	},
});

/** A system in memory with one action for each demand, one that asks for a value, one that is disabled, and one text. */
const systemOf = (far: Far): System => {
	const actions: Action<Job, Port, Plan>[] = [
		action(
			{id: 'postgres.poke', title: 'Poke', key: 'K', risk: 'low'},
			{
				undo: {
					propose: async (plan, _receipt, {target}) => previewOf('low', {...plan, value: 'back'}, target.name),
				},
			},
		),
		action({id: 'postgres.stop', title: 'Stop', key: 'T', risk: 'medium'}),
		action({id: 'postgres.purge', title: 'Purge', key: 'X', risk: 'high'}, {selects: 'many'}),
		action(
			{id: 'postgres.set', title: 'Set', key: 'M', risk: 'low'},
			{
				params: [
					{
						name: 'value',
						label: 'New value',
						hint: 'a number',
						initial: () => '1',
						problem: text => (/^\d+$/.test(text) ? undefined : `${text} is not a number`),
					},
				],
			},
		),
		action({id: 'postgres.cut', title: 'Cut the log', key: 'K', risk: 'low'}, {kind: 'postgres.statement'}),
		action({id: 'postgres.never', title: 'Never', key: 'B', risk: 'low'}, {disabled: () => 'the job is asleep'}),
	];
	const system: System<Port> = {
		kind: 'postgres',
		title: 'Jobs',
		sources: [source(), ...(far.logs.length > 0 ? [logSource()] : [])] as readonly Source<Row, Port>[],
		actions: actions as readonly Action<Row, Port>[],
		inspections: textsOf<Job, Port>((row, context) => context.port.far.read(row, context)) as readonly Inspection<
			Row,
			Port
		>[],
		connect: async () => ({
			port: {far},
			identify: async () => ({version: '1', who: 'tester', latencyMs: 1, channel: 'local'}),
			permissions: async () => [],
			close: async () => {},
		}),
	};
	return system as System;
};

const jobs: Pane = {
	id: 'jobs',
	title: 'Jobs',
	tab: 'Jobs',
	systems: ['postgres'],
	gauges: [],
	sections: [
		defineSection<Job>({
			kind: 'postgres.session',
			title: 'jobs',
			weight: 1,
			empty: 'no job runs',
			orders: [
				{title: 'age', compare: (a, b) => b.age - a.age},
				{title: 'name', compare: (a, b) => a.name.localeCompare(b.name)},
			],
			columns: [
				{header: 'NAME', field: 'name', width: 10, grow: true, cell: row => row.name},
				{header: 'AGE', field: 'age', width: 5, align: 'right', cell: row => String(row.age)},
			],
		}),
		defineSection<Job>({
			kind: 'postgres.statement',
			title: 'logs',
			weight: 1,
			empty: 'no log is written',
			orders: [{title: 'name', compare: (a, b) => a.name.localeCompare(b.name)}],
			columns: [{header: 'NAME', field: 'name', width: 10, grow: true, cell: row => row.name}],
		}),
	],
};

const caches: Pane = {...jobs, id: 'caches', title: 'Caches', tab: 'Caches', systems: ['redis'], sections: []};

export type House = {
	readonly deck: Deck;
	readonly clock: FakeClock;
	readonly far: Far;
	readonly copied: string[];
	readonly saved: readonly Saved[];
	/** Times that the way out was taken. */
	readonly left: () => number;
	/** Keys by their names, one after the other, each settled. */
	keys(...names: readonly string[]): Promise<void>;
	/** Characters, as typed. */
	type(text: string): Promise<void>;
	paste(text: string): Promise<void>;
	/** Waits until the remedy has reached the state, and paints it when it is a question. */
	reach(state: Remedy['state']): Promise<Remedy>;
	/** Reads once more. */
	poll(): Promise<void>;
	/** Lines of the audit, oldest first: kind and result. */
	records(): Promise<readonly string[]>;
	layer(): string | undefined;
	notice(): string | undefined;
	current(): string | undefined;
	close(): Promise<void>;
};

const blank: Document = {title: 'A job', lines: [{text: 'one'}, {text: 'two'}], reads: ['psql']};

/** What needs the disk takes real time, however little. */
export async function until(holds: () => boolean): Promise<void> {
	for (let turn = 0; turn < 4000 && !holds(); turn += 1) await new Promise(resolve => setTimeout(resolve, 1));
	await new Promise(resolve => setImmediate(resolve));
}

/** A running deck on an in-memory system, with everything else as in the product: watch, runner, arming, audit on a disk. */
export async function openHouse(
	options: {
		readonly rows?: readonly Job[];
		readonly logs?: readonly Job[];
		readonly guarded?: boolean;
		readonly readOnly?: boolean;
		readonly targets?: readonly string[];
		readonly keys?: Remaps;
	} = {},
): Promise<House> {
	const clock = createFakeClock();
	const state = await mkdtemp(join(tmpdir(), 'midwatch-deck-'));
	const far: Far = {
		rows: [...(options.rows ?? [job('a'), job('b'), job('c')])],
		logs: [...(options.logs ?? [])],
		ran: [],
		read: async () => blank,
		checks: [{label: 'still there', result: 'pass', detail: ''}],
		left: undefined,
		settles: true,
		before: Promise.resolve(),
	};
	const system = systemOf(far);
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
	const saved: Saved[] = [];
	let left = 0;
	const deck = createDeck({
		panes: [jobs],
		allPanes: [jobs, caches],
		watch,
		runner,
		arming,
		audit,
		presence: {others: createStore<readonly never[]>([]), close: async () => {}},
		unresolved: createStore<readonly Unresolved[]>([]),
		keymap: createKeymap(options.keys),
		clock,
		effects: quietEffects(copied, saved, () => {
			left += 1;
		}),
		labels: [],
		remarks: [],
	});
	watch.start();
	deck.shown(['jobs']);
	await clock.advance(1);
	const house: House = {
		deck,
		clock,
		far,
		copied,
		saved,
		left: () => left,
		async keys(...names) {
			for (const name of names) {
				// A person rests before an answer; what comes without a rest is for the tests that say so.
				if (name === 'y' || name === 'enter') await clock.advance(300);
				press(deck, name, name === 'space' ? ' ' : [...name].length === 1 ? name : undefined);
				await clock.settle();
			}
		},
		async type(text) {
			for (const character of text) press(deck, character === ' ' ? 'space' : character, character);
			await clock.settle();
		},
		async paste(text) {
			paste(deck, text);
			await clock.settle();
		},
		async reach(wanted) {
			await until(() => runner.state.get()?.state === wanted);
			const remedy = runner.state.get();
			// Its end is written down after it is told.
			if (wanted === 'done')
				await until(() => audit.last.get()?.kind === 'verify' && audit.last.get()?.of === remedy?.id);
			if (remedy?.state !== wanted) throw new AdapterError('timeout', `${remedy?.state}: ${remedy?.reason}`, wanted);
			if (wanted === 'ready') deck.painted(remedy.id);
			return remedy;
		},
		async poll() {
			await clock.advance(2500);
		},
		records: async () =>
			(await audit.recent(100)).toReversed().map(record => [record.kind, record.result].filter(Boolean).join(' ')),
		layer: () => deck.session.get().layers.at(-1)?.kind,
		notice: () => deck.session.get().notice?.text,
		current: () => deck.current()?.row.id,
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
