import {describe, expect, it} from 'vitest';
import {defineSection, type Pane} from '../../../src/contract/pane.ts';
import type {Row, Severity} from '../../../src/contract/row.ts';
import {buildPaneView, buildSectionView} from '../../../src/table/build-view.ts';
import {liveReading} from '../contract/live-reading.ts';

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
const row = (id: string, age: number, severity: Severity = 'ok', target = 'db'): Job => ({
	id,
	kind: 'postgres.session',
	age,
	severity,
	target,
});

const reading = (rows: readonly Job[], target = 'db', omitted = 0) =>
	liveReading('postgres.session', rows, {target, snapshot: {rows, gauges: [], notes: [], omitted}});
const plain = {filter: '', target: undefined, orders: {}, now: 0};
const ids = (view: {readonly entries: readonly {readonly row: Row}[]}) => view.entries.map(entry => entry.row.id);

describe('a section', () => {
	const rows = [row('a', 1), row('b', 9), row('c', 5, 'warn'), row('d', 2, 'unknown'), row('e', 3, 'crit')];

	it('shows the worst first, then its order', () => {
		expect(ids(buildSectionView(section, [reading(rows)], plain))).toEqual(['e', 'c', 'd', 'b', 'a']);
		const second = {...plain, orders: {'postgres.session': 1}};
		expect(ids(buildSectionView(section, [reading(rows)], second))).toEqual(['e', 'c', 'd', 'a', 'b']);
		const around = {...plain, orders: {'postgres.session': 2}};
		expect(buildSectionView(section, [reading(rows)], around).order).toBe('age');
	});

	it('filters by the cleaned text of the cells, and counts hidden rows', () => {
		const view = buildSectionView(section, [reading(rows, 'db', 7)], {...plain, filter: 'severity:ok !id:a'});
		expect([ids(view), view.total, view.omitted]).toEqual([['b'], 5, 7]);
		expect(ids(buildSectionView(section, [reading(rows)], {...plain, filter: '[31m'}))).toEqual([]);
	});

	it('shows one target alone', () => {
		const all = [reading([row('a', 1)]), reading([row('a', 2, 'ok', 'other')], 'other')];
		expect(ids(buildSectionView(section, all, plain))).toHaveLength(2);
		const view = buildSectionView(section, all, {...plain, target: 'other'});
		expect(view.entries.map(entry => entry.row.target)).toEqual(['other']);
	});

	it('keeps rows on their lines, including removed ones, and appends new ones', () => {
		const before = buildSectionView(section, [reading(rows)], plain);
		const now = [row('a', 99, 'crit'), row('b', 9), row('c', 5), row('e', 3, 'crit'), row('new', 50, 'crit')];
		const held = buildSectionView(section, [reading(now)], {...plain, previous: before, keepOrder: true});
		expect(ids(held)).toEqual(ids(before).concat('new'));
		expect(held.entries.filter(entry => entry.wasRemoved).map(entry => entry.row.id)).toEqual(
			ids(before).filter(id => !now.some(one => one.id === id)),
		);
		expect(held.shownCount).toBe(now.length);
		const freed = buildSectionView(section, [reading(now)], {...plain, previous: held});
		expect(freed.entries.some(entry => entry.wasRemoved)).toBe(false);
		expect(freed.entries).toHaveLength(now.length);
		const above = buildSectionView(section, [reading(now)], {
			...plain,
			previous: before,
			keepOrder: true,
			isLast: false,
		});
		expect(ids(above)).toEqual(ids(before));
		const other = {...plain, orders: {'postgres.session': 1}, before, hold: true};
		expect(ids(buildSectionView(section, [reading(now)], other))).toEqual(['a', 'e', 'new', 'b', 'c']);
	});
});

describe('a pane', () => {
	const pane: Pane = {id: 'p', title: 'P', tab: 'P', systems: ['postgres'], gauges: [], sections: [section]};

	it('has the severity of its worst finding, and names targets when it has several', () => {
		const finding = {
			id: 'x',
			type: 'postgres.sessions-blocked',
			target: 'db',
			severity: 'warn',
			sentence: '',
			kind: 'postgres.session',
			evidence: [],
			actions: [],
			inspections: [],
		} as const;
		const one = {...reading([row('a', 1)]), findings: [finding]};
		expect(buildPaneView(pane, [one], plain)).toMatchObject({severity: 'warn', hasManyTargets: false});
		expect(buildPaneView(pane, [one, reading([], 'other')], plain).hasManyTargets).toBe(true);
		expect(buildPaneView(pane, [one, reading([], 'other')], {...plain, target: 'db'}).hasManyTargets).toBe(false);
	});

	it('leaves out sections of systems without a target, unless no section has one', () => {
		const two: Pane = {...pane, sections: [section, {...section, kind: 'redis.server'}]};
		expect(buildPaneView(two, [reading([])], plain).sections.map(view => view.section.kind)).toEqual([
			'postgres.session',
		]);
		expect(buildPaneView(two, [], plain).sections).toHaveLength(2);
		const before = buildPaneView(two, [reading([row('a', 1), row('b', 9)])], plain);
		const held = buildPaneView(two, [reading([row('a', 99), row('b', 9)])], {...plain, keepOrder: true}, before);
		expect(ids(held)).toEqual(['b', 'a']);
	});
});
