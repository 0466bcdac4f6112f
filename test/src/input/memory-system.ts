import type {Action, Check, Preview, Risk} from '../../../src/contract/action.ts';
import type {Document} from '../../../src/contract/document.ts';
import type {Inspection, InspectionContext} from '../../../src/contract/inspection.ts';
import {defineSection, type Pane} from '../../../src/contract/pane.ts';
import type {Row, Severity, Snapshot} from '../../../src/contract/row.ts';
import type {Source} from '../../../src/contract/source.ts';
import type {System} from '../../../src/contract/system.ts';
import {sampleInspections} from './sample-inspections.ts';

export type MemoryRow = Row & {readonly name: string; readonly age: number};

type Plan = {readonly names: readonly string[]; readonly value: string};

/** The server behind every target, as the test sets it up. */
export type MemoryServer = {
	rows: MemoryRow[];
	/** Rows of another kind, below the jobs. When there are none at the start, they are not read. */
	readonly logs: readonly MemoryRow[];
	executedPlans: {
		readonly action: string;
		readonly names: readonly string[];
		readonly value: string;
		readonly record: string;
	}[];
	/** What could not be read of a target. */
	notesOf: (target: string) => Snapshot['notes'];
	/** Opens the document of an inspection; a test may delay it. */
	read: (row: MemoryRow, context: InspectionContext<MemoryRow, Port>) => Promise<Document>;
	checks: readonly Check[];
	/** The ids of the rows that are unchanged; all of them when undefined. */
	unchangedIds: readonly string[] | undefined;
	/** `run()` waits for it before it resolves. */
	runBarrier: Promise<void>;
	/** Whether verification sees the effect; otherwise the outcome is pending. */
	outcomeShows: boolean;
};

export const memoryRow = (id: string, severity: Severity = 'ok', age = 1): MemoryRow => ({
	id,
	kind: 'postgres.session',
	target: 'db',
	severity,
	name: `job ${id}`,
	age,
	...(severity === 'ok' ? {} : {why: 'it waits'}),
});

/** A row of the other kind. */
export const memoryLog = (id: string): MemoryRow => ({...memoryRow(id), kind: 'postgres.statement'});

type Port = {readonly server: MemoryServer};

