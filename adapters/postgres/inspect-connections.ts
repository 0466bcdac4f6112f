import {defineInspection} from '../../src/contract/define.ts';
import type {Line} from '../../src/contract/document.ts';
import {connectionsSeverity} from '../../src/model/postgres/postgres-health.ts';
import {type PostgresSessionRow, sessionKind} from '../../src/model/postgres/postgres-session.ts';
import type {ConnectionGroupRecord, PostgresPort} from '../../src/port/postgres.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {fit} from '../../src/text/fit.ts';
import {duration, percent} from '../../src/text/format.ts';
import {psqlLine} from './cli-equivalent.ts';
import {connectionGroupsSql} from './sql.ts';

const nameCells = 28;

function applicationLines(groups: readonly ConnectionGroupRecord[]): readonly Line[] {
	const byApplication = Map.groupBy(groups, group => group.application);
	const size = (of: readonly ConnectionGroupRecord[]) => of.reduce((sum, group) => sum + group.count, 0);
	return [...byApplication]
		.toSorted(([, a], [, b]) => size(b) - size(a))
		.flatMap(([application, own]) => [
			{
				text: `${fit(application === '' ? '(no name)' : cleanLine(application), nameCells)} ${fit(String(size(own)), 6, 'right')}`,
				loud: true,
			},
			...own.map(group => {
				const who = `  ${cleanLine(group.user)} on ${cleanLine(group.database)}`;
				const oldest = group.oldestSeconds === undefined ? '' : `, since ${duration(group.oldestSeconds)} at most`;
				return {text: `${fit(who, nameCells)} ${fit(String(group.count), 6, 'right')}  ${group.state}${oldest}`};
			}),
		]);
}

export const connectionsByApplication = defineInspection<PostgresSessionRow, PostgresPort>()({
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
			reads: [psqlLine(target, connectionGroupsSql)],
			lines: [
				{
					text: `${connections} of ${connectionLimit} are taken, ${percent(connections / connectionLimit)}`,
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
