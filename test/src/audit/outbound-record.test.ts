import {expect, test} from 'vitest';
import {type AuditRecord, genesisHash, sealRecord} from '../../../src/audit/audit-record.ts';
import {type IncludableField, includableFields, toOutboundRecord} from '../../../src/audit/outbound-record.ts';
import {actor} from '../state/test-actor.ts';

const record: AuditRecord = sealRecord({
	...{
		v: 1,
		seq: 7,
		id: '01HZ0000000000000000000007',
		ts: '2026-01-31T12:00:00.000Z',
		session: 's',
		app: '0.1.0',
		actor,
	},
	...{
		prev: genesisHash,
		kind: 'intent',
		target: 'orders-db',
		object: 'OBJECT café',
		target_user: 'midwatch',
		plan_hash: 'ab',
	},
	server: {host: 'db1', port: 5432, id: '7512'},
	action: {id: 'postgres.cancel', title: 'TITLE'},
	params: {key: 'PARAM'},
	preview: {
		...{impact: 'IMPACT', cli_equivalent: 'SELECT SQL', bound_to: 'BOUND', count: 3, touches: ['TOUCHES']},
		...{risk: 'low', undo: {class: 'none', text: 'UNDO'}},
	},
	checks: [{label: 'CHECK', result: 'pass', detail: 'DETAIL'}],
	confirmation: {method: 'key', reason: 'REASON'},
	receipt: {summary: 'RECEIPT', before: {}},
	error: {kind: 'denied', message: 'MESSAGE', hint: 'HINT'},
	note: 'NOTE',
});

const json = (include: readonly IncludableField[]) => toOutboundRecord(record, include).json;

test('ids, hashes and numbers are sent; names of objects, texts and reasons are not', () => {
	expect(json([])).not.toMatch(/[A-Z]{4,}(?![A-Z0-9]*")/);
	expect(JSON.parse(json([]))).toMatchObject({
		...{
			v: 1,
			seq: 7,
			prev: genesisHash,
			hash: record.hash,
			kind: 'intent',
			target: 'orders-db',
			action: 'postgres.cancel',
		},
		...{
			server: {host: 'db1', port: 5432, id: '7512'},
			count: 3,
			risk: 'low',
			undo: 'none',
			method: 'key',
			error: 'denied',
		},
	});
});

test('every other field is sent only when it is included', () => {
	expect(json(['objects'])).toMatch(/OBJECT.*TOUCHES/);
	expect(json(['objects'])).not.toMatch(/SQL|PARAM|REASON|NOTE|MESSAGE/);
	expect(json(['text'])).toMatch(/PARAM.*IMPACT.*SQL.*DETAIL.*RECEIPT.*MESSAGE.*NOTE/);
	expect(json(['text'])).not.toMatch(/OBJECT|TOUCHES|REASON/);
	expect(json(['reason'])).toMatch(/REASON/);
	expect(json(['reason'])).not.toMatch(/OBJECT|SQL/);
});

test('a record is one line of ASCII with the same text', () => {
	expect(json(includableFields)).toMatch(/^[\x20-\x7e]+$/);
	expect(JSON.parse(json(includableFields))).toMatchObject({object: 'OBJECT café'});
});

test('a record that is too long for a log server is sent without the included fields, and says so', () => {
	const {hash: _, ...rest} = record;
	const long = sealRecord({
		...rest,
		preview: {...(record.preview ?? expect.fail()), cli_equivalent: 'x'.repeat(20_000)},
	});
	const sent = toOutboundRecord(long, ['text']).json;
	expect(sent.length).toBeLessThan(8000);
	expect(JSON.parse(sent)).toMatchObject({hash: long.hash, left_out: ['text']});
});

test.each<[Partial<AuditRecord>, number]>([
	[{kind: 'break-glass'}, 1],
	[{kind: 'refuse', result: 'blocked'}, 4],
	[{kind: 'gap'}, 4],
	[{kind: 'torn'}, 4],
	[{kind: 'intent'}, 5],
	[{kind: 'undo'}, 5],
	[{kind: 'arm'}, 5],
	[{kind: 'outcome', result: 'failed'}, 4],
	[{kind: 'outcome', result: 'unknown'}, 4],
	[{kind: 'verify', result: 'ineffective'}, 4],
	[{kind: 'outcome', result: 'sent'}, 6],
	[{kind: 'verify', result: 'done'}, 6],
	[{kind: 'disarm'}, 6],
])('the syslog severity of %j is %i', (fields, severity) => {
	expect(toOutboundRecord({...record, ...fields}, []).severity).toBe(severity);
});
