import {stripVTControlCharacters} from 'node:util';
import {describe, expect, it} from 'vitest';
import type {Cell, Section} from '../../../src/contract/pane.ts';
import type {Row} from '../../../src/contract/row.ts';
import {compareSeverity} from '../../../src/contract/severity.ts';
import {lockForest} from '../../../src/model/postgres/postgres-locks.ts';
import {sessionRows} from '../../../src/model/postgres/postgres-session.ts';
import type {PostgresStatementRow} from '../../../src/model/postgres/postgres-statement.ts';
import {displayWidth} from '../../../src/text/fit.ts';
import {slowQueriesPane} from '../../../views/panes/slow-queries-pane.ts';
import {paintRow, planColumns} from '../../../views/table/paint-row.ts';
import {createTheme} from '../../../views/theme.ts';
import {sessionRecord, waitRecord} from '../../src/model/postgres/postgres-fixture.ts';

const now = Date.UTC(2026, 10, 21, 14, 5, 22);
const theme = createTheme('none', false);
const plain = {cursor: false, focused: false, marked: false, isStale: false};

const [sessions, statements] = slowQueriesPane.sections as readonly [Section, Section];

const line = (section: Section, row: Row, cells: number): string =>
	stripVTControlCharacters(paintRow(row, planColumns(section, cells, 0), plain, now, theme));

function cell(section: Section, field: string, row: Row): Cell {
	const column = section.columns.find(each => each.field === field);
	if (column === undefined) throw new Error(`there is no column ${field}`);
	return column.cell(row, now);
}

const text = (of: Cell): string => (typeof of === 'string' ? of : of.text);

const rows = sessionRows(
	'orders-db',
	[
		sessionRecord(4411, {
			state: 'idle in transaction',
			waitType: 'Client',
			waitEvent: 'ClientRead',
			stateSeconds: 372,
			transactionSeconds: 373,
			query: 'UPDATE stock SET quantity = quantity - 3',
		}),
		sessionRecord(5120, {waitType: 'Lock', waitEvent: 'transactionid', querySeconds: 242}),
		sessionRecord(5133, {waitType: 'Lock', waitEvent: 'tuple', querySeconds: 238}),
		sessionRecord(4990, {waitType: 'IO', waitEvent: 'DataFileRead', querySeconds: 48}),
		sessionRecord(77, {
			hidden: true,
			backendType: undefined,
			state: undefined,
			backendStart: undefined,
			stateSeconds: undefined,
		}),
	],
	lockForest([
		waitRecord(5120, [4411], {waitSeconds: 242}),
		waitRecord(5133, [5120], {waitSeconds: 238, lockType: 'tuple', mode: 'ExclusiveLock'}),
	]),
);
const row = (pid: number) => {
	const found = rows.find(each => each.pid === pid);
	if (found === undefined) throw new Error(`there is no pid ${pid}`);
	return found;
};

const statement = (facts: Partial<PostgresStatementRow> = {}): PostgresStatementRow => ({
	id: '10/5/1/t',
	kind: 'postgres.statement',
	target: 'orders-db',
	severity: 'ok',
	user: 'app',
	database: 'orders',
	query: 'SELECT 1',
	callsPerSecond: 812,
	meanMs: 18,
	share: 0.61,
	load: 14.6,
	rowsPerSecond: 16_240,
	hits: 0.99,
	history: [1, 2, 3],
	calls: 9,
	totalMs: 9,
	...facts,
});

describe('sessions', () => {
	it('show what each session does, and which session blocks it', () => {
		const table = [4411, 5120, 5133, 4990, 77].map(pid =>
			['pid', 'age', 'state', 'wait', 'blocked', 'blocks']
				.map(field => text(cell(sessions, field, row(pid))))
				.join(' '),
		);
		expect(table).toEqual([
			'4411 6m12s idle tx Client - 2',
			'5120 4m02s active Lock:transactionid 4411 1',
			'5133 3m58s active Lock:tuple 4411 -',
			'4990 48s active IO:DataFileRead - -',
			'77 ? hidden - - -',
		]);
	});

	it('show the head of a queue first, then the session that has waited longest', () => {
		const [order] = sessions.orders;
		const sorted = rows.toSorted((a, b) => compareSeverity(a.severity, b.severity) || order.compare(a, b));
		expect(sorted.map(each => ('pid' in each ? each.pid : 0))).toEqual([4411, 5120, 5133, 4990, 77]);
	});

	it('show pid, age, state and the query when the pane is narrow', () => {
		const narrow = line(sessions, row(4411), 60);
		expect(narrow).toMatch(/^■ *4411 +6m12s idle tx .*UPDATE/);
		for (const cells of [60, 80, 120, 200]) {
			for (const each of rows) expect(displayWidth(line(sessions, each, cells))).toBeLessThanOrEqual(cells);
		}
	});

	it('never show a query that moves the cursor or reverses the text', () => {
		const [hostile] = sessionRows(
			'orders-db',
			[sessionRecord(1, {query: 'SELECT \u001b[2J\u202e1\n\u200b2'})],
			lockForest([]),
		);
		if (hostile === undefined) throw new Error('there is no row');
		const painted = paintRow(hostile, planColumns(sessions, 200, 0), plain, now, theme);
		expect(stripVTControlCharacters(painted)).toContain('SELECT <202e>1 <200b>2');
		expect(painted).not.toMatch(/\u001b\[2J|\u202e|\u200b|\n/);
	});
});

describe('statements', () => {
	it('are blank where a figure is not known, and 0 where nothing happened', () => {
		const fresh = statement({
			callsPerSecond: undefined,
			meanMs: undefined,
			share: undefined,
			rowsPerSecond: undefined,
			history: [],
		});
		expect(['calls', 'mean', 'time', 'rows'].map(field => text(cell(statements, field, fresh)))).toEqual([
			'',
			'',
			'',
			'',
		]);
		const idle = statement({callsPerSecond: 0, meanMs: undefined, share: 0, rowsPerSecond: 0});
		expect(['calls', 'mean', 'time', 'rows'].map(field => text(cell(statements, field, idle)))).toEqual([
			'0/s',
			'',
			'0',
			'0/s',
		]);
	});

	it('highlight the one that takes half of the time', () => {
		expect(cell(statements, 'time', statement())).toEqual({text: '61', tone: 'loud'});
		expect(cell(statements, 'time', statement({share: 0.3}))).toBe('30');
	});

	it('have a note where the server has dropped the text of a statement', () => {
		expect(text(cell(statements, 'query', statement({query: undefined})))).toBe('text dropped by the server');
	});
});
