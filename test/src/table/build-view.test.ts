import {describe, expect, it} from 'vitest';
import {defineSection, type Pane} from '../../../src/contract/pane.ts';
import type {Reading} from '../../../src/contract/reading.ts';
import type {Row, Severity} from '../../../src/contract/row.ts';
import {arrangePane, arrangeSection} from '../../../src/table/build-view.ts';

type Job = Row & {readonly age: number};
const section = defineSection<Job>({
	kind: 'postgres.session',
	title: 'jobs',
	weight: 1,
	empty: 'none',
	orders: [
		{title: 'age', compare: (a, b) => b.age - a.age},
		{title: 'id', compare: (a, b) => a.id.localeCompare(b.id)},
	],
	columns: [
		{header: 'ID', field: 'id', width: 4, cell: row => row.id},
		{header: 'AGE', field: 'age', width: 4, cell: row => ({text: `${row.age}\u001b[31m`, tone: 'dim'})},
	],
});
const row = (id: string, age: number, severity: Severity = 'ok', target = 'db'): Job => ({id, age, severity, target});

const reading = (rows: readonly Job[], target = 'db', omitted = 0): Reading => ({
	target,
	kind: 'postgres.session',
	state: 'live',
	snapshot: {rows, gauges: [], notes: [], omitted},
	readAt: 0,
	tookMs: 1,
	failure: undefined,
	intervalMs: 2000,
	nextAt: undefined,
	findings: [],
	history: {},
});
const plain = {filter: '', target: undefined, orders: {}, now: 0};
const ids = (view: {readonly entries: readonly {readonly row: Row}[]}) => view.entries.map(entry => entry.row.id);

describe('a section', () => {
	const rows = [row('a', 1), row('b', 9), row('c', 5, 'warn'), row('d', 2, 'unknown'), row('e', 3, 'crit')];

	it('shows the worst first, then its order', () => {
		expect(ids(arrangeSection(section, [reading(rows)], plain))).toEqual(['e', 'c', 'd', 'b', 'a']);
		const second = {...plain, orders: {'postgres.session': 1}};
		expect(ids(arrangeSection(section, [reading(rows)], second))).toEqual(['e', 'c', 'd', 'a', 'b']);
		const around = {...plain, orders: {'postgres.session': 2}};
		expect(arrangeSection(section, [reading(rows)], around).order).toBe('age');
	});

	it('filters by what is drawn, cleaned, and counts what it hid', () => {
		const view = arrangeSection(section, [reading(rows, 'db', 7)], {...plain, filter: 'severity:ok !id:a'});
		expect([ids(view), view.total, view.omitted]).toEqual([['b'], 5, 7]);
		expect(ids(arrangeSection(section, [reading(rows)], {...plain, filter: '[31m'}))).toEqual([]);
	});

	it('shows one target alone', () => {
		const all = [reading([row('a', 1)]), reading([row('a', 2, 'ok', 'other')], 'other')];
		expect(ids(arrangeSection(section, all, plain))).toHaveLength(2);
		const view = arrangeSection(section, all, {...plain, target: 'other'});
		expect(view.entries.map(entry => entry.row.target)).toEqual(['other']);
	});

	it('holds rows where they are, also those that left, and puts new ones below', () => {
		const before = arrangeSection(section, [reading(rows)], plain);
		const now = [row('a', 99, 'crit'), row('b', 9), row('c', 5), row('e', 3, 'crit'), row('new', 50, 'crit')];
		const held = arrangeSection(section, [reading(now)], {...plain, before, hold: true});
		expect(ids(held)).toEqual(ids(before).concat('new'));
		expect(held.entries.filter(entry => entry.left).map(entry => entry.row.id)).toEqual(
			ids(before).filter(id => !now.some(one => one.id === id)),
		);
		expect(held.shown).toBe(now.length);
		const freed = arrangeSection(section, [reading(now)], {...plain, before: held});
		expect(freed.entries.some(entry => entry.left)).toBe(false);
		expect(freed.entries).toHaveLength(now.length);
		const above = arrangeSection(section, [reading(now)], {...plain, before, hold: true, isLast: false});
		expect(ids(above)).toEqual(ids(before));
		const other = {...plain, orders: {'postgres.session': 1}, before, hold: true};
		expect(ids(arrangeSection(section, [reading(now)], other))).toEqual(['a', 'e', 'new', 'b', 'c']);
	});
});

describe('a pane', () => {
	const pane: Pane = {id: 'p', title: 'P', tab: 'P', systems: ['postgres'], gauges: [], sections: [section]};

	it('is as bad as its worst finding, and names targets when it has several', () => {
		const finding = {
			id: 'x',
			target: 'db',
			severity: 'warn',
			sentence: '',
			kind: 'postgres.session',
			evidence: [],
			actions: [],
			inspections: [],
		} as const;
		const one = {...reading([row('a', 1)]), findings: [finding]};
		expect(arrangePane(pane, [one], plain)).toMatchObject({severity: 'warn', several: false});
		expect(arrangePane(pane, [one, reading([], 'other')], plain).several).toBe(true);
		expect(arrangePane(pane, [one, reading([], 'other')], {...plain, target: 'db'}).several).toBe(false);
	});

	it('leaves out sections of systems that nobody watches, unless none is watched', () => {
		const two: Pane = {...pane, sections: [section, {...section, kind: 'redis.server'}]};
		expect(arrangePane(two, [reading([])], plain).sections.map(view => view.section.kind)).toEqual([
			'postgres.session',
		]);
		expect(arrangePane(two, [], plain).sections).toHaveLength(2);
		const before = arrangePane(two, [reading([row('a', 1), row('b', 9)])], plain);
		const held = arrangePane(two, [reading([row('a', 99), row('b', 9)])], {...plain, hold: true}, before);
		expect(ids(held)).toEqual(['b', 'a']);
	});
});
