import {describe, expect, it, test} from 'vitest';
import {clusterFindings, type DeadLetters, isDeadLetter, topicRow} from '../../../../src/model/kafka/kafka-topic.ts';
import type {KafkaTopic} from '../../../../src/port/kafka.ts';

type Placed = {readonly leader: number | undefined; readonly inSync: readonly number[]};

const topic = (name: string, ...placed: readonly Placed[]): KafkaTopic => ({
	topic: name,
	id: 'a',
	internal: false,
	partitions: placed.map(({leader, inSync}, partition) => ({
		topic: name,
		partition,
		leader,
		replicas: [1, 2, 3],
		inSync,
		offline: [],
	})),
});

const row = (of: KafkaTopic, letters?: DeadLetters) => topicRow('kafka', of, letters);

const well: Placed = {leader: 1, inSync: [1, 2, 3]};
const without3: Placed = {leader: 1, inSync: [1, 2]};
const offline: Placed = {leader: undefined, inSync: []};

describe('a topic', () => {
	it.each([
		['orders-dlq', true],
		['orders.DLT', true],
		['dlq.orders', true],
		['orders-dead-letter', true],
		['orders.dead-letter-queue', true],
		['deadletter_topic', true],
		['orders-deadletters', true],
		['orders', false],
		['headless-letters', false],
		['adlquisition', false],
		['deadlines', false],
	])('%s: dead letters %s', (name, letters) => {
		expect(isDeadLetter(name)).toBe(letters);
	});

	it.each<[string, KafkaTopic, DeadLetters | undefined, string, string | undefined]>([
		['in sync', topic('a', well, well), undefined, 'ok', undefined],
		['misses a replica', topic('a', well, without3), undefined, 'warn', '1 of 2 partitions miss replicas on broker 3'],
		['has no leader', topic('a', without3, offline), undefined, 'crit', '1 of 2 partitions have no leader'],
		['rests', topic('a-dlq', well), {messages: 40, recentGrowth: undefined}, 'ok', undefined],
		[
			'grows',
			topic('a-dlq', well),
			{messages: 40, recentGrowth: {messages: 30, seconds: 60}},
			'warn',
			'30 messages in 1m00s, 0.5/s',
		],
	])('%s', (_, of, letters, severity, why) => {
		expect(row(of, letters)).toMatchObject({severity, ...(why === undefined ? {} : {why})});
		expect(row(of, letters).why).toBe(why);
	});
});

const sentences = (...args: Parameters<typeof clusterFindings>) =>
	clusterFindings(...args).map(({severity, sentence}) => `${severity} ${sentence}`);

test('a lost broker explains why its replicas are missing', () => {
	const rows = [row(topic('a', without3, without3)), row(topic('b', well, without3)), row(topic('c', well))];
	const seen = {id: 3, host: 'kafka-3', port: 9092, since: 77};
	expect(sentences(rows, [{id: 3, lastSeen: seen}], 'kafka')).toEqual([
		'crit broker 3 (kafka-3:9092) is down: 3 partitions of 2 topics are under-replicated',
	]);
	expect(clusterFindings(rows, [{id: 3, lastSeen: seen}], 'kafka')[0]?.since).toBe(77);
	expect(sentences([], [{id: 3}], 'kafka')).toEqual(['crit broker 3 is down']);
});

test('without a lost broker under-replicated topics share one finding, and each offline topic has its own', () => {
	const rows = [row(topic('a', without3, without3)), row(topic('b', well, without3)), row(topic('c', offline))];
	expect(sentences(rows, [], 'kafka')).toEqual([
		'crit c: 1 of 1 partitions have no leader, nothing can be written to them or read',
		'warn 3 partitions of 2 topics are under-replicated',
	]);
	expect(sentences(rows.slice(1, 2), [], 'kafka')).toEqual(['warn b: 1 of 2 partitions miss replicas on broker 3']);
	const both = row(topic('d-dlq', without3), {messages: 9, recentGrowth: {messages: 3, seconds: 1}});
	expect(sentences([both], [{id: 3}], 'kafka')).toContain('warn d-dlq grows: 3 messages in 1s, 3/s');
	expect(
		sentences([row(topic('d-dlq', well), {messages: 9, recentGrowth: {messages: 3, seconds: 1}})], [], 'kafka'),
	).toEqual(['warn d-dlq grows: 3 messages in 1s, 3/s']);
});
