import type {Finding} from '../../contract/finding.ts';
import {createFinding} from '../../contract/finding-type.ts';
import {formatCount, formatDuration, formatRate, formatThousands} from '../../text/format.ts';
import {isAbandoned, type LagRow, type UnknownLagReason} from './consumer-lag.ts';
import {
	groupRebalancing,
	groupRewound,
	groupStalled,
	groupStopped,
	groupsAbandoned,
	lagGrowing,
	lagUnknown,
	messagesLost,
} from './kafka-finding-types.ts';
import type {TimeLag} from './offset-table.ts';
import {rebalanceLimit} from './rebalance-history.ts';

/** More groups than this that were without members from the start share one finding: most are leftovers that no one uses. */
const maxStoppedGroups = 3;

/** `6m12s`, `>10m00s`; undefined when it is unknown. */
export function formatTimeLag(lag: TimeLag | undefined): string | undefined {
	if (lag === undefined) return undefined;
	return lag.atLeast ? `>${formatDuration(lag.ms / 1000)}` : formatDuration(lag.ms / 1000);
}

/** One finding for each problem of a group, on however many topics: it names the worst topic. */
export function lagFindings(rows: readonly LagRow[], target: string): readonly Finding[] {
	const wrong = rows.filter(row => row.severity !== 'ok');
	const abandoned = wrong.filter(row => row.evaluation === 'stop' && row.members === 0 && !row.wasActive);
	const fold =
		new Set(abandoned.map(row => row.group)).size > maxStoppedGroups ? new Set(abandoned) : new Set<LagRow>();
	const byProblem = Map.groupBy(
		wrong.filter(row => !fold.has(row)),
		row => `${row.group}/${kindOf(row)}`,
	);
	const findings = [...byProblem.values()].flatMap(same => {
		const [worst] = same.toSorted((a, b) => (b.lag ?? 0) - (a.lag ?? 0));
		return worst === undefined || worst.severity === 'ok'
			? []
			: [findingOf(worst, worst.severity, same.length, target)];
	});
	return fold.size === 0 ? findings : [...findings, abandonedGroupsFinding([...fold], target)];
}

function findingOf(row: LagRow, severity: Finding['severity'], topics: number, target: string): Finding {
	const otherTopicsText = topics === 1 ? '' : `, and on ${topics - 1} more topic${topics === 2 ? '' : 's'}`;
	return createFinding(findingType(row), {
		id: `${target}/lag/${row.id}/${kindOf(row)}`,
		target,
		severity,
		sentence: sentence(row) + otherTopicsText,
		...sinceWhen(row),
		row: {kind: 'kafka.lag', id: row.id},
		kind: 'kafka.lag',
		evidence: evidence(row),
		...(row.topic === '' ? {inspections: ['kafka.describe-group']} : {}),
	});
}

/** Since when a group has its problem: without progress, since the oldest waiting message came in. A growing lag takes several reads to see. */
function sinceWhen({evaluation, timeLag, readAt}: LagRow): Pick<Finding, 'since' | 'atLeast'> {
	if (evaluation === 'warn') return {atLeast: true};
	if ((evaluation !== 'stop' && evaluation !== 'stall') || timeLag === undefined) return {};
	return {since: readAt - timeLag.ms, ...(timeLag.atLeast ? {atLeast: true} : {})};
}

const isReported = (evaluation: LagRow['evaluation']): boolean => evaluation !== 'ok';

/** The kind of the problem, as the id of a finding names it. `ok` with a severity is a problem other than the lag. */
function kindOf(row: LagRow): string {
	if (isReported(row.evaluation)) return row.evaluation.replace(' ', '-');
	return row.rebalances >= rebalanceLimit ? 'rebalancing' : row.severity === 'unknown' ? 'no-commit' : 'deleted';
}

/** The type of the finding on a row that is not well. */
function findingType({evaluation, rebalances, severity}: LagRow): typeof groupStopped | typeof groupStalled {
	switch (evaluation) {
		case 'stop':
			return groupStopped;
		case 'stall':
			return groupStalled;
		case 'warn':
			return lagGrowing;
		case 'rewind':
			return groupRewound;
		case 'ok':
			if (rebalances >= rebalanceLimit) return groupRebalancing;
			return severity === 'unknown' ? lagUnknown : messagesLost;
		default:
			return lagUnknown;
	}
}

function abandonedGroupsFinding(rows: readonly LagRow[], target: string): Finding {
	const names = [...new Set(rows.map(row => row.group))].toSorted();
	const lag = rows.reduce((sum, row) => sum + (row.lag ?? 0), 0);
	return createFinding(groupsAbandoned, {
		id: `${target}/lag/without-members`,
		target,
		severity: 'warn',
		sentence: `${names.length} groups have no members and ${formatCount(lag)} messages wait for them`,
		kind: 'kafka.lag',
		evidence: [
			...rows.slice(0, 20).map(row => `${row.group} on ${row.topic}: ${formatCount(row.lag)} behind`),
			...(rows.length > 20 ? [`and ${rows.length - 20} more`] : []),
			'they were like this when midwatch started: groups that are no longer needed can be deleted',
		],
	});
}

const unknownSentences: Readonly<Record<UnknownLagReason, string>> = {
	'no commit': 'so its lag is unknown',
	offline: 'so its lag is unknown',
	share: 'its lag is not reported',
	unread: 'its lag is not reported',
};

function sentence(row: LagRow): string {
	const {group, topic, lag, growthPerSecond: growth, why, evaluation, timeLag} = row;
	const where = topic === '' ? '' : ` on ${topic}`;
	const behind = `${group} is ${formatCount(lag)} behind${where}`;
	if (evaluation === 'warn' && growth !== undefined && growth > 0) {
		const time = formatTimeLag(timeLag);
		return `${behind}${time === undefined ? '' : ` (${time})`}, +${formatRate(growth)}: never catches up`;
	}
	if (evaluation === 'ok') return `${group}${where} ${row.severity === 'unknown' ? 'has ' : ''}${why}`;
	if (evaluation in unknownSentences) {
		return `${group}${where}: ${why}, ${unknownSentences[evaluation as UnknownLagReason]}`;
	}
	return evaluation === 'rewind' ? `${group}${where} ${why} and reads them again` : `${behind}: ${why}`;
}

function evidence(row: LagRow): readonly string[] {
	const {lag, partitions, producedPerSecond: produced, consumedPerSecond: consumed, state, members, worst, type} = row;
	const who = members === undefined ? 'an unknown number of members' : `${members} members`;
	const time = formatTimeLag(row.timeLag);
	return [
		`lag ${lag === undefined ? 'unknown' : formatThousands(lag)} over ${partitions} partitions`,
		...(time === undefined ? [] : [`the oldest message that waits came in ${time} ago`]),
		`produced ${formatRate(produced)}, consumed ${formatRate(consumed)}`,
		`${type} group, ${state || 'its state is not reported'}, ${who}`,
		...(worst?.committed === undefined || worst.end === undefined
			? []
			: [
					`worst is partition ${worst.partition}: committed ${formatThousands(worst.committed)}, end ${formatThousands(worst.end)}`,
				]),
		...(isAbandoned(row) ? ['no member is assigned any partition of it'] : []),
	];
}
