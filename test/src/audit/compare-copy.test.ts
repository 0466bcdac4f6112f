import {expect, test} from 'vitest';
import {compareCopy, parseCopiedRecords} from '../../../src/audit/compare-copy.ts';

const log = new Map([1, 2, 3, 4].map(seq => [seq, `h${seq}`]));
const copy = (...numbers: readonly number[]) => numbers.map(seq => ({seq, hash: `h${seq}`}));

test('records are found in lines of JSON and of syslog, and other lines are ignored', () => {
	const text = [
		'{"seq":1,"hash":"h1"}',
		'2026-01-31T12:00:00Z host midwatch 42 intent - {"hash":"h2","seq":2}',
		'Jan 31 12:00:00 host sshd[1]: accepted {key}',
		'{"seq":"3","hash":"h3"}',
		'',
	].join('\n');
	expect(parseCopiedRecords(text)).toEqual([
		{seq: 1, hash: 'h1'},
		{seq: 2, hash: 'h2'},
	]);
});

test('an unchanged log has no fault, also when records were delivered twice, or later ones not yet', () => {
	expect(compareCopy(log, copy(2, 2, 3))).toEqual({compared: 2, faults: [], gaps: []});
});

test('a log that was rolled back lacks delivered records', () => {
	expect(compareCopy(log, copy(4, 5, 6)).faults).toEqual([
		'record 5 (and 1 more) was delivered but is not in the log: the log was cut or rolled back',
	]);
});

test('a log that was rewritten differs, even when its chain is intact', () => {
	expect(compareCopy(log, [{seq: 2, hash: 'other'}]).faults).toEqual([
		'record 2 differs from the delivered one: the log was changed or rewritten',
	]);
	expect(compareCopy(log, [{seq: 3, hash: 'other'}, ...copy(3)]).faults).toEqual([
		'two different records of number 3 were delivered: the log was rewritten in between',
	]);
});

test('records that the copy lacks are reported', () => {
	expect(compareCopy(log, copy(1, 3)).gaps).toEqual(['the copy lacks record 2']);
	expect(compareCopy(log, copy(1, 4)).gaps).toEqual(['the copy lacks records 2 to 3']);
});
