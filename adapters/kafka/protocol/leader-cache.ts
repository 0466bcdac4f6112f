import type {MetadataResponse} from './request-cluster.ts';

/** The leaders of partitions, from the last Metadata response of each topic. */
export type LeaderCache = {
	/** By topic, then partition: the broker id of the leader, -1 for none. */
	readonly leaders: ReadonlyMap<string, ReadonlyMap<number, number>>;
	/** Stores the leaders of these topics, or the error of their lookup. */
	record(topics: MetadataResponse['topics']): void;
	/** The error code of the last lookup of a topic; undefined when it succeeded or never happened. */
	errorOf(topic: string): number | undefined;
	/** Forgets the leaders of these topics, not the errors. */
	forget(topics: Iterable<string>): void;
};

export function createLeaderCache(): LeaderCache {
	const leaders = new Map<string, ReadonlyMap<number, number>>();
	const errors = new Map<string, number>();
	return {
		leaders,
		record(topics) {
			for (const {name, error, partitions} of topics) {
				if (error === 0) {
					leaders.set(name, new Map(partitions.map(({partition, leader}) => [partition, leader])));
					errors.delete(name);
				} else {
					leaders.delete(name);
					errors.set(name, error);
				}
			}
		},
		errorOf: topic => errors.get(topic),
		forget(topics) {
			for (const topic of topics) leaders.delete(topic);
		},
	};
}
