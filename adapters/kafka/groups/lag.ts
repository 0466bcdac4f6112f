import type {Context} from '../../../src/contract/context.ts';
import {defineSource} from '../../../src/contract/define.ts';
import type {Note, Snapshot} from '../../../src/contract/row.ts';
import type {Target} from '../../../src/contract/target.ts';
import {AdapterError, messageOf} from '../../../src/errors.ts';
import type {LagRow} from '../../../src/model/kafka/consumer-lag.ts';
import {lagFindings} from '../../../src/model/kafka/consumer-lag-findings.ts';
import {createLagTracker, type GroupRead} from '../../../src/model/kafka/lag-tracker.ts';
import type {
	KafkaGroupName,
	KafkaPort,
	KafkaSettings,
	OffsetSpec,
	PartitionOffset,
	TopicPartition,
} from '../../../src/port/kafka.ts';
import {formatDuration, formatThousands} from '../../../src/text/format.ts';
import {compilePattern, loadPatterns, type Pattern} from '../../../src/text/pattern.ts';
import {isOverBudget, yieldToLoop} from '../../../src/time/yield.ts';
import {chunks} from '../chunks.ts';
import {kafkaToolCommand} from '../cli-equivalent.ts';
import {selectGroupsToRefresh} from './refresh-order.ts';

/** Without it the brokers leave groups out of their list, and do not say so. */
export const describeClusterPermission = 'Describe on the cluster';

const listEveryMs = 10_000;
const topicsEveryMs = 30_000;
const startsEveryMs = 60_000;
/** Groups asked of the brokers at once. */
const batch = 50;
/** Groups of one turn, once each was read. */
const maxGroupsPerRead = 250;
/** After this long the turn ends, and the next goes on. */
const readBudgetMs = 2500;
/** Partitions in one call: an answer with 100,000 of them takes longer to read than a frame. */
const sliceSize = 4000;
/** Topics in one call: some have hundreds of partitions. */
const topicsTogether = 100;
/** What could not be read for so long is shown as that, and not as it was. */
const staleAfterMs = 60_000;

/** Whoever waits in a turn is not well, or so far behind that it soon may not be. */
const isRefreshPriority = (row: LagRow): boolean => row.severity !== 'ok' || (row.timeLag?.ms ?? 0) > 10_000;

const keyOf = ({topic, partition}: TopicPartition): string => `${topic}\n${partition}`;

/** @throws AdapterError `unsupported` when the engine does not know its syntax. */
async function patternOf(groups: string): Promise<Pattern | undefined> {
	await loadPatterns();
	try {
		return compilePattern(groups);
	} catch (error) {
		const hint = 'Correct `groups` of this target in the configuration: it is an expression of RE2.';
		throw new AdapterError('unsupported', `/${groups}/ is no regular expression: ${messageOf(error)}`, hint);
	}
}

function* flattenPartitions(topics: ReadonlyMap<string, ReadonlySet<number>>): Iterable<TopicPartition> {
	for (const [topic, partitions] of topics) for (const partition of partitions) yield {topic, partition};
}

