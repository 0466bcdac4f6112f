import {expect, test} from 'vitest';
import {lagSource} from '../../../adapters/kafka/groups/lag.ts';
import type {Context} from '../../../src/contract/context.ts';
import type {Target} from '../../../src/contract/target.ts';
import type {LagRow} from '../../../src/model/kafka/consumer-lag.ts';
import type {KafkaPort, KafkaSettings, TopicPartition} from '../../../src/port/kafka.ts';

const groupCount = 1000;
const partitionCount = 100;

const settings: KafkaSettings = {
	brokers: [{host: 'kafka.example.test', port: 9092}],
	connectTimeoutMs: 1000,
	requestTimeoutMs: 1000,
};
const target: Target<KafkaSettings> = {name: 'kafka-main', kind: 'kafka', production: true, settings};

const pairsOf = (topic: string): readonly TopicPartition[] =>
	Array.from({length: partitionCount}, (_, partition) => ({topic, partition}));

/** 1,000 groups on a topic of 100 partitions each: more than an estate of real brokers holds. Counts its requests. */
function crowd(clock: {now: number}, calls: {groups: number[]; partitions: number[]}, troubled: ReadonlySet<string>) {
	const unused = async () => Promise.reject(new Error('a poll does not ask for this'));
	const end = () => 1000 + clock.now / 100;
	const port: KafkaPort = {
		cluster: unused,
		peek: unused,
		permissions: unused,
		commitOffsets: unused,
		deleteOffsets: unused,
		groups: async () => ({
			read: Array.from({length: groupCount}, (_, at) => ({
				group: `group-${at}`,
				type: 'classic',
				protocolType: 'consumer',
				state: 'Stable',
			})),
			failed: [],
		}),
		describe: async names => ({
			read: names.map(({group}) => ({
				group,
				type: 'classic',
				state: 'Stable',
				epoch: undefined,
				coordinator: 1,
				members: [{id: group, clientId: group, host: '', assignment: pairsOf(`topic-${group}`)}],
			})),
			failed: [],
		}),
		async committed(names) {
			calls.groups.push(names.length);
			return {
				read: names.map(group => ({
					group,
					offsets: troubled.has(group)
						? []
						: pairsOf(`topic-${group}`).map(pair => ({...pair, offset: end(), metadata: ''})),
				})),
				failed: [],
			};
		},
		topics: async names => ({
			read: (names ?? []).map(topic => ({
				topic,
				id: topic,
				internal: false,
				partitions: pairsOf(topic).map(pair => ({...pair, leader: 1, replicas: [1], inSync: [1], offline: []})),
			})),
			failed: [],
		}),
		async offsets(pairs, spec) {
			calls.partitions.push(pairs.length);
			return {read: pairs.map(pair => ({...pair, offset: spec === 'earliest' ? 0 : end()})), failed: []};
		},
	};
	return port;
}

test('1,000 groups are read in portions, unhealthy ones every time, and each shows the age of its read', async () => {
	const clock = {now: 1_000_000};
	const calls = {groups: [] as number[], partitions: [] as number[]};
	const troubled = new Set(['group-7', 'group-700']);
	const context: Context = {signal: new AbortController().signal, now: () => clock.now};
	const read = lagSource.open(crowd(clock, calls, troubled), target);
	const turn = async () => {
		calls.groups.length = 0;
		calls.partitions.length = 0;
		const snapshot = await read(context);
		clock.now += 5000;
		return snapshot;
	};
	const first = await turn();
	expect(first.rows).toHaveLength(groupCount);
	expect(first.sample).toBeUndefined();
	const readAts = new Map<string, number>();
	for (let at = 0; at < 8; at += 1) {
		const {rows, sample} = await turn();
		expect(rows).toHaveLength(groupCount);
		expect(sample).toMatch(/^this poll read 250 of 1,000 groups; the oldest lag shown was read \d+s ago$/);
		expect(calls.groups.reduce((sum, one) => sum + one, 0)).toBe(250);
		expect(Math.max(...calls.groups)).toBeLessThanOrEqual(50);
		expect(Math.max(...calls.partitions)).toBeLessThanOrEqual(4000);
		for (const row of rows as readonly LagRow[]) readAts.set(row.group, row.readAt);
		for (const group of troubled) expect(readAts.get(group)).toBe(clock.now - 5000);
	}
	// Every group was read within the last five turns.
	expect(Math.min(...readAts.values())).toBeGreaterThanOrEqual(clock.now - 5 * 5000);
});
