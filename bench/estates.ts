import {setTimeout as wait} from 'node:timers/promises';
import {panes as realPanes} from '../bin/panes.ts';
import {demoEstate} from '../demo/estate.ts';
import {createSeededRandom} from '../demo/scenario.ts';
import {defineSection, type Pane} from '../src/contract/pane.ts';
import type {Row, RowKind, Snapshot} from '../src/contract/row.ts';
import type {Source} from '../src/contract/source.ts';
import type {System} from '../src/contract/system.ts';
import {systemClock} from '../src/time/clock.ts';
import type {WatchedTarget} from '../src/watch/watched-target.ts';

/** What a console of the bench watches. Everything is in memory, so that a figure is the console's own. */
export type EstateName =
	/** The demo with 10,000 pods, of which some change with each read; the others keep their identity, as with a watch. */
	| 'pods'
	/** 10,000 pods, 10,000 scrape targets, 10,000 lags and 5,000 sessions, every row a new one with each read. */
	| 'wide'
	/** Six tables of six columns; a tenth of the cells changes with each read. */
	| 'tables';

export type EstateOptions = {
	readonly estate: EstateName;
	readonly rows: number;
	/** Rows that change with each read. */
	readonly changes: number;
	readonly intervalMs: number;
	/** Milliseconds that connecting and each read take. */
	readonly roundTripMs: number;
	/** Of the estate `tables`; six when absent. */
	readonly tables?: number;
};

type Loose = Row & Readonly<Record<string, unknown>>;

/** The nth row made after one of the demo's: another object that looks like it. */
const another: Readonly<Partial<Record<RowKind, (row: Loose, index: number) => Row>>> = {
	'kubernetes.pod': (row, index) =>
		({
			...row,
			id: `uid-${index}`,
			uid: `uid-${index}`,
			name: `${row['name']}-${index}`,
			createdAt: Number(row['createdAt']) - index * 977,
		}) as Row,
	'prometheus.target': (row, index) => {
		const instance = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}:9100`;
		return {...row, id: `${row['pool']}/${instance}`, instance, url: `http://${instance}/metrics`} as Row;
	},
	'kafka.lag': (row, index) =>
		({...row, id: `${row['group']}-${index}/${row['topic']}`, group: `${row['group']}-${index}`}) as Row,
	'postgres.session': (row, index) => ({...row, id: `${100_000 + index}@now`, pid: 100_000 + index}) as Row,
};

/** What a change of a row looks like. */
const changed: Readonly<Partial<Record<RowKind, (row: Loose, value: number) => Row>>> = {
	'kubernetes.pod': (row, value) => ({...row, restarts: value % 90}) as Row,
	'prometheus.target': (row, value) => ({...row, tookMs: value % 900}) as Row,
	'kafka.lag': (row, value) => ({...row, lag: value % 100_000}) as Row,
	'postgres.session': (row, value) => ({...row, querySeconds: value % 30, ageSeconds: value % 30}) as Row,
};

type Scale = {readonly rows: number; readonly changes: number; readonly renewed: boolean; readonly roundTripMs: number};

/** The same source with many more rows. Its findings stay its own. */
function widened(source: Source, scale: Scale, intervalMs: number): Source {
	const {kind} = source;
	const [grow, change] = [another[kind], changed[kind]];
	if (grow === undefined || change === undefined) return source;
	return {
		...source,
		intervalMs,
		open(port, target) {
			const read = source.open(port, target);
			const random = createSeededRandom(11);
			let first: Snapshot | undefined;
			let rows: Row[] = [];
			return async context => {
				if (scale.roundTripMs > 0) await wait(scale.roundTripMs);
				if (first === undefined) {
					first = await read(context);
					const well = first.rows.filter(row => row.severity === 'ok');
					const models = well.length > 0 ? well : first.rows;
					rows = [...first.rows];
					while (rows.length < scale.rows) {
						const model = models[rows.length % models.length];
						if (model === undefined) throw new Error(`${kind} has no row to be multiplied`);
						rows.push(grow(model as Loose, rows.length));
					}
				}
				const next = scale.renewed ? rows.map(row => ({...row})) : [...rows];
				for (let count = 0; count < scale.changes; count += 1) {
					const index = Math.floor(random() * next.length);
					const row = next[index];
					if (row !== undefined) next[index] = change(row as Loose, Math.floor(random() * 1e6));
				}
				rows = next;
				return {...first, rows};
			};
		},
	};
}