const source = (): Source<MemoryRow, Port> => ({
	kind: 'postgres.session',
	title: 'jobs',
	intervalMs: 2000,
	timeoutMs: 5000,
	cost: 'cheap',
	cliEquivalent: target => [`psql -h ${target.name} -c 'SELECT * FROM jobs'`],
	open: (port, target) => async () => ({
		rows: port.server.rows.filter(row => row.target === target.name),
		gauges: [],
		omitted: 0,
		notes: port.server.notesOf(target.name),
	}),
	findings: (snapshot, _previous, {target}) =>
		snapshot.rows.flatMap(row =>
			row.severity === 'crit'
				? [
						{
							id: row.id,
							type: 'postgres.job-waits' as const,
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

const logSource = (): Source<MemoryRow, Port> => ({
	...source(),
	kind: 'postgres.statement',
	title: 'logs',
	open: (port, target) => async () => ({
		rows: port.server.logs.filter(row => row.target === target.name),
		gauges: [],
		omitted: 0,
		notes: [],
	}),
	findings: () => [],
});

const action = (
	about: {readonly id: Action['id']; readonly title: string; readonly key?: string; readonly risk: Risk},
	more: Partial<Pick<Action<MemoryRow, Port, Plan>, 'kind' | 'selects' | 'params' | 'disabled' | 'undo'>> = {},
): Action<MemoryRow, Port, Plan> => ({
	id: about.id,
	title: about.title,
	...(about.key === undefined ? {} : {key: about.key}),
	kind: 'postgres.session',
	selects: 'one',
	shownFacts: [{fact: 'the names of the jobs', changeDetectedBy: 'the names'}],
	params: [],
	disabled: () => undefined,
	async preview(rows, params) {
		return previewOf(
			about.risk,
			{names: rows.map(row => row.name), value: params['value'] ?? ''},
			rows[0]?.target ?? '',
		);
	},
	preflight: async (_plan, {port}) => port.server.checks,
	unchangedRows: async (rows, _plan, {port}) => rows.filter(({id}) => port.server.unchangedIds?.includes(id) ?? true),
	async run(plan, {port, record}) {
		await port.server.runBarrier;
		port.server.executedPlans.push({action: about.id, ...plan, record});
		return {summary: `${about.title.toLowerCase()} sent`, before: {value: 'old'}};
	},
	verify: async (_plan, _receipt, {port}) =>
		port.server.outcomeShows
			? {result: 'done', detail: 'it is as it should be'}
			: {result: 'pending', detail: 'it is on its way'},
	settleMs: 60_000,
	undo: {impossible: 'a deleted job cannot be restored'},
	...more,
});

const previewOf = (risk: Risk, plan: Plan, target: string): Preview<Plan> => ({
	plan,
	target,
	object: plan.names.length === 1 ? (plan.names[0] ?? '') : `${plan.names.length} jobs`,
	count: plan.names.length,
	touches: plan.names,
	lockNames: plan.names,
	cliEquivalent: `jobctl ${plan.names.map(name => `'${name}'`).join(' ')} ${plan.value}`.trim(),
	impact: `${plan.names.length} jobs are touched.`,
	checkedIdentity: plan.names.join(', '),
	changes: [],
	risk,
	undo: {
		class: risk === 'low' ? 'exact' : 'none',
		text: risk === 'low' ? 'exact: poke it back' : 'a deleted job cannot be restored',
	},
});

/** An in-memory system with one action for each demand, one that prompts for a value, one without a key, one that is disabled, and the sample inspections. */
export const createMemorySystem = (server: MemoryServer): System => {
	const actions: Action<MemoryRow, Port, Plan>[] = [
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
		action({id: 'postgres.archive', title: 'Archive', risk: 'low'}),
		action({id: 'postgres.never', title: 'Never', key: 'B', risk: 'low'}, {disabled: () => 'the job is asleep'}),
	];
	const system: System<Port> = {
		kind: 'postgres',
		title: 'Jobs',
		sources: [source(), ...(server.logs.length > 0 ? [logSource()] : [])] as readonly Source<Row, Port>[],
		actions: actions as readonly Action<Row, Port>[],
		inspections: sampleInspections<MemoryRow, Port>((row, context) =>
			context.port.server.read(row, context),
		) as readonly Inspection<Row, Port>[],
		findingTypes: [{type: 'postgres.job-waits', actions: ['postgres.stop'], inspections: ['postgres.read']}],
		loadConfig: () => Promise.reject(new Error('it is not configured')),
		connect: async () => ({
			port: {server},
			identify: async () => ({version: '1', who: 'tester', latencyMs: 1, channel: 'local'}),
			permissions: async () => [],
			close: async () => {},
		}),
	};
	return system as System;
};

export const memoryRowsPane: Pane = {
	id: 'jobs',
	title: 'Jobs',
	tab: 'Jobs',
	systems: ['postgres'],
	gauges: [],
	sections: [
		defineSection<MemoryRow>({
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
		defineSection<MemoryRow>({
			kind: 'postgres.statement',
			title: 'logs',
			weight: 1,
			empty: 'no log is written',
			orders: [{title: 'name', compare: (a, b) => a.name.localeCompare(b.name)}],
			columns: [{header: 'NAME', field: 'name', width: 10, grow: true, cell: row => row.name}],
		}),
	],
};

export const paneWithoutSections: Pane = {
	...memoryRowsPane,
	id: 'caches',
	title: 'Caches',
	tab: 'Caches',
	systems: ['redis'],
	sections: [],
};