function createLagReader(
	port: KafkaPort,
	target: Target<KafkaSettings>,
): (context: Context) => Promise<Snapshot<LagRow>> {
	const book = createLagTracker(target.name);
	const {groups: pattern} = target.settings;
	let groups = new Map<string, KafkaGroupName>();
	let missing: readonly Note[] = [];
	const unreadable = new Map<string, Problem>();
	const rows = new Map<string, readonly LagRow[]>();
	const readAt = new Map<string, number>();
	const topicsAt = new Map<string, number>();
	const startsAt = new Map<string, number>();
	let listedAt = Number.NEGATIVE_INFINITY;

	async function list(context: Context): Promise<void> {
		if (context.now() - listedAt < listEveryMs) return;
		const {read, failed} = await port.groups(context);
		const watched = pattern === undefined ? undefined : await patternOf(pattern);
		const listed = new Map(
			read.filter(({group}) => watched?.matchesSomewhere(group) ?? true).map(name => [name.group, name] as const),
		);
		// The groups of a broker that did not answer are missing, not gone.
		groups = failed.length === 0 ? listed : new Map([...groups, ...listed]);
		missing = failed.map(({of, problem, hint}) =>
			noteOf(`the groups of broker ${of} could not be listed`, {problem, hint}),
		);
		if (read.length === 0 && failed.length === 0) missing = await hidden(context);
		listedAt = context.now();
		for (const group of rows.keys()) if (!groups.has(group)) rows.delete(group);
		for (const group of unreadable.keys()) if (!groups.has(group)) unreadable.delete(group);
		for (const group of readAt.keys()) if (!groups.has(group)) readAt.delete(group);
		book.retainOnly(new Set(groups.keys()));
	}

	/** Brokers refuse no list: they leave out what may not be described, so that an empty one is not yet the truth. */
	async function hidden(context: Context): Promise<readonly Note[]> {
		const lacks = (await port.permissions(context)).filter(
			({name, state}) => name === describeClusterPermission && state === 'lack',
		);
		return lacks.map(({name, grant}) =>
			noteOf('the brokers name no group', {
				problem: `without ${name} they hide those that this user may not describe`,
				hint: `An administrator grants it with: ${grant}`,
			}),
		);
	}

	async function readGroups(names: readonly KafkaGroupName[], context: Context): Promise<readonly GroupRead[]> {
		const [described, committed] = await Promise.all([
			port.describe(names, context),
			port.committed(
				names.map(({group}) => group),
				context,
			),
		]);
		const groupOf = new Map(described.read.map(one => [one.group, one]));
		const offsetsOf = new Map(committed.read.map(one => [one.group, one.offsets]));
		for (const {group} of names) unreadable.delete(group);
		for (const {of, problem, hint} of committed.failed) unreadable.set(of, {problem, hint});
		return names.map(name => ({
			name,
			described: groupOf.get(name.group),
			offsets: offsetsOf.get(name.group),
			problem: unreadable.get(name.group)?.problem,
		}));
	}

	/** Where nothing of a slice can be read, it may be that nobody leads it: that is told of each row, and fails no read. */
	async function readSlice(
		slice: readonly TopicPartition[],
		spec: OffsetSpec,
		context: Context,
	): Promise<readonly PartitionOffset[]> {
		try {
			return (await port.offsets(slice, spec, context)).read;
		} catch (error) {
			const {read} = await port.topics([...new Set(slice.map(({topic}) => topic))], context);
			const led = new Set(
				read.flatMap(({partitions}) => partitions.filter(({leader}) => leader !== undefined).map(keyOf)),
			);
			if (slice.some(one => led.has(keyOf(one)))) throw error;
			return [];
		}
	}

	/** Reads these logs slice by slice, and gives each slice away at once: all of them together are too much for one turn. */
	async function readOffsets(
		partitions: Iterable<TopicPartition>,
		spec: OffsetSpec,
		context: Context,
		take: (some: readonly PartitionOffset[]) => void,
	): Promise<void> {
		let slice: TopicPartition[] = [];
		for (const one of partitions) {
			if (slice.length >= sliceSize) {
				take(await readSlice(slice, spec, context));
				slice = [];
				await yieldToLoop();
			}
			slice.push(one);
		}
		if (slice.length > 0) take(await readSlice(slice, spec, context));
	}

	/** The topics of these groups, where they are not known or were not looked at for long. */
	async function readTopics(readings: readonly GroupRead[], context: Context): Promise<void> {
		const at = context.now();
		const due = new Set<string>();
		const look = (topic: string) => {
			if (!book.hasTopic(topic) || at - (topicsAt.get(topic) ?? 0) >= topicsEveryMs) due.add(topic);
		};
		for (const {offsets, described} of readings) {
			for (const {topic} of offsets ?? []) look(topic);
			for (const {assignment} of described?.members ?? []) for (const {topic} of assignment ?? []) look(topic);
			if (isOverBudget()) await yieldToLoop();
		}
		for (const [index, some] of chunks([...due], topicsTogether).entries()) {
			if (index > 0) await yieldToLoop();
			book.recordTopics((await port.topics(some, context)).read);
			for (const topic of some) topicsAt.set(topic, at);
		}
	}

	async function readLogs(readings: readonly GroupRead[], context: Context): Promise<number> {
		await readTopics(readings, context);
		const union = new Map<string, Set<number>>();
		for (const reading of readings) {
			for (const [topic, partitions] of book.partitionsOf(reading)) {
				const known = union.get(topic);
				if (known === undefined) union.set(topic, new Set(partitions));
				else for (const partition of partitions) known.add(partition);
			}
			if (isOverBudget()) await yieldToLoop();
		}
		const began = context.now();
		const due = new Map([...union].filter(([topic]) => began - (startsAt.get(topic) ?? 0) >= startsEveryMs));
		await readOffsets(flattenPartitions(due), 'earliest', context, book.recordStarts);
		for (const topic of due.keys()) startsAt.set(topic, began);
		// The ends last: what is committed was read before, and can therefore not be ahead of them.
		const at = context.now();
		await readOffsets(flattenPartitions(union), 'latest', context, some => book.recordEnds(some, at));
		return at;
	}

	return async context => {
		await list(context);
		const pressing = new Set([...rows].filter(([, some]) => some.some(isRefreshPriority)).map(([group]) => group));
		const chosen = selectGroupsToRefresh([...groups.keys()], {readAt, priority: pressing}, maxGroupsPerRead);
		const began = context.now();
		const readings: GroupRead[] = [];
		for (const part of chunks(chosen, batch)) {
			if (readings.length > 0) {
				if (context.now() - began >= readBudgetMs) break;
				await yieldToLoop();
			}
			readings.push(
				...(await readGroups(
					part.flatMap(group => groups.get(group) ?? []),
					context,
				)),
			);
		}
		const at = await readLogs(readings, context);
		for (const reading of readings) {
			if (isOverBudget()) await yieldToLoop();
			const {group} = reading.name;
			const before = readAt.get(group);
			if (reading.offsets === undefined && before !== undefined && at - before < staleAfterMs) continue;
			rows.set(group, book.evaluateGroup(reading, at));
			readAt.set(group, at);
		}
		// In the order of the list, not in that of the turn.
		const all = [...groups.keys()].flatMap(group => rows.get(group) ?? []);
		const unread = groups.size - rows.size;
		return {
			rows: all,
			gauges: [
				{
					id: 'lag',
					label: 'messages behind',
					value: all.reduce((sum, row) => sum + (row.lag ?? 0), 0),
					unit: 'count',
					severity: 'ok',
				},
				{id: 'groups', label: 'groups', value: groups.size, unit: 'count', severity: 'ok'},
			],
			omitted: 0,
			notes: [
				...missing,
				...unreadableNote(unreadable),
				...othersNote([...groups.values()], rows),
				...unreadNote(unread),
			],
			...sampleOf(readings.length, groups.size, at, readAt),
		};
	};
}

