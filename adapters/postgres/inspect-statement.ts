import {defineInspection} from '../../src/contract/define.ts';
import type {DocumentLine} from '../../src/contract/document.ts';
import {AdapterError} from '../../src/errors.ts';
import {type PostgresSessionRow, pidText, sessionKind} from '../../src/model/postgres/postgres-session.ts';
import {type PostgresStatementRow, statementKind} from '../../src/model/postgres/postgres-statement.ts';
import type {PostgresPort, PostgresSettings} from '../../src/port/postgres.ts';
import {formatBytes, formatCount, formatDuration, formatMillis, formatPercent} from '../../src/text/format.ts';
import {sqlLiteral} from '../../src/text/quote.ts';
import {psqlCommand} from './cli-equivalent.ts';

/** Characters. A generated statement may have megabytes, and every line of it would be drawn. */
const limit = 200_000;

const textLines = (query: string): readonly DocumentLine[] => query.split(/\r\n?|\n/).map(text => ({text}));

const cutLine = (query: string): readonly DocumentLine[] =>
	query.length < limit ? [] : [{text: `… cut after ${limit / 1000}k characters`, severity: 'warn'}];

const factLines = (label: string, value: string | undefined): readonly DocumentLine[] =>
	value === undefined || value === '' ? [] : [{text: `${label.padEnd(13)}${value}`}];

function sessionFactLines(row: PostgresSessionRow): readonly DocumentLine[] {
	const wait = row.waitType === undefined ? undefined : `${row.waitType}:${row.waitEvent ?? ''}`;
	const from = row.client === undefined ? '' : ` from ${row.client}`;
	return [
		...factLines('state', row.hidden ? 'hidden from us' : `${row.state ?? 'none'}, ${formatDuration(row.ageSeconds)}`),
		...factLines(
			'transaction',
			row.transactionSeconds === undefined ? undefined : `${formatDuration(row.transactionSeconds)} old`,
		),
		...factLines('waits', wait),
		...factLines('blocked by', row.roots.map(pidText).join(', ')),
		...factLines(
			'blocks',
			row.blocks === 0 ? undefined : `${row.blocks}, the longest for ${formatDuration(row.blocksSeconds)}`,
		),
		...factLines('user', row.user === undefined ? undefined : `${row.user}${from}`),
		...factLines('application', row.application),
		...factLines('database', row.database),
		...factLines('started', row.backendStart),
	];
}

export const inspectSessionStatement = defineInspection<PostgresSessionRow, PostgresPort, PostgresSettings>()({
	id: 'postgres.statement',
	title: 'Statement',
	key: 'd',
	kind: sessionKind,
	risk: 'none',
	disabled: row => (row.backendStart === undefined ? 'hidden from us: needs pg_read_all_stats' : undefined),
	async open(row, {port, target, signal}) {
		const {pid, backendStart} = row;
		if (backendStart === undefined) {
			throw new AdapterError(
				'denied',
				`pid ${pid} is hidden from us`,
				'Ask for pg_monitor: midwatch doctor names the line.',
			);
		}
		const found = await port.sessionQuery(pid, backendStart, limit, {signal});
		const statement = `SELECT query FROM pg_stat_activity WHERE pid = ${pid} AND backend_start =${withSpace(sqlLiteral(backendStart))}`;
		const header = {title: `pid ${pid}`, cliEquivalent: [psqlCommand(target, statement)]};
		if (found === undefined) {
			const ended: DocumentLine = {
				text: `pid ${pid} has ended; this is what it ran when it was last seen`,
				severity: 'warn',
			};
			return {...header, lines: [ended, {text: ''}, ...textLines(row.query ?? '')]};
		}
		const verb = row.state === 'active' ? 'runs' : 'ran last';
		// The server keeps one byte less than the setting says, for the terminating zero.
		const isCut = Buffer.byteLength(found.query) >= found.storedBytes - 4;
		return {
			...header,
			lines: [
				...sessionFactLines(row),
				{text: ''},
				{text: verb, loud: true},
				...textLines(found.query),
				...cutLine(found.query),
				...(isCut
					? [
							{
								text: `… cut by the server, which stores ${formatBytes(found.storedBytes)} of each (track_activity_query_size)`,
								severity: 'warn',
							} as const,
						]
					: []),
			],
		};
	},
});

const withSpace = (literal: string): string => (literal.startsWith(' ') ? literal : ` ${literal}`);

export const inspectStatement = defineInspection<PostgresStatementRow, PostgresPort, PostgresSettings>()({
	id: 'postgres.statement-text',
	title: 'Text',
	key: 'd',
	kind: statementKind,
	risk: 'none',
	async open(row, {port, target, signal}) {
		const query = (await port.statementTexts([row.id], limit, {signal})).get(row.id);
		const [userid, dbid, queryid] = row.id.split('/');
		const statement = `SELECT query FROM pg_stat_statements WHERE userid = ${userid} AND dbid = ${dbid} AND queryid = ${queryid}`;
		return {
			title: `Statement ${queryid}`,
			cliEquivalent: [psqlCommand(target, statement)],
			lines: [
				...factLines('user', row.user),
				...factLines('database', row.database),
				...factLines(
					'time',
					row.share === undefined ? 'first seen: rates come with the next read' : `${formatPercent(row.share)} of all`,
				),
				...factLines('mean', row.meanMs === undefined ? undefined : formatMillis(row.meanMs)),
				...factLines(
					'in all',
					`${formatCount(row.calls)} ${row.calls === 1 ? 'call' : 'calls'}, ${formatMillis(row.totalMs)}`,
				),
				...factLines('cache hits', row.hits === undefined ? undefined : formatPercent(row.hits)),
				{text: ''},
				...(query === undefined
					? [
							{text: 'the server no longer stores this statement', severity: 'warn'} as const,
							...textLines(row.query ?? ''),
						]
					: [...textLines(query), ...cutLine(query)]),
			],
		};
	},
});
