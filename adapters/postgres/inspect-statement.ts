import {defineInspection} from '../../src/contract/define.ts';
import type {Line} from '../../src/contract/document.ts';
import {AdapterError} from '../../src/errors.ts';
import {type PostgresSessionRow, pidName, sessionKind} from '../../src/model/postgres/postgres-session.ts';
import {type PostgresStatementRow, statementKind} from '../../src/model/postgres/postgres-statement.ts';
import type {PostgresPort} from '../../src/port/postgres.ts';
import {bytes, count, duration, millis, percent} from '../../src/text/format.ts';
import {sqlLiteral} from '../../src/text/quote.ts';
import {psqlLine} from './cli-equivalent.ts';

/** Characters. A generated statement may be megabytes; nobody reads them, and each would be drawn. */
const limit = 200_000;

const textLines = (query: string): readonly Line[] => query.split(/\r\n?|\n/).map(text => ({text}));

const cutLine = (query: string): readonly Line[] =>
	query.length < limit ? [] : [{text: `… cut after ${limit / 1000}k characters`, severity: 'warn'}];

const fact = (label: string, value: string | undefined): readonly Line[] =>
	value === undefined || value === '' ? [] : [{text: `${label.padEnd(13)}${value}`}];

function sessionFacts(row: PostgresSessionRow): readonly Line[] {
	const wait = row.waitType === undefined ? undefined : `${row.waitType}:${row.waitEvent ?? ''}`;
	const from = row.client === undefined ? '' : ` from ${row.client}`;
	return [
		...fact('state', row.hidden ? 'hidden from us' : `${row.state ?? 'none'}, ${duration(row.ageSeconds)}`),
		...fact(
			'transaction',
			row.transactionSeconds === undefined ? undefined : `${duration(row.transactionSeconds)} old`,
		),
		...fact('waits', wait),
		...fact('blocked by', row.roots.map(pidName).join(', ')),
		...fact('blocks', row.blocks === 0 ? undefined : `${row.blocks}, the longest for ${duration(row.blocksSeconds)}`),
		...fact('user', row.user === undefined ? undefined : `${row.user}${from}`),
		...fact('application', row.application),
		...fact('database', row.database),
		...fact('started', row.backendStart),
	];
}

export const sessionStatement = defineInspection<PostgresSessionRow, PostgresPort>()({
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
		const statement = `SELECT query FROM pg_stat_activity WHERE pid = ${pid} AND backend_start =${spaced(sqlLiteral(backendStart))}`;
		const asked = {title: `pid ${pid}`, reads: [psqlLine(target, statement)]};
		if (found === undefined) {
			const gone: Line = {text: `pid ${pid} has ended; this is what it ran when it was last seen`, severity: 'warn'};
			return {...asked, lines: [gone, {text: ''}, ...textLines(row.query ?? '')]};
		}
		const what = row.state === 'active' ? 'runs' : 'ran last';
		// The server keeps one byte less than the setting says, for the terminating zero.
		const kept = Buffer.byteLength(found.query) >= found.keptBytes - 4;
		return {
			...asked,
			lines: [
				...sessionFacts(row),
				{text: ''},
				{text: what, loud: true},
				...textLines(found.query),
				...cutLine(found.query),
				...(kept
					? [
							{
								text: `… cut by the server, which keeps ${bytes(found.keptBytes)} of each (track_activity_query_size)`,
								severity: 'warn',
							} as const,
						]
					: []),
			],
		};
	},
});

const spaced = (literal: string): string => (literal.startsWith(' ') ? literal : ` ${literal}`);

export const statementText = defineInspection<PostgresStatementRow, PostgresPort>()({
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
			reads: [psqlLine(target, statement)],
			lines: [
				...fact('user', row.user),
				...fact('database', row.database),
				...fact(
					'time',
					row.share === undefined ? 'first seen: rates come with the next read' : `${percent(row.share)} of all`,
				),
				...fact('mean', row.meanMs === undefined ? undefined : millis(row.meanMs)),
				...fact('in all', `${count(row.calls)} ${row.calls === 1 ? 'call' : 'calls'}, ${millis(row.milliseconds)}`),
				...fact('cache hits', row.hits === undefined ? undefined : percent(row.hits)),
				{text: ''},
				...(query === undefined
					? [
							{text: 'the server no longer keeps this statement', severity: 'warn'} as const,
							...textLines(row.query ?? ''),
						]
					: [...textLines(query), ...cutLine(query)]),
			],
		};
	},
});
