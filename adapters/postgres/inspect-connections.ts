import {defineInspection} from '../../src/contract/define.ts';
import type {DocumentLine} from '../../src/contract/document.ts';
import {connectionsSeverity} from '../../src/model/postgres/postgres-health.ts';
import {type PostgresSessionRow, sessionKind} from '../../src/model/postgres/postgres-session.ts';
import type {ConnectionGroupRecord, PostgresPort, PostgresSettings} from '../../src/port/postgres.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {fitCells} from '../../src/text/fit.ts';
import {formatDuration, formatPercent} from '../../src/text/format.ts';
import {psqlCommand} from './cli-equivalent.ts';
import {connectionGroupsSql} from './sql.ts';

const nameCells = 28;

function applicationLines(groups: readonly ConnectionGroupRecord[]): readonly DocumentLine[] {
	const byApplication = Map.groupBy(groups, group => group.application);
	const size = (of: readonly ConnectionGroupRecord[]) => of.reduce((sum, group) => sum + group.count, 0);
	return [...byApplication]
		.toSorted(([, a], [, b]) => size(b) - size(a))
		.flatMap(([application, own]) => [
			{
				text: `${fitCells(application === '' ? '(no name)' : cleanLine(application), nameCells)} ${fitCells(String(size(own)), 6, 'right')}`,
				loud: true,
			},
			...own.map(group => {
				const who = `  ${cleanLine(group.user)} on ${cleanLine(group.database)}`;
				const oldest =
					group.oldestSeconds === undefined ? '' : `, since ${formatDuration(group.oldestSeconds)} at most`;
				return {
					text: `${fitCells(who, nameCells)} ${fitCells(String(group.count), 6, 'right')}  ${group.state}${oldest}`,
				};
			}),
		]);
}

export const inspectConnections = defineInspection<PostgresSessionRow, PostgresPort, PostgresSettings>()({
	id: 'postgres.connections',
	title: 'Connections by application',
	key: 'w',
	kind: sessionKind,
	risk: 'none',
	async open(_row, {port, target, signal}) {
		const overview = await port.overview({signal});
		const groups = await port.connectionGroups({signal});
		const {connections, connectionLimit} = overview;
		const listed = groups.reduce((sum, group) => sum + group.count, 0);
		return {
			title: 'Connections by application',
			cliEquivalent: [psqlCommand(target, connectionGroupsSql)],
			lines: [
				{
					text: `${connections} of ${connectionLimit} are taken, ${formatPercent(connections / connectionLimit)}`,
					severity: connectionsSeverity(connections, connectionLimit),
					loud: true,
				},
				{text: ''},
				...applicationLines(groups),
				...(listed < connections ? [{text: `… ${connections - listed} more in smaller groups`}] : []),
			],
		};
	},
});
