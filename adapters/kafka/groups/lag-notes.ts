import type {Note} from '../../../src/contract/row.ts';
import type {LagRow} from '../../../src/model/kafka/consumer-lag.ts';
import type {KafkaGroupName} from '../../../src/port/kafka.ts';
import {formatDuration, formatThousands} from '../../../src/text/format.ts';

export type ReadProblem = {readonly problem: string; readonly hint?: string | undefined};

export const problemNote = (text: string, {problem, hint}: ReadProblem): Note => ({
	text: `${text}: ${problem}`,
	...(hint === undefined ? {} : {hint}),
	severity: 'unknown',
});

/** One note for all unreadable groups, with the first problem: they usually have the same one. */
export function unreadableGroupsNote(groups: ReadonlyMap<string, ReadProblem>): readonly Note[] {
	const [first] = groups.values();
	if (first === undefined) return [];
	const several = `${formatThousands(groups.size)} groups cannot be read, one of them because`;
	return [problemNote(groups.size === 1 ? '1 group cannot be read' : several, first)];
}

export const pendingGroupsNote = (count: number): readonly Note[] =>
	count <= 0 ? [] : [{text: `${formatThousands(count)} groups are still to be read`, severity: 'ok'}];

/** Workers of Kafka Connect and others are groups too, and commit no offsets. */
export function otherGroupsNote(
	groups: readonly KafkaGroupName[],
	rows: ReadonlyMap<string, readonly LagRow[]>,
): readonly Note[] {
	const others = groups.filter(({group, protocolType}) => protocolType !== 'consumer' && rows.get(group)?.length === 0);
	const types = [...new Set(others.flatMap(({protocolType}) => protocolType || []))].toSorted();
	if (types.length === 0) return [];
	return [{text: `not listed: ${others.length} groups that commit no offsets (${types.join(', ')})`, severity: 'ok'}];
}

/** How many of the groups the last read covered; empty when it was all of them. `readAt`: when each group was read. */
export function sampleOf(
	read: number,
	groups: number,
	now: number,
	readAt: ReadonlyMap<string, number>,
): {readonly sample?: string} {
	if (read >= groups) return {};
	const oldest = [...readAt.values()].reduce((earliest, at) => Math.min(earliest, at), now);
	return {
		sample: `read ${formatThousands(read)} of ${formatThousands(groups)} groups in this turn, the oldest ${formatDuration((now - oldest) / 1000)} ago`,
	};
}
