import {defineInspection} from '../../../src/contract/define.ts';
import type {Line} from '../../../src/contract/document.ts';
import type {LagRow} from '../../../src/model/kafka/consumer-lag.ts';
import {timeLagText} from '../../../src/model/kafka/consumer-lag-findings.ts';
import type {KafkaMember, KafkaPort} from '../../../src/port/kafka.ts';
import {cleanLine} from '../../../src/text/clean.ts';
import {duration, grouped, rate} from '../../../src/text/format.ts';
import {table} from '../../../src/text/text-table.ts';
import {kafkaTool} from '../cli-equivalent.ts';
import {type GroupLags, readGroupLags} from './group-lags.ts';

const fact = (label: string, value: string): Line => ({text: `${label.padEnd(16)}${value}`});

function pace(row: LagRow): readonly Line[] {
	if (row.topic === '') return [];
	const never = row.drainSeconds === Number.POSITIVE_INFINITY;
	const drain = row.lag === 0 ? 'nothing waits' : never ? 'never, at this pace' : duration(row.drainSeconds);
	return [
		fact('comes in', `${rate(row.produced)} on ${row.topic}`),
		fact('is read', rate(row.consumed)),
		fact('behind by', timeLagText(row.timeLag) ?? '?'),
		fact('caught up in', drain),
	];
}

function topicLines({partitions}: GroupLags): readonly Line[] {
	const byTopic = Map.groupBy(partitions, one => one.topic);
	const rows = [...byTopic].map(([topic, some]) => {
		const known = some.filter(one => one.lag !== undefined);
		const lag = known.reduce((sum, one) => sum + (one.lag ?? 0), 0);
		const unread = some.filter(one => one.member === undefined).length;
		return [
			topic,
			String(some.length),
			known.length === 0 ? '?' : grouped(lag),
			known.length < some.length ? `${some.length - known.length} without an offset` : '',
			unread > 0 ? `${unread} read by nobody` : '',
		];
	});
	if (rows.length === 0) return [{text: 'It has committed no offset and reads no topic.'}];
	return table([['TOPIC', 'PARTITIONS', 'LAG', '', ''], ...rows], [1, 2]).map(text => ({text}));
}

function memberLines({group, partitions}: GroupLags): readonly Line[] {
	if (group === undefined) return [];
	if (group.members.length === 0) return [{text: 'No members.'}];
	const owned = Map.groupBy(partitions, one => one.member);
	const row = (member: KafkaMember) => {
		const its = owned.get(member) ?? [];
		const lag = its.reduce((sum, one) => sum + (one.lag ?? 0), 0);
		const reads = member.assignment === undefined ? 'not told' : `${member.assignment.length}`;
		return [
			cleanLine(member.clientId),
			cleanLine(member.host),
			reads,
			grouped(lag),
			cleanLine(member.instanceId ?? ''),
			cleanLine(member.id),
		];
	};
	const rows = group.members.map(row);
	const idle = group.members.filter(member => member.assignment?.length === 0).length;
	return [
		...table([['CLIENT', 'HOST', 'PARTITIONS', 'LAG', 'INSTANCE', 'MEMBER'], ...rows], [2, 3]).map(text => ({text})),
		...(idle > 0 ? [{text: `${idle} members have nothing to read: there are more members than partitions.`}] : []),
	];
}

/** Who is in the group, what each member reads, and how far it is. */
export const inspectGroup = defineInspection<LagRow, KafkaPort>()({
	id: 'kafka.describe-group',
	title: 'Group and members',
	key: 'd',
	kind: 'kafka.lag',
	risk: 'none',
	async open(row, {port, target, signal, now}) {
		const lags = await readGroupLags(port, row, {signal, now});
		const all = row.topic === '' ? lags : await readGroupLags(port, {group: row.group}, {signal, now});
		const {group} = all;
		const lines: readonly Line[] = [
			...(row.why === undefined ? [] : [{text: row.why, severity: row.severity, loud: true}, {text: ''}]),
			fact('type', group?.type ?? row.type),
			fact('state', group?.state ?? (row.state || 'not told')),
			...(group === undefined ? [fact('not described', all.problem ?? 'the brokers do not tell why')] : []),
			...(group?.coordinator === undefined ? [] : [fact('coordinator', `broker ${group.coordinator}`)]),
			...(group?.epoch === undefined ? [] : [fact('epoch', String(group.epoch))]),
			fact('rebalances', `${row.rebalances} seen in 5 minutes`),
			...pace(row),
			{text: ''},
			...topicLines(all),
			{text: ''},
			...memberLines(all),
		];
		return {
			title: `Group ${row.group} of ${target.name}`,
			lines,
			reads: [
				kafkaTool('kafka-consumer-groups.sh', target, ['--describe', '--group', row.group, '--state']),
				kafkaTool('kafka-consumer-groups.sh', target, ['--describe', '--group', row.group, '--members', '--verbose']),
				kafkaTool('kafka-consumer-groups.sh', target, ['--describe', '--group', row.group]),
			],
		};
	},
});
