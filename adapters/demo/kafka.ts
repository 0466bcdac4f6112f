import type {Context, Gauge, Row, Source, System, Target} from '../../src/contract.ts';
import {defineInspection, defineSource, defineSystem} from '../../src/define.ts';
import {
	type LagFacts,
	type LagPoint,
	type LagRow,
	lagFindings,
	lagRow,
	nextPoints,
} from '../../src/model/consumer-lag.ts';
import {duration, grouped, rate} from '../../src/text/figures.ts';
import {shellLine} from '../../src/text/quote.ts';
import {demoConnection} from './connection.ts';
import {type Commits, createCommits} from './kafka-commits.ts';
import type {Scenario} from './scenario.ts';

const groupsCommand = (target: Target, ...words: readonly string[]): string =>
	shellLine(['kafka-consumer-groups.sh', '--bootstrap-server', `${target.name}.example.test:9092`, ...words]);

const keyOf = ({group, topic}: LagFacts): string => `${group}/${topic}`;

const gauge = (id: string, label: string, value: number): Gauge => ({id, label, value, unit: 'count', severity: 'ok'});

const lag = defineSource<LagRow, Commits>()({
	kind: 'kafka.lag',
	title: 'Consumer lag',
	intervalMs: 2000,
	timeoutMs: 5000,
	cost: 'cheap',
	reads: target => [groupsCommand(target, '--describe', '--all-groups')],
	open(commits, target) {
		let points: ReadonlyMap<string, readonly LagPoint[]> = new Map();
		return async ({signal}: Context) => {
			signal.throwIfAborted();
			const read = commits.read();
			points = new Map(read.map(({facts, point}) => [keyOf(facts), nextPoints(points.get(keyOf(facts)) ?? [], point)]));
			const rows = read.map(({facts}) => lagRow(target.name, facts, points.get(keyOf(facts)) ?? []));
			return {
				rows,
				gauges: [
					gauge('groups', 'groups', new Set(rows.map(row => row.group)).size),
					gauge('brokers', 'brokers', 3),
					gauge(
						'lag',
						'messages behind',
						rows.reduce((sum, row) => sum + (row.lag ?? 0), 0),
					),
				],
				omitted: 0,
				notes: [],
			};
		};
	},
	findings: ({rows}, _previous, {target}) => lagFindings(rows, target),
});

const sources: readonly Source<Row, Commits>[] = [lag];

const describeGroup = defineInspection<LagRow, Commits>()({
	id: 'kafka.describe-group',
	title: 'Describe group',
	key: 'd',
	kind: 'kafka.lag',
	risk: 'none',
	async open(row, {target, port}) {
		const topics = port.read().filter(({facts}) => facts.group === row.group);
		const why = row.why === undefined ? [] : [{text: row.why, severity: row.severity, loud: true}, {text: ''}];
		const never = row.drainSeconds === Number.POSITIVE_INFINITY;
		return {
			title: row.group,
			reads: [groupsCommand(target, '--describe', '--group', row.group)],
			lines: [
				...why,
				{text: `State         ${row.state}, ${row.members} members`},
				{text: `Produced      ${rate(row.produced)}`},
				{text: `Consumed      ${rate(row.consumed)}`},
				{text: `Caught up in  ${never ? 'never, at this pace' : duration(row.drainSeconds)}`},
				{text: ''},
				...topics.map(({facts: {topic, partitions}, point: {end, committed}}) => ({
					text: `${topic}: ${partitions} partitions, end ${grouped(end)}, committed ${committed === undefined ? 'never' : grouped(committed)}`,
				})),
			],
		};
	},
});

/** Three brokers and 38 groups. */
export const demoKafka = (scenario: Scenario): System =>
	defineSystem({
		kind: 'kafka',
		title: 'Kafka',
		sources,
		actions: [],
		inspections: [describeGroup],
		connect: async () =>
			demoConnection({
				port: createCommits(scenario),
				version: '3.9.1',
				who: 'User:midwatch',
				permissions: [
					{needs: 'groups and their offsets', name: 'Describe on Group:*'},
					{needs: 'log ends', name: 'Describe on Topic:*'},
				],
			}),
	});
