import {expect, it} from 'vitest';
import {defineSection, type Pane} from '../../../src/contract/pane.ts';
import type {Reading} from '../../../src/contract/reading.ts';
import type {Row, RowKind} from '../../../src/contract/row.ts';
import {createPaneViews, type ViewQuery} from '../../../src/table/pane-views.ts';
import {createFakeClock, createFakeTimeBudget} from '../../fake-clock.ts';
import {liveReading} from '../contract/live-reading.ts';

type Job = Row & {readonly name: string};
const many = 6000;

/** Two panes of many rows on a clock that moves with the work: reading a cell takes a hundredth of a millisecond. */
function openViews() {
	const fake = createFakeClock();
	let costMs = 0;
	let looked = 0;
	let broken = false;
	let changes = 0;
	// A timer of 0 ms fires in the next turn, as with the system clock.
	const after = (ms: number, call: () => void) => fake.after(Math.max(1, ms), call);
	const clock = {now: () => fake.now() + costMs, monotonic: () => fake.monotonic() + costMs, after};
	const pane = (id: string, kind: RowKind): Pane => ({
		id,
		title: id,
		tab: id,
		systems: ['postgres'],
		gauges: [],
		sections: [
			defineSection<Job>({
				kind,
				title: id,
				weight: 1,
				empty: 'none',
				orders: [
					{title: 'up', compare: (a, b) => a.name.localeCompare(b.name)},
					{title: 'down', compare: (a, b) => b.name.localeCompare(a.name)},
				],
				columns: [
					{
						header: 'NAME',
						field: 'name',
						width: 9,
						cell(row) {
							if (broken) throw new Error('a broken column');
							looked += 1;
							costMs += 0.01;
							return row.name;
						},
					},
				],
			}),
		],
	});
	const panes = [pane('first', 'postgres.session'), pane('second', 'redis.client')];
	const numbered = (round: string, number: number) => `${round}-${String(number).padStart(4, '0')}`;
	/** `turned`: the same objects, with their names in reverse order. */
	const rowsOf = (kind: RowKind, round: string, turned: boolean) =>
		Array.from({length: many}, (_, index): Job => {
			const number = (index * 7) % many;
			const name = numbered(round, turned ? many - 1 - number : number);
			return {id: numbered(round, number), kind, name, target: 'db', severity: 'ok'};
		});
	let readings: readonly Reading[] = [];
	const questions = new Map<string, ViewQuery>();
	let focused = 'first';
	const views = createPaneViews({
		clock,
		budget: createFakeTimeBudget(clock),
		readings: () => readings,
		pane: id => panes.find(one => one.id === id) ?? pane('', 'probe.none'),
		query: id => questions.get(id) ?? plain,
		focused: () => focused,
		changed: () => {
			changes += 1;
		},
	});
	const plain: ViewQuery = {filter: '', target: undefined, orders: {}};
	const it = {
		views,
		fake,
		changes: () => changes,
		looked: () => looked,
		focus: (id: string) => {
			focused = id;
		},
		breakColumns: (is: boolean) => {
			broken = is;
		},
		read(round: string, turned = false) {
			readings = panes.flatMap(one => one.sections.map(({kind}) => liveReading(kind, rowsOf(kind, round, turned))));
		},
		ask(id: string, part: Partial<ViewQuery>) {
			questions.set(id, {...(questions.get(id) ?? plain), ...part});
		},
		/** Returns the first row of a pane and its number of rows. */
		shows(id: string) {
			const {entries} = views.view(id);
			return `${entries[0]?.row.id} of ${entries.length}`;
		},
		/** Runs one more turn of the event loop. */
		turn: () => fake.advance(1),
		async rest() {
			while (fake.waiting > 0) await fake.advance(1000);
		},
	};
	it.read('a');
	return it;
}

it('returns the complete previous view until the view of many new rows is ready', async () => {
	const it = openViews();
	it.ask('first', {filter: 'name:5'});
	expect(it.shows('first')).toBe('a-0005 of 2355');
	await it.rest();
	it.read('b');
	const before = it.views.view('first');
	expect(before.entries[0]?.row.id).toBe('a-0005');
	let turns = 0;
	for (; it.views.view('first') === before; turns += 1) {
		const looked = it.looked();
		await it.turn();
		// 5 ms per turn, and the slice that exceeds them.
		expect(it.looked() - looked).toBeLessThanOrEqual(500 + 256);
	}
	expect(turns).toBeGreaterThan(3);
	expect(it.shows('first')).toBe('b-0005 of 2355');
});

