import type {LagFacts, LagPoint} from '../../src/model/consumer-lag.ts';
import {hasTrouble, type Scenario} from './scenario.ts';

/** One group on one topic, and where both stood when the brokers were asked. */
export type CommitRecord = {readonly facts: LagFacts; readonly point: LagPoint};

/** What the brokers of the demo tell, at the moment they are asked. */
export type Commits = {read(): readonly CommitRecord[]};

/** Messages a second that the topic takes in. */
const topics: Readonly<Record<string, number>> = {
	'order-events': 1200,
	'payment-events': 640,
	'stock-changes': 410,
	notify: 90,
	clicks: 2600,
	'search-updates': 220,
	'price-changes': 36,
	'media-uploads': 14,
	'identity-events': 120,
	audit: 300,
};

const groups: Readonly<Record<string, readonly string[]>> = {
	'order-processing': ['order-events'],
	'order-history': ['order-events'],
	'order-export': ['order-events', 'payment-events'],
	'order-metrics': ['order-events'],
	shipping: ['order-events', 'stock-changes'],
	'stock-keeper': ['order-events', 'stock-changes'],
	'stock-alerts': ['stock-changes'],
	'stock-search': ['stock-changes'],
	ledger: ['payment-events'],
	reconciler: ['payment-events'],
	'fraud-scoring': ['payment-events', 'order-events'],
	'payment-metrics': ['payment-events'],
	refunds: ['payment-events'],
	mailer: ['notify'],
	push: ['notify'],
	sms: ['notify'],
	'notify-metrics': ['notify'],
	clickstream: ['clicks'],
	recommendations: ['clicks', 'order-events'],
	'ab-tests': ['clicks'],
	sessions: ['clicks'],
	'click-archive': ['clicks'],
	indexer: ['search-updates'],
	suggest: ['search-updates'],
	'search-metrics': ['search-updates'],
	pricing: ['price-changes'],
	'price-history': ['price-changes'],
	'price-feeds': ['price-changes'],
	thumbnails: ['media-uploads'],
	transcoder: ['media-uploads'],
	'virus-scan': ['media-uploads'],
	'profile-sync': ['identity-events'],
	'login-alerts': ['identity-events'],
	'token-cleanup': ['identity-events'],
	'identity-archive': ['identity-events'],
	'audit-sink': ['audit'],
	'audit-archive': ['audit'],
	'audit-alerts': ['audit'],
};

type Pair = {readonly group: string; readonly topic: string; readonly perSecond: number};

/** How far a group is behind on a topic, and who reads it. Seconds since the demo began. */
type Behaviour = {readonly lag: (seconds: number) => number | undefined; readonly members?: number};

export function createCommits(scenario: Scenario): Commits {
	const pairs: readonly Pair[] = Object.entries(groups).flatMap(([group, read]) =>
		read.map(topic => ({group, topic, perSecond: topics[topic] ?? 1})),
	);
	const trouble = troubles(scenario);
	return {
		read() {
			const at = scenario.now();
			const seconds = (at - scenario.startedAt) / 1000;
			return pairs.map(({group, topic, perSecond}) => {
				const key = `${group}/${topic}`;
				const behaviour = trouble[key] ?? {lag: () => ripple(scenario, key, perSecond)};
				const end = Math.floor(perSecond * (86_400 * (3 + 20 * scenario.fixed(topic)) + seconds));
				const lag = behaviour.lag(seconds);
				const members = behaviour.members ?? 2 + Math.floor(scenario.fixed(`${group} members`) * 6);
				const state = members === 0 ? 'Empty' : 'Stable';
				return {
					facts: {group, topic, partitions: perSecond > 500 ? 24 : 12, members, state},
					point: {at, end, committed: lag === undefined ? undefined : end - Math.floor(lag)},
				};
			});
		},
	};
}

/** Some seconds of messages are always on their way. It wanders so slowly that the committed offset never goes back. */
const ripple = (scenario: Scenario, key: string, perSecond: number): number =>
	perSecond * (0.2 + 3 * scenario.wave(`${key} lag`, 30_000));

function troubles(scenario: Scenario): Readonly<Record<string, Behaviour>> {
	if (!hasTrouble(scenario, 'lag')) return {};
	const growing: Behaviour = {lag: seconds => 84_000 + 212 * seconds};
	const uncommitted: Behaviour = {lag: () => undefined};
	const common = {'order-processing/order-events': growing, 'audit-sink/audit': uncommitted};
	if (scenario.name !== 'storm') return common;
	return {
		...common,
		'ledger/payment-events': {lag: seconds => 520_000 + 410 * seconds},
		'mailer/notify': {lag: seconds => 31_000 + 90 * seconds, members: 0},
	};
}
