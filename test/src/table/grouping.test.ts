import {describe, expect, it} from 'vitest';
import type {Finding} from '../../../src/contract/finding.ts';
import {defineSection, type Pane, sectionKinds} from '../../../src/contract/pane.ts';
import type {Row, RowKind, Severity} from '../../../src/contract/row.ts';
import {
	type BuildViewOptions,
	buildPaneView,
	buildPaneViewInSlices,
	buildSectionView,
} from '../../../src/table/build-view.ts';
import {isUnderGroupHeader} from '../../../src/table/grouping.ts';
import {liveReading} from '../contract/live-reading.ts';

type Pod = Row & {readonly name: string; readonly of: string};
type Workload = Row & {readonly name: string; readonly of: string};

let compared = 0;
const byName = (a: Pod, b: Pod): number => {
	compared += 1;
	return a.of.localeCompare(b.of) || a.name.localeCompare(b.name);
};
const section = defineSection<Pod, Workload>({
	kind: 'kubernetes.pod',
	title: 'pods',
	weight: 1,
	empty: 'none',
	orders: [
		{title: 'name', compare: byName},
		{title: 'workload', compare: byName, groupHeaders: {kind: 'kubernetes.workload', of: pod => pod.of}},
	],
	columns: [{header: 'NAME', field: 'name', width: 9, cell: row => row.name, groupCell: row => `deploy/${row.name}`}],
});
const pane: Pane = {id: 'p', title: 'P', tab: 'P', systems: ['kubernetes'], gauges: [], sections: [section]};

const pod = (name: string, severity: Severity = 'ok'): Pod => ({
	id: name,
	kind: 'kubernetes.pod',
	name,
	of: name.slice(0, 1),
	severity,
	target: 'prod',
});
const workload = (name: string, severity: Severity = 'ok'): Workload => ({
	id: name,
	kind: 'kubernetes.workload',
	name,
	of: name,
	severity,
	target: 'prod',
});
const reading = (kind: RowKind, rows: readonly Row[]) => liveReading(kind, rows, {target: 'prod'});
const read = (pods: readonly Pod[], workloads: readonly Workload[]) => [
	reading('kubernetes.pod', pods),
	reading('kubernetes.workload', workloads),
];
const flat: BuildViewOptions = {filter: '', target: undefined, orders: {}, now: 0};
const grouped: BuildViewOptions = {...flat, orders: {'kubernetes.pod': 1}};
const ids = (view: ReturnType<typeof buildSectionView>) =>
	view.entries.map(
		entry =>
			`${isUnderGroupHeader(view.grouping, entry) ? '  ' : ''}${entry.row.kind === 'kubernetes.workload' ? '^' : ''}${entry.row.id}`,
	);