it('builds the focused pane first', async () => {
	const it = openViews();
	for (const id of ['first', 'second']) it.ask(id, {filter: 'name:5'});
	for (const id of ['first', 'second']) it.shows(id);
	await it.rest();
	it.read('b');
	it.focus('second');
	const seen: string[] = [];
	for (let turn = 0; turn < 40; turn += 1) {
		seen.push(['first', 'second'].map(id => it.shows(id)[0]).join(''));
		await it.turn();
	}
	expect([...new Set(seen)]).toEqual(['aa', 'ab', 'bb']);
	expect(it.changes()).toBe(2);
});

it('reports the filter of the view that is shown, and builds it at once when a key needs it', () => {
	const it = openViews();
	it.shows('first');
	it.ask('first', {filter: 'name:1999'});
	const lagging = it.views.view('first');
	expect([lagging.filter, lagging.entries.length]).toEqual(['', many]);
	it.views.flushView('first');
	expect(it.shows('first')).toBe('a-1999 of 1');
	expect([it.views.view('first').filter, it.changes()]).toEqual(['name:1999', 1]);
});

it('drops a job of another query', async () => {
	const it = openViews();
	it.shows('first');
	it.ask('first', {filter: 'name:1999'});
	it.shows('first');
	it.ask('first', {filter: 'name:1998', orders: {'postgres.session': 1}});
	await it.rest();
	expect(it.shows('first')).toBe('a-1998 of 1');
	expect(it.views.view('first').sections[0]?.order).toBe('down');
});

it('finishes a view although new rows arrive in every turn', async () => {
	const it = openViews();
	it.ask('first', {filter: 'name:5'});
	it.shows('first');
	await it.rest();
	const seen = new Set<string>();
	for (let turn = 0; turn < 120; turn += 1) {
		it.read(`r${turn}`);
		seen.add(it.shows('first'));
		await it.turn();
	}
	expect(seen.size).toBeGreaterThan(5);
});

/** Returns the ids of the first rows, and the current name of the first one. */
function topOf({views}: ReturnType<typeof openViews>) {
	const {entries} = views.view('first');
	const rows = entries.map(({row}) => row as Job);
	return {ids: rows.slice(0, 3).map(({id}) => id), name: rows[0]?.name, rows: rows.length};
}

const first = {ids: ['a-0000', 'a-0001', 'a-0002'], rows: many};
const last = {ids: ['a-5999', 'a-5998', 'a-5997'], rows: many};

/** Runs turns until the rows of the newest read are shown, which takes less than a second. */
async function untilRead(it: ReturnType<typeof openViews>, name: string): Promise<number> {
	let turns = 0;
	for (; topOf(it).name !== name && turns < 200; turns += 1) await it.turn();
	return turns;
}

it('keeps rows on their lines for a second after a key, with their new values', async () => {
	const it = openViews();
	it.ask('first', {filter: 'name:-'});
	expect(topOf(it)).toEqual({...first, name: 'a-0000'});
	await it.rest();
	it.views.holdRows();
	it.read('a', true);
	expect(await untilRead(it, 'a-5999')).toBeGreaterThan(2);
	expect(topOf(it)).toEqual({...first, name: 'a-5999'});
	await it.fake.advance(1000);
	await untilRead(it, 'a-0000');
	expect(topOf(it)).toEqual({...last, name: 'a-0000'});
});

it('keeps them also when the key comes while a new order is being built', async () => {
	const it = openViews();
	it.ask('first', {filter: 'name:-'});
	topOf(it);
	await it.rest();
	it.read('a', true);
	topOf(it);
	await it.turn();
	expect(topOf(it).name).toBe('a-0000');
	it.views.holdRows();
	await untilRead(it, 'a-5999');
	expect(topOf(it)).toEqual({...first, name: 'a-5999'});
	await it.fake.advance(1000);
	await untilRead(it, 'a-0000');
	expect(topOf(it)).toEqual({...last, name: 'a-0000'});
});

it('moves them at once when the user selects another order', async () => {
	const it = openViews();
	it.ask('first', {filter: 'name:-'});
	topOf(it);
	await it.rest();
	it.views.holdRows();
	it.ask('first', {orders: {'postgres.session': 1}});
	it.views.flushView('first');
	expect(topOf(it)).toEqual({...last, name: 'a-5999'});
});

it('throws the error of a column to the caller, and continues with the next read', async () => {
	const it = openViews();
	it.ask('first', {filter: 'name:5'});
	it.shows('first');
	await it.rest();
	it.read('b');
	it.shows('first');
	it.breakColumns(true);
	await it.turn();
	expect(() => it.views.view('first')).toThrow('a broken column');
	expect(() => it.views.view('first')).toThrow('a broken column');
	expect(it.fake.waiting).toBeLessThan(2);
	it.breakColumns(false);
	it.read('c');
	it.shows('first');
	await it.rest();
	expect(it.shows('first')).toBe('c-0005 of 2355');
});