const slowly = (system: System, roundTripMs: number): System => ({
	...system,
	async connect(target, options) {
		if (roundTripMs > 0) await wait(roundTripMs);
		return system.connect(target, options);
	},
});

function demo(options: EstateOptions, counts: Readonly<Partial<Record<RowKind, number>>>, renewed: boolean) {
	return demoEstate('default', {now: systemClock.now}).map(({target, system}) => ({
		target,
		system: slowly(
			{
				...system,
				sources: system.sources.map(source => {
					const rows = counts[source.kind];
					if (rows === undefined) return source;
					return widened(source, {...options, rows, renewed}, options.intervalMs);
				}),
			},
			options.roundTripMs,
		),
	}));
}

const tableColumns = 6;
type TableRow = Row & {readonly values: readonly number[]};

const tableKinds = Array.from({length: 6}, (_, index): RowKind => `probe.table-${index + 1}`);

const tablePanes: readonly Pane[] = tableKinds.map((kind, index) => ({
	id: `table-${index + 1}`,
	title: `Table ${index + 1}`,
	tab: `Table ${index + 1}`,
	systems: ['probe'],
	gauges: [],
	sections: [
		defineSection<TableRow>({
			kind,
			title: 'Rows',
			weight: 1,
			empty: 'no rows',
			orders: [{title: 'id', compare: (a, b) => a.id.localeCompare(b.id)}],
			columns: [
				{header: 'NAME', field: 'name', width: 9, grow: true, cell: row => row.id},
				...Array.from({length: tableColumns - 1}, (_, column) => ({
					header: `V${column}`,
					field: `v${column}`,
					width: 9,
					align: 'right' as const,
					cell: (row: TableRow) => ({
						text: `${row.values[column] ?? 0}Mi`,
						tone: column % 3 === 2 ? ('dim' as const) : ('plain' as const),
					}),
				})),
			],
		}),
	],
}));

/** Six tables of `rows` rows each; a tenth of the cells changes with each read. */
function tables({rows, changes, intervalMs, tables: count = 6}: EstateOptions): readonly WatchedTarget[] {
	const system: System = {
		kind: 'probe',
		title: 'Tables',
		actions: [],
		inspections: [],
		findingTypes: [],
		loadConfig: () => Promise.reject(new Error('it is not configured')),
		sources: tableKinds.slice(0, count).map((kind, index) => ({
			kind,
			title: 'Table',
			intervalMs,
			timeoutMs: 5000,
			cost: 'cheap',
			cliEquivalent: () => [],
			findings: () => [],
			open(_port, target) {
				const random = createSeededRandom(31 + index);
				let now: TableRow[] = Array.from({length: rows}, (_, row) => ({
					id: `row-${String(row).padStart(3, '0')}`,
					kind,
					target: target.name,
					severity: row % 9 === 0 ? 'warn' : 'ok',
					...(row % 9 === 0 ? {why: 'near its limit'} : {}),
					values: Array.from({length: tableColumns - 1}, () => Math.floor(random() * 10_000)),
				}));
				return async () => {
					// The name never changes, so the others change a little oftener for a tenth of all cells.
					const share = changes > 0 ? (0.1 * tableColumns) / (tableColumns - 1) : 0;
					now = now.map(row => {
						const values = row.values.map(value => (random() < share ? Math.floor(random() * 10_000) : value));
						return values.every((value, column) => value === row.values[column]) ? row : {...row, values};
					});
					return {rows: now, gauges: [], omitted: 0, notes: []};
				};
			},
		})),
		connect: async () => ({
			port: {},
			identify: async () => ({version: '1', who: 'bench', latencyMs: 0, channel: 'local'}),
			permissions: async () => [],
			close: async () => {},
		}),
	};
	return [{target: {name: 'tables', kind: 'probe', production: false, settings: {}}, system}];
}

export function openBenchEstate(options: EstateOptions): {
	readonly targets: readonly WatchedTarget[];
	readonly panes: readonly Pane[];
} {
	const {estate, rows} = options;
	if (estate === 'tables') return {targets: tables(options), panes: tablePanes.slice(0, options.tables ?? 6)};
	if (estate === 'pods') return {targets: demo(options, {'kubernetes.pod': rows}, false), panes: realPanes};
	const counts = {
		'kubernetes.pod': rows,
		'prometheus.target': rows,
		'kafka.lag': rows,
		'postgres.session': Math.floor(rows / 2),
	} as const;
	return {targets: demo(options, counts, true), panes: realPanes};
}