describe('an order with group headers', () => {
	const readings = read(
		[pod('b2'), pod('a1'), pod('c1'), pod('b1', 'crit'), pod('a2'), pod('x1')],
		[workload('a'), workload('c', 'warn'), workload('b'), workload('empty')],
	);

	it('puts each group header above its rows, the group with the worst row first, and rows without a header next to them', () => {
		const view = buildSectionView(section, readings, grouped);
		expect(ids(view)).toEqual(['^b', '  b1', '  b2', '^c', '  c1', '^a', '  a1', '  a2', '^empty', 'x1']);
		expect(view).toMatchObject({shownCount: 6, total: 6, severityCounts: {crit: 1, warn: 0, ok: 5}});
	});

	it('keeps the entry of a group header that is read again as the same object, and only of that', () => {
		const [a, b] = [workload('a'), workload('b')];
		const before = buildSectionView(section, read([pod('a1'), pod('b1')], [a, b]), grouped);
		const now = read([pod('a1'), pod('b1')], [a, workload('b')]);
		const {groupHeaders} = buildSectionView(section, now, {...grouped, previous: before});
		expect(groupHeaders.get(a)).toBe(before.groupHeaders.get(a));
		expect(before.groupHeaders.get(a)).toBe(before.entries[0]);
		expect([...groupHeaders.keys()]).not.toContain(b);
		expect(groupHeaders.size).toBe(2);
	});

	it('counts a group header that is worse than all of its rows in every order, and marks the pane', () => {
		const worse = read(
			[pod('a1', 'warn'), pod('b1', 'crit'), pod('c1')],
			[workload('a', 'crit'), workload('b', 'crit'), workload('c', 'warn'), workload('empty', 'warn')],
		);
		for (const arrangement of [flat, grouped, {...flat, problemsOnly: true}]) {
			expect(buildSectionView(section, worse, arrangement)).toMatchObject({
				severityCounts: {crit: 1, warn: 1},
				problemCounts: {crit: 2, warn: 3},
			});
		}
		expect(buildSectionView(section, worse, {...flat, filter: 'deploy/c'}).problemCounts).toMatchObject({
			crit: 0,
			warn: 1,
		});
		expect(buildSectionView(section, worse, {...flat, filter: 'deploy/b'}).problemCounts).toMatchObject({
			crit: 0,
			warn: 0,
		});
		const limited: Finding = {
			id: 'f',
			type: 'kubernetes.autoscaler-limited',
			target: 'prod',
			severity: 'warn',
			sentence: 'autoscaler c is at its limit',
			kind: 'kubernetes.workload',
			evidence: [],
			actions: [],
			inspections: [],
		};
		const found = worse.map(one => (one.kind === 'kubernetes.workload' ? {...one, findings: [limited]} : one));
		expect(buildPaneView(pane, found, flat).severity).toBe('warn');
	});

	it('shows no group headers in other orders', () => {
		expect(ids(buildSectionView(section, readings, flat))).toEqual(['b1', 'a1', 'a2', 'b2', 'c1', 'x1']);
		expect(sectionKinds(section)).toEqual(['kubernetes.pod', 'kubernetes.workload']);
	});

	it('filters rows, and shows the group header of each one', () => {
		expect(ids(buildSectionView(section, readings, {...grouped, filter: 'b2'}))).toEqual(['^b', '  b2']);
		expect(ids(buildSectionView(section, readings, {...grouped, filter: 'deploy/a'}))).toEqual(['^a']);
	});

	it('with problems only, shows group headers that are not ok, and those of rows that are not ok', () => {
		const view = buildSectionView(section, readings, {...grouped, problemsOnly: true});
		expect(ids(view)).toEqual(['^b', '  b1', '^c']);
		expect(view).toMatchObject({shownCount: 1, total: 6});
	});

	it('keeps the order while keys are pressed, also of group headers that were read again', () => {
		const before = buildSectionView(section, readings, grouped);
		const again = read([pod('a1', 'crit'), pod('b1'), pod('b2')], [workload('b'), workload('a')]);
		const held = buildSectionView(section, again, {...grouped, previous: before, keepOrder: true});
		expect(held.entries.filter(entry => !entry.wasRemoved).map(entry => entry.row.id)).toEqual([
			'b',
			'b1',
			'b2',
			'a',
			'a1',
		]);
		expect(held.entries.map(entry => entry.key)).toEqual(before.entries.map(entry => entry.key));
		const freed = buildSectionView(section, again, {...grouped, previous: held});
		expect(ids(freed)).toEqual(['^a', '  a1', '^b', '  b1', '  b2']);
	});
});

describe('problems only', () => {
	it('is a property of the pane, and hides rows that are ok', () => {
		const view = buildPaneView(pane, read([pod('a1'), pod('a2', 'unknown'), pod('b1', 'warn')], []), {
			...flat,
			problemsOnly: true,
		});
		expect(view.problemsOnly).toBe(true);
		expect(view.entries.map(entry => entry.row.id)).toEqual(['b1', 'a2']);
	});

	it('goes together with a filter', () => {
		const readings = read([pod('a1', 'warn'), pod('a2'), pod('b1', 'warn')], []);
		const first = buildPaneView(pane, readings, {...flat, filter: 'name:a'});
		expect(first.entries.map(entry => entry.row.id)).toEqual(['a1', 'a2']);
		const both = buildPaneView(pane, readings, {...flat, filter: 'name:a', problemsOnly: true}, first);
		expect(both.entries.map(entry => entry.row.id)).toEqual(['a1']);
	});
});

it('builds 10,000 rows under 500 group headers in slices', () => {
	const letters = Array.from({length: 500}, (_, index) => `w${String((index * 7) % 500).padStart(3, '0')}`);
	const pods = Array.from({length: 10_000}, (_, index): Pod => {
		const of = letters[index % 500] ?? '';
		const severity = index % 97 === 0 ? 'crit' : 'ok';
		return {...pod(`${of}-${index}`, severity), of};
	});
	const readings = read(
		pods,
		letters.map(name => workload(name)),
	);
	for (const arrangement of [grouped, {...grouped, problemsOnly: true}, {...flat, problemsOnly: true}]) {
		const work = buildPaneViewInSlices(pane, readings, arrangement);
		const steps: number[] = [];
		for (;;) {
			compared = 0;
			const step = work.next();
			steps.push(compared);
			if (step.done === true) {
				const wrong = step.value.entries.filter(entry => entry.row.severity === 'crit').length;
				expect(wrong).toBe(104);
				if (arrangement.problemsOnly === true) expect(step.value.sections[0]?.shownCount).toBe(104);
				break;
			}
		}
		// A sorted slice of 512 rows takes no more than 512 times its depth.
		expect(Math.max(...steps)).toBeLessThanOrEqual(512 * 9);
		expect(steps.length).toBeGreaterThan(30);
	}
});