type Problem = {readonly problem: string; readonly hint?: string | undefined};

const noteOf = (text: string, {problem, hint}: Problem): Note => ({
	text: `${text}: ${problem}`,
	...(hint === undefined ? {} : {hint}),
	severity: 'unknown',
});

/** One stands for all: what a user may not do with one group is seldom the only one. */
function unreadableNote(groups: ReadonlyMap<string, Problem>): readonly Note[] {
	const [first] = groups.values();
	if (first === undefined) return [];
	const many = `${formatThousands(groups.size)} groups cannot be read, one of them because`;
	return [noteOf(groups.size === 1 ? '1 group cannot be read' : many, first)];
}

const unreadNote = (unread: number): readonly Note[] =>
	unread <= 0 ? [] : [{text: `${formatThousands(unread)} groups are still to be read`, severity: 'ok'}];

/** Workers of Kafka Connect and the like are groups too, and commit nothing. */
function othersNote(groups: readonly KafkaGroupName[], rows: ReadonlyMap<string, readonly LagRow[]>): readonly Note[] {
	const silent = groups.filter(({group, protocolType}) => protocolType !== 'consumer' && rows.get(group)?.length === 0);
	const kinds = [...new Set(silent.flatMap(({protocolType}) => protocolType || []))].toSorted();
	if (kinds.length === 0) return [];
	return [{text: `not listed: ${silent.length} groups that commit no offsets (${kinds.join(', ')})`, severity: 'ok'}];
}

function sampleOf(
	read: number,
	groups: number,
	at: number,
	readAt: ReadonlyMap<string, number>,
): {readonly sample?: string} {
	if (read >= groups) return {};
	const oldest = [...readAt.values()].reduce((least, one) => Math.min(least, one), at);
	return {
		sample: `read ${formatThousands(read)} of ${formatThousands(groups)} groups in this turn, the oldest ${formatDuration((at - oldest) / 1000)} ago`,
	};
}

/** One row for each group and topic: how far it is behind, and what that comes to. */
export const lagSource = defineSource<LagRow, KafkaPort, KafkaSettings>()({
	kind: 'kafka.lag',
	title: 'Consumer lag',
	intervalMs: 5000,
	timeoutMs: 20_000,
	cost: 'cheap',
	cliEquivalent: target => [kafkaToolCommand('kafka-consumer-groups.sh', target, ['--describe', '--all-groups'])],
	open: createLagReader,
	findings: ({rows}, _previous, {target}) => lagFindings(rows, target),
});
