import type {Context} from '../../../src/contract/context.ts';
import {defineSource} from '../../../src/contract/define.ts';
import type {Gauge, Snapshot} from '../../../src/contract/row.ts';
import type {Target} from '../../../src/contract/target.ts';
import type {LagRow} from '../../../src/model/kafka/consumer-lag.ts';
import {lagFindings} from '../../../src/model/kafka/consumer-lag-findings.ts';
import {createLagTracker, type GroupRead} from '../../../src/model/kafka/lag-tracker.ts';
import type {KafkaGroupName, KafkaPort, KafkaSettings} from '../../../src/port/kafka.ts';
import {isOverBudget, yieldToLoop} from '../../../src/time/yield.ts';
import {chunks} from '../chunks.ts';
import {kafkaToolCommand} from '../cli-equivalent.ts';
import {createGroupList} from './group-list.ts';
import {
	groupsWithoutOffsetsNotes,
	partialReadText,
	pendingGroupsNotes,
	type ReadProblem,
	unreadableGroupsNotes,
} from './lag-notes.ts';
import {createLogOffsetsReader} from './log-offsets.ts';
import {selectGroupsToRefresh} from './refresh-order.ts';

/** Groups in one request to the brokers. */
const groupsPerRequest = 50;
/** Groups of one turn, once each was read. */
const maxGroupsPerRead = 250;
/** Milliseconds after which a turn ends, and the next one continues. */
const readBudgetMs = 2500;
/** A group that could not be read for this long is shown as unreadable instead of with its last row. */
const staleAfterMs = 60_000;

/** Groups that are not ok, or so far behind that they may soon not be, are read in every turn. */
const isRefreshPriority = (row: LagRow): boolean => row.severity !== 'ok' || (row.timeLag?.ms ?? 0) > 10_000;

function createLagReader(
	port: KafkaPort,
	target: Target<KafkaSettings>,
): (context: Context) => Promise<Snapshot<LagRow, LagGauge['id']>> {
	const tracker = createLagTracker(target.name);
	const list = createGroupList(port, target.settings.groups);
	const readLogOffsets = createLogOffsetsReader(port, tracker);
	const unreadable = new Map<string, ReadProblem>();
	const rows = new Map<string, readonly LagRow[]>();
	const readAt = new Map<string, number>();

	function forgetUnlistedGroups(): void {
		for (const byGroup of [rows, unreadable, readAt])
			for (const group of byGroup.keys()) if (!list.groups.has(group)) byGroup.delete(group);
		tracker.retainOnly(new Set(list.groups.keys()));
	}

	/** Reads the groups of this turn, within the time budget. */
	async function readTurn(context: Context): Promise<readonly GroupRead[]> {
		const priority = new Set([...rows].filter(([, own]) => own.some(isRefreshPriority)).map(([group]) => group));
		const selected = selectGroupsToRefresh([...list.groups.keys()], {readAt, priority}, maxGroupsPerRead);
		const began = context.now();
		const reads: GroupRead[] = [];
		for (const names of chunks(selected, groupsPerRequest)) {
			if (reads.length > 0) {
				if (context.now() - began >= readBudgetMs) break;
				await yieldToLoop();
			}
			const groups = names.flatMap(group => list.groups.get(group) ?? []);
			reads.push(...(await readGroups(port, groups, unreadable, context)));
		}
		return reads;
	}

	async function evaluate(reads: readonly GroupRead[], now: number): Promise<void> {
		for (const read of reads) {
			if (isOverBudget()) await yieldToLoop();
			const {group} = read.name;
			const before = readAt.get(group);
			if (read.offsets === undefined && before !== undefined && now - before < staleAfterMs) continue;
			rows.set(group, tracker.evaluateGroup(read, now));
			readAt.set(group, now);
		}
	}

	return async context => {
		if (await list.refresh(context)) forgetUnlistedGroups();
		const reads = await readTurn(context);
		const now = await readLogOffsets(reads, context);
		await evaluate(reads, now);
		const {groups} = list;
		const sample = partialReadText(reads.length, groups.size, now, readAt);
		// In the order of the list, not of the turns.
		const all = [...groups.keys()].flatMap(group => rows.get(group) ?? []);
		return {
			rows: all,
			gauges: lagGauges(all, groups.size),
			omitted: 0,
			notes: [
				...list.notes,
				...unreadableGroupsNotes(unreadable),
				...groupsWithoutOffsetsNotes([...groups.values()], rows),
				...pendingGroupsNotes(groups.size - rows.size),
			],
			...(sample === undefined ? {} : {sample}),
		};
	};
}

/** Reads members and offsets of groups, and records those whose offsets cannot be read in `unreadable`. */
async function readGroups(
	port: KafkaPort,
	names: readonly KafkaGroupName[],
	unreadable: Map<string, ReadProblem>,
	context: Context,
): Promise<readonly GroupRead[]> {
	const [described, committed] = await Promise.all([
		port.describe(names, context),
		port.committed(
			names.map(({group}) => group),
			context,
		),
	]);
	const groupOf = new Map(described.read.map(group => [group.group, group]));
	const offsetsOf = new Map(committed.read.map(({group, offsets}) => [group, offsets]));
	for (const {group} of names) unreadable.delete(group);
	for (const {of, problem, hint} of committed.failed) unreadable.set(of, {problem, hint});
	return names.map(name => ({
		name,
		described: groupOf.get(name.group),
		offsets: offsetsOf.get(name.group),
		problem: unreadable.get(name.group)?.problem,
	}));
}

const gaugeIds = ['lag', 'groups'] as const;

type LagGauge = Gauge<(typeof gaugeIds)[number]>;

const lagGauges = (rows: readonly LagRow[], groups: number): readonly LagGauge[] => [
	{
		id: 'lag',
		label: 'messages behind',
		value: rows.reduce((sum, row) => sum + (row.lag ?? 0), 0),
		unit: 'count',
		severity: 'ok',
	},
	{id: 'groups', label: 'groups', value: groups, unit: 'count', severity: 'ok'},
];

/** One row for each group and topic, with the number of messages that the group is behind and the time that they stand for. */
export const lagSource = defineSource<LagRow, KafkaPort, KafkaSettings>()({
	kind: 'kafka.lag',
	title: 'Consumer lag',
	gauges: gaugeIds,
	intervalMs: 5000,
	timeoutMs: 20_000,
	cost: 'cheap',
	cliEquivalent: target => [kafkaToolCommand('kafka-consumer-groups.sh', target, ['--describe', '--all-groups'])],
	open: createLagReader,
	findings: ({rows}, _previous, {target}) => lagFindings(rows, target),
});
