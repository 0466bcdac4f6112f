import {describe, expect, it} from 'vitest';
import {compareStatements} from '../../../../src/model/postgres/postgres-statement.ts';
import type {StatementRecord, StatementsRecord} from '../../../../src/port/postgres.ts';

const entry = (key: string, facts: Partial<StatementRecord> = {}): StatementRecord => ({
	key,
	user: 'app',
	database: 'orders',
	calls: 100,
	milliseconds: 1000,
	rows: 100,
	blocksHit: 90,
	blocksRead: 10,
	tempBlocksWritten: 0,
	...facts,
});

const read = (
	serverSeconds: number,
	statements: readonly StatementRecord[],
	facts: Partial<StatementsRecord> = {},
): StatementsRecord => ({statements, omitted: 0, hidden: 0, serverSeconds, resetAt: 'monday', evictions: 0, ...facts});

const about = {user: 'midwatch', grant: 'GRANT pg_monitor TO midwatch;'};

const blank = {callsPerSecond: undefined, meanMs: undefined, share: undefined, load: undefined};

describe('compareStatements', () => {
	it('counts between two reads, not since the last reset', () => {
		const before = read(1000, [entry('a'), entry('b')]);
		const now = read(1010, [
			entry('a', {calls: 120, milliseconds: 4000, rows: 140, blocksHit: 120, blocksRead: 20}),
			entry('b', {calls: 110, milliseconds: 2000}),
		]);
		const {figures, notes, sample} = compareStatements(before, now, about);
		expect(figures[0]).toMatchObject({
			key: 'a',
			callsPerSecond: 2,
			meanMs: 150,
			share: 0.75,
			load: 0.3,
			rowsPerSecond: 4,
			hits: 0.75,
		});
		expect(figures[1]).toMatchObject({key: 'b', share: 0.25});
		expect(notes).toEqual([]);
		expect(sample).toBe('measured over the last 10s');
	});

	it('is blank on the first read', () => {
		const {figures, notes, sample} = compareStatements(undefined, read(1000, [entry('a')]), about);
		expect(figures[0]).toMatchObject(blank);
		expect(sample).toBeUndefined();
		expect(notes).toEqual([{text: 'rates come with the next read', severity: 'ok'}]);
	});

	it('leaves an entry blank that was missing before: it may have been evicted and added again', () => {
		const before = read(1000, [entry('a')]);
		const now = read(1010, [entry('a', {calls: 101, milliseconds: 1010}), entry('back', {milliseconds: 9e9})], {
			evictions: 3,
		});
		const {figures, notes} = compareStatements(before, now, about);
		expect(figures.map(({key}) => key)).toEqual(['a', 'back']);
		expect(figures[0]?.share).toBe(1);
		expect(figures[1]).toMatchObject(blank);
		expect(notes[0]?.text).toMatch(/^the server evicted its least used entries 3 times/);
	});

	it('leaves an entry blank whose totals fell', () => {
		const {figures} = compareStatements(
			read(1000, [entry('a')]),
			read(1010, [entry('a', {calls: 3, milliseconds: 2})]),
			about,
		);
		expect(figures[0]).toMatchObject(blank);
	});

	it('leaves an entry blank that took time without being called: it was reset and came to the same count', () => {
		const {figures} = compareStatements(
			read(1000, [entry('a')]),
			read(1010, [entry('a', {milliseconds: 1001})]),
			about,
		);
		expect(figures[0]).toMatchObject(blank);
	});

	it('reports a reset of all counters, and starts again', () => {
		const now = read(1010, [entry('a', {calls: 500, milliseconds: 9000})], {resetAt: 'tuesday'});
		const {figures, notes} = compareStatements(read(1000, [entry('a')]), now, about);
		expect(figures[0]).toMatchObject(blank);
		expect(notes[0]?.text).toBe('the statistics were reset at tuesday: rates come with the next read');
	});

	it('is blank when no time has passed', () => {
		for (const seconds of [1000, 990]) {
			const {figures, notes} = compareStatements(
				read(1000, [entry('a')]),
				read(seconds, [entry('a', {calls: 101})]),
				about,
			);
			expect(figures[0]).toMatchObject(blank);
			expect(notes.map(note => note.text)).toEqual(['rates come with the next read']);
		}
	});

	it('reports statements that it may not see, and the grant that shows them', () => {
		const {notes} = compareStatements(undefined, read(1000, [], {hidden: 312}), about);
		expect(notes).toContainEqual({
			text: '312 statements of other users are hidden from midwatch',
			hint: about.grant,
			severity: 'unknown',
		});
	});

	it('has 0 calls and no mean for a statement that did not end in between', () => {
		const {figures} = compareStatements(read(1000, [entry('a')]), read(1010, [entry('a')]), about);
		expect(figures[0]).toMatchObject({callsPerSecond: 0, meanMs: undefined, share: 0, load: 0});
	});

	it('sorts new statements after those that took time and before those that did not run', () => {
		const before = read(1000, [entry('idle', {milliseconds: 9e9}), entry('busy')]);
		const now = read(1010, [
			entry('idle', {milliseconds: 9e9}),
			entry('busy', {calls: 101, milliseconds: 1001}),
			entry('new'),
		]);
		expect(compareStatements(before, now, about).figures.map(({key}) => key)).toEqual(['busy', 'new', 'idle']);
	});
});
