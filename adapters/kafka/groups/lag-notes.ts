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

/** At most one note: how many groups cannot be read, and the problem of the first. They usually have the same one. */
export function unreadableGroupsNotes(groups: ReadonlyMap<string, ReadProblem>): readonly Note[] {
	const [first] = groups.values();
	if (first === undefined) return [];
	const several = `${formatThousands(groups.size)} groups cannot be read, one of them because`;
	return [problemNote(groups.size === 1 ? '1 group cannot be read' : several, first)];
}

/** At most one note: how many groups have not been read yet. */
export const pendingGroupsNotes = (count: number): readonly Note[] =>
	count <= 0 ? [] : [{text: `${formatThousands(count)} groups are still to be read`, severity: 'ok'}];

/**
 * At most one note: how many groups are not listed because they commit no offsets, with their protocol types. Workers of Kafka Connect and
 * Schema Registry are such groups. Groups without a protocol type are not counted: they have never had a member.
 */
export function groupsWithoutOffsetsNotes(
	groups: readonly KafkaGroupName[],
	rows: ReadonlyMap<string, readonly LagRow[]>,
): readonly Note[] {
	const others = groups.filter(
		({group, protocolType}) => protocolType !== 'consumer' && protocolType !== '' && rows.get(group)?.length === 0,
	);
	const types = [...new Set(others.map(({protocolType}) => protocolType))].toSorted();
	if (types.length === 0) return [];
	return [{text: `not listed: ${others.length} groups that commit no offsets (${types.join(', ')})`, severity: 'ok'}];
}

/** The line that says how many groups the last poll read and how old the oldest lag is; undefined when it read all. `readAt`: epoch ms. */
export function partialReadText(
	read: number,
	groups: number,
	now: number,
	readAt: ReadonlyMap<string, number>,
): string | undefined {
	if (read >= groups) return undefined;
	const oldest = [...readAt.values()].reduce((earliest, at) => Math.min(earliest, at), now);
	return `this poll read ${formatThousands(read)} of ${formatThousands(groups)} groups; the oldest lag shown was read ${formatDuration((now - oldest) / 1000)} ago`;
}
