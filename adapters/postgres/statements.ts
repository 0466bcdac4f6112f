import {defineSource} from '../../src/contract/define.ts';
import type {Snapshot} from '../../src/contract/row.ts';
import {
	compareStatements,
	type PostgresStatementRow,
	statementKind,
} from '../../src/model/postgres/postgres-statement.ts';
import type {PostgresPort, PostgresSettings, StatementsRecord} from '../../src/port/postgres.ts';
import {createCircuitBreaker, isNote} from './circuit-breaker.ts';
import {psqlCommand} from './cli-equivalent.ts';
import {grantReadStatement} from './grant-statements.ts';

const shown = 50;
const textCharacters = 2000;
const historyLength = 20;

/** Starts at the first value. */
const appendHistory = (history: readonly (number | undefined)[] = [], load: number | undefined) =>
	history.length === 0 && load === undefined ? history : [...history, load].slice(-historyLength);

/** The query of the CLI equivalent, with the column names of the newest servers; midwatch itself selects them by the version of the extension. */
const cliStatement = `SELECT userid, dbid, queryid, calls, total_exec_time, mean_exec_time, rows, left(query, 200) AS query
FROM pg_stat_statements ORDER BY total_exec_time DESC LIMIT 50`;

export const statementsSource = defineSource<PostgresStatementRow, PostgresPort, PostgresSettings>()({
	kind: statementKind,
	title: 'Top by time',
	intervalMs: 10_000,
	timeoutMs: 10_000,
	cost: 'cheap',
	cliEquivalent: target => [psqlCommand(target, cliStatement)],
	open(port, target) {
		const breaker = createCircuitBreaker('no statements');
		let before: StatementsRecord | undefined;
		let texts: ReadonlyMap<string, string | undefined> = new Map();
		let histories: ReadonlyMap<string, readonly (number | undefined)[]> = new Map();
		return async (context): Promise<Snapshot<PostgresStatementRow, never>> => {
			// First, and outside the breaker: a refused login is not a refused read, and must not hide it for a minute.
			const {user} = await port.server(context);
			const now = await breaker(context, () => port.statements(context));
			if (isNote(now)) return {rows: [], gauges: [], omitted: 0, notes: [now]};
			const compared = compareStatements(before, now, {user, grant: grantReadStatement(user)});
			before = now;
			const top = compared.figures.slice(0, shown);
			// The server reads its complete text file for this: each text is requested once, and only for rows that are shown.
			const unread = top.map(({key}) => key).filter(key => !texts.has(key));
			const none: ReadonlyMap<string, string> = new Map();
			const fresh = unread.length === 0 ? none : await port.statementTexts(unread, textCharacters, context);
			texts = new Map(top.map(({key}) => [key, texts.get(key) ?? fresh.get(key)]));
			histories = new Map(compared.figures.map(({key, load}) => [key, appendHistory(histories.get(key), load)]));
			return {
				rows: top.map(({key, ...figures}) => ({
					id: key,
					kind: statementKind,
					target: target.name,
					severity: 'ok',
					...figures,
					query: texts.get(key),
					history: histories.get(key) ?? [],
				})),
				gauges: [],
				omitted: compared.figures.length - top.length + now.omitted + now.hidden,
				notes: compared.notes,
				...(compared.sample === undefined ? {} : {sample: compared.sample}),
			};
		};
	},
	findings: () => [],
});
