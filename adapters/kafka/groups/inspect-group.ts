import {defineInspection} from '../../../src/contract/define.ts';
import type {DocumentLine} from '../../../src/contract/document.ts';
import {factLine} from '../../../src/model/document-lines.ts';
import type {LagRow} from '../../../src/model/kafka/consumer-lag.ts';
import {formatTimeLag} from '../../../src/model/kafka/consumer-lag-findings.ts';
import type {KafkaMember, KafkaPort, KafkaSettings} from '../../../src/port/kafka.ts';
import {cleanLine} from '../../../src/text/clean.ts';
import {formatDuration, formatRate, formatThousands} from '../../../src/text/format.ts';
import {formatTable} from '../../../src/text/text-table.ts';
import {kafkaToolCommand} from '../cli-equivalent.ts';
import {type GroupLags, readGroupLags} from './group-lags.ts';

function rateLines(row: LagRow): readonly DocumentLine[] {
	if (row.topic === '') return [];
	const never = row.drainSeconds === Number.POSITIVE_INFINITY;
	const drain = row.lag === 0 ? 'no lag' : never ? 'never, at these rates' : formatDuration(row.drainSeconds);
	return [
		factLine('produced', `${formatRate(row.producedPerSecond)} on ${row.topic}`),
		factLine('consumed', formatRate(row.consumedPerSecond)),
		factLine('time lag', formatTimeLag(row.timeLag) ?? '?'),
		factLine('caught up in', drain),
	];
}

function topicLines({partitions, problem}: GroupLags): readonly DocumentLine[] {
	const byTopic = Map.groupBy(partitions, one => one.topic);
	const rows = [...byTopic].map(([topic, some]) => {
		const withKnownLag = some.filter(one => one.lag !== undefined);
		const lag = withKnownLag.reduce((sum, one) => sum + (one.lag ?? 0), 0);
		const unassigned = some.filter(one => one.member === undefined).length;
		return [
			topic,
			String(some.length),
			withKnownLag.length === 0 ? '?' : formatThousands(lag),
			withKnownLag.length < some.length ? `${some.length - withKnownLag.length} with unknown lag` : '',
			unassigned > 0 ? `${unassigned} not assigned` : '',
		];
	});
	if (rows.length === 0 && problem !== undefined) return [{text: `its offsets are unknown: ${problem}`}];
	if (rows.length === 0) return [{text: 'The group has no committed offset and no assigned partition.'}];
	return formatTable([['TOPIC', 'PARTITIONS', 'LAG', '', ''], ...rows], [1, 2]).map(text => ({text}));
}

function memberLines({group, partitions}: GroupLags): readonly DocumentLine[] {
	if (group === undefined) return [];
	if (group.members.length === 0) return [{text: 'No members.'}];
	const owned = Map.groupBy(partitions, one => one.member);
	const row = (member: KafkaMember) => {
		const its = owned.get(member) ?? [];
		const lag = its.reduce((sum, one) => sum + (one.lag ?? 0), 0);
		const reads = member.assignment === undefined ? 'not reported' : `${member.assignment.length}`;
		return [
			cleanLine(member.clientId),
			cleanLine(member.host),
			reads,
			formatThousands(lag),
			cleanLine(member.instanceId ?? ''),
			cleanLine(member.id),
		];
	};
	const rows = group.members.map(row);
	const idle = group.members.filter(member => member.assignment?.length === 0).length;
	return [
		...formatTable([['CLIENT', 'HOST', 'PARTITIONS', 'LAG', 'INSTANCE', 'MEMBER'], ...rows], [2, 3]).map(text => ({
			text,
		})),
		...(idle > 0 ? [{text: `${idle === 1 ? '1 member has' : `${idle} members have`} no assigned partitions.`}] : []),
	];
}

/** Shows the members of a group, the partitions that each reads, and their lag. */
export const inspectGroup = defineInspection<LagRow, KafkaPort, KafkaSettings>()({
	id: 'kafka.describe-group',
	title: 'Group and members',
	key: 'd',
	kind: 'kafka.lag',
	risk: 'none',
	async open(row, {port, target, signal, now}) {
		const lags = await readGroupLags(port, row, {signal, now});
		const all = row.topic === '' ? lags : await readGroupLags(port, {group: row.group}, {signal, now});
		const {group} = all;
		const lines: readonly DocumentLine[] = [
			...(row.why === undefined ? [] : [{text: row.why, severity: row.severity, loud: true}, {text: ''}]),
			factLine('type', group?.type ?? row.type),
			factLine('state', group?.state ?? (row.state || 'not reported')),
			...(group === undefined ? [factLine('not described', all.problem ?? 'the brokers do not say why')] : []),
			...(group?.coordinator === undefined ? [] : [factLine('coordinator', `broker ${group.coordinator}`)]),
			...(group?.epoch === undefined ? [] : [factLine('epoch', String(group.epoch))]),
			factLine('rebalances', `${row.rebalances} seen in 5 minutes`),
			...rateLines(row),
			{text: ''},
			...topicLines(all),
			{text: ''},
			...memberLines(all),
		];
		return {
			title: `Group ${row.group} of ${target.name}`,
			lines,
			cliEquivalent: [
				kafkaToolCommand('kafka-consumer-groups.sh', target, ['--describe', '--group', row.group, '--state']),
				kafkaToolCommand('kafka-consumer-groups.sh', target, [
					'--describe',
					'--group',
					row.group,
					'--members',
					'--verbose',
				]),
				kafkaToolCommand('kafka-consumer-groups.sh', target, ['--describe', '--group', row.group]),
			],
		};
	},
});
