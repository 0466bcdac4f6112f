import {defineInspection} from '../../src/contract/define.ts';
import type {DocumentLine} from '../../src/contract/document.ts';
import {describeSession} from '../../src/model/postgres/postgres-findings.ts';
import {
	childrenOf,
	type LockForest,
	lockForest,
	preparedTransaction,
	waitersOfRoot,
} from '../../src/model/postgres/postgres-locks.ts';
import {type PostgresSessionRow, pidText, sessionKind, sessionRows} from '../../src/model/postgres/postgres-session.ts';
import type {HeldLockRecord, PostgresPort, PostgresSettings} from '../../src/port/postgres.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {truncateText} from '../../src/text/fit.ts';
import {formatDuration} from '../../src/text/format.ts';
import {psqlCommand} from './cli-equivalent.ts';
import {heldLocksSql, waitsSql} from './sql.ts';

const queryCells = 200;
/** Next to a waiter, so that it stays on one line. */
const branchQueryCells = 48;
const locksShown = 6;

type LockTree = {
	readonly forest: LockForest;
	readonly rows: ReadonlyMap<number, PostgresSessionRow>;
	readonly held: readonly HeldLockRecord[];
};

const shortQuery = (row: PostgresSessionRow | undefined, cells: number): string =>
	truncateText(cleanLine(row?.query ?? ''), cells);

function rootLines(pid: number, {forest, rows, held}: LockTree): readonly DocumentLine[] {
	const row = rows.get(pid);
	const waiters = waitersOfRoot(forest, pid).length;
	const phrase = row === undefined ? '' : `  ${describeSession(row)}`;
	const queue = waiters === 1 ? '1 waits for it' : `${waiters} wait for it`;
	const locks = held.filter(lock => lock.pid === pid);
	const moreLines = locks.length > locksShown ? [{text: `   … ${locks.length - locksShown} more locks`}] : [];
	const query = shortQuery(row, queryCells);
	const name = pidText(pid);
	return [
		{
			text: `${name.charAt(0).toUpperCase()}${name.slice(1)}${phrase}  (${queue})`,
			severity: row?.severity ?? 'crit',
			loud: true,
		},
		...(query === '' ? [] : [{text: `   ${query}`}]),
		...locks.slice(0, locksShown).map(lock => ({text: `   holds ${lock.mode} on ${lock.relation}`})),
		...moreLines,
		...(pid === preparedTransaction
			? [{text: '   see pg_prepared_xacts; COMMIT PREPARED or ROLLBACK PREPARED ends it'}]
			: []),
	];
}

function branchLines(parent: number, indent: string, drawing: LockTree): readonly DocumentLine[] {
	const {forest, rows} = drawing;
	const children = childrenOf(forest, parent);
	return children.flatMap((pid, index) => {
		const last = index === children.length - 1;
		const row = rows.get(pid);
		const wait = forest.waits.get(pid);
		const on = wait?.relation === undefined ? (wait?.lockType ?? 'a lock') : `${wait.relation} (${wait.lockType})`;
		const also =
			(forest.rootsOf.get(pid) ?? []).length > 1 ? `, behind ${forest.rootsOf.get(pid)?.map(pidText).join(', ')}` : '';
		const app = row?.application === undefined || row.application === '' ? '' : `, app ${row.application}`;
		return [
			{
				text: `${indent}${last ? '└─' : '├─'} pid ${pid}  waits ${formatDuration(row?.wait?.seconds)} for ${wait?.mode ?? 'a lock'} on ${on}${also}${app}  ${shortQuery(row, branchQueryCells)}`,
				...(row === undefined ? {} : {severity: row.severity}),
			},
			...branchLines(pid, `${indent}${last ? '   ' : '│  '}`, drawing),
		];
	});
}

export const inspectLocks = defineInspection<PostgresSessionRow, PostgresPort, PostgresSettings>()({
	id: 'postgres.lock-tree',
	title: 'Lock tree',
	key: 'l',
	kind: sessionKind,
	risk: 'none',
	async open(_row, {port, target, signal}) {
		const records = await port.waits({signal});
		const forest = lockForest(records);
		const real = forest.pids.filter(pid => pid !== preparedTransaction);
		const sessions = real.length === 0 ? [] : await port.sessionsByPid(real, {signal});
		const holders = forest.roots.filter(pid => pid !== preparedTransaction);
		const heldLocks = holders.length === 0 ? [] : await port.heldLocks(holders, {signal});
		const rows = new Map(sessionRows(target.name, sessions, forest).map(row => [row.pid, row]));
		const drawing = {forest, rows, held: heldLocks};
		const trees = forest.roots
			.toSorted((a, b) => waitersOfRoot(forest, b).length - waitersOfRoot(forest, a).length || a - b)
			.flatMap(root => [...rootLines(root, drawing), ...branchLines(root, '   ', drawing), {text: ''}]);
		return {
			title: 'Who waits for whom',
			cliEquivalent: [
				psqlCommand(target, waitsSql(13)),
				psqlCommand(target, heldLocksSql.replace('$1', `'{${holders.join(',')}}'`)),
			],
			lines: trees.length === 0 ? [{text: 'No session waits for a lock now.'}] : trees,
		};
	},
});
