import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {
	type AuditEntry,
	type AuditRecord,
	canonicalJson,
	genesisHash,
	sealRecord,
} from '../../../src/audit/audit-record.ts';
import {chainStart, parseRecordLine, verifyChain} from '../../../src/audit/chain.ts';
import {actor} from '../state/test-actor.ts';

function chainOf(entries: readonly AuditEntry[]): readonly AuditRecord[] {
	const records: AuditRecord[] = [];
	for (const entry of entries) {
		const seq = records.length + 1;
		const prev = records.at(-1)?.hash ?? genesisHash;
		const ts = new Date(Date.UTC(2026, 10, 21) + seq * 1000).toISOString();
		records.push(sealRecord({...entry, v: 1, seq, id: `R${seq}`, ts, session: 'S', app: '0.1.0', actor, prev}));
	}
	return records;
}

const linesOf = (records: readonly AuditRecord[]): readonly string[] => records.map(record => canonicalJson(record));
const bytesOf = (lines: readonly string[]): Uint8Array => Buffer.from(lines.map(line => `${line}\n`).join(''));
const faultsOf = (lines: readonly string[]) => verifyChain(bytesOf(lines), chainStart).faults;

const entries = fc.array(
	fc.record({
		kind: fc.constantFrom('intent' as const, 'outcome' as const, 'verify' as const),
		target: fc.string({unit: 'grapheme'}),
		note: fc.string({unit: 'binary'}).map(text => text.toWellFormed()),
		took_ms: fc.nat(),
	}),
	{minLength: 3, maxLength: 6},
);

describe('a chain', () => {
	test('without changes is intact', () => {
		fc.assert(
			fc.property(entries, given => {
				const records = chainOf(given);
				const report = verifyChain(bytesOf(linesOf(records)), chainStart);
				expect(report).toMatchObject({records: records.length, faults: [], notes: []});
				expect(report.last).toEqual(records.at(-1));
			}),
		);
	});

	test('shows a change of any byte', () => {
		fc.assert(
			fc.property(entries, fc.nat(), fc.integer({min: 1, max: 255}), (given, where, change) => {
				const bytes = Buffer.from(bytesOf(linesOf(chainOf(given))));
				const at = where % bytes.length;
				bytes[at] = (bytes[at] ?? 0) ^ change;
				expect(verifyChain(bytes, chainStart).faults.length).toBeGreaterThan(0);
			}),
			{numRuns: 2000},
		);
	});

	test('shows a removed or inserted byte', () => {
		fc.assert(
			fc.property(entries, fc.nat(), fc.nat(255), fc.boolean(), (given, where, byte, putIn) => {
				const bytes = Buffer.from(bytesOf(linesOf(chainOf(given))));
				const at = where % bytes.length;
				const changed = putIn
					? Buffer.concat([bytes.subarray(0, at), Buffer.from([byte]), bytes.subarray(at)])
					: Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
				expect(verifyChain(changed, chainStart).faults.length).toBeGreaterThan(0);
			}),
			{numRuns: 1000},
		);
	});

	test('shows a line that was removed, duplicated, forged or moved', () => {
		fc.assert(
			fc.property(entries, fc.nat(), fc.nat(), (given, a, b) => {
				const records = chainOf(given);
				const lines = linesOf(records);
				const from = a % lines.length;
				const line = lines[from] ?? '';
				const rest = lines.toSpliced(from, 1);
				if (from < lines.length - 1) expect(faultsOf(rest).length).toBeGreaterThan(0);
				const to = b % lines.length;
				if (to !== from) expect(faultsOf(rest.toSpliced(to, 0, line)).length).toBeGreaterThan(0);
				expect(faultsOf(lines.toSpliced(to, 0, line)).length).toBeGreaterThan(0);
				const {hash: _, ...unsealed} = records[from] as AuditRecord;
				const forged = canonicalJson(sealRecord({...unsealed, note: `${unsealed.note}, or so`}));
				if (from < lines.length - 1) expect(faultsOf(lines.toSpliced(from, 1, forged)).length).toBeGreaterThan(0);
			}),
		);
	});

	test('does not show by itself that lines were cut off at its end', () => {
		const lines = linesOf(chainOf([{kind: 'start'}, {kind: 'intent'}, {kind: 'outcome'}]));
		expect(faultsOf(lines.slice(0, 2))).toEqual([]);
	});

	test('names the line', () => {
		const lines = linesOf(chainOf([{kind: 'start'}, {kind: 'intent', note: 'as it was'}, {kind: 'outcome'}]));
		const changed = lines.with(1, (lines[1] ?? '').replace('as it was', 'as it is'));
		expect(faultsOf(changed)).toEqual([{line: 2, text: 'its hash does not match its content'}]);
		expect(faultsOf(lines.toSpliced(1, 1)).map(fault => fault.line)).toEqual([2]);
		expect(faultsOf([...lines, 'nonsense'])).toEqual([{line: 4, text: 'it is not a record'}]);
	});

	test('continues where another one ended', () => {
		const records = chainOf([{kind: 'start'}, {kind: 'intent'}, {kind: 'outcome'}]);
		const later = bytesOf(linesOf(records).slice(1));
		const [first] = records;
		if (!first) throw new Error('there is a first');
		expect(verifyChain(later, {seq: 1, hash: first.hash}).faults).toEqual([]);
		expect(verifyChain(later, chainStart).faults).toHaveLength(1);
	});
});

describe('a line of the log', () => {
	test('is compared as bytes: sequences that decode to the same text are not the same', () => {
		const [record] = chainOf([{kind: 'intent', note: 'a\ufffdb'}]);
		const line = Buffer.from(canonicalJson(record));
		expect(parseRecordLine(line)).toEqual(record);
		const at = line.indexOf(0xef);
		const changed = Buffer.from(line);
		changed[at] = 0xf0;
		expect(changed.toString('utf8')).toBe(line.toString('utf8'));
		expect(parseRecordLine(changed)).toBeUndefined();
	});

	test.each([
		['a number that is none', '"took_ms":1e999'],
		['nesting without end', `"took_ms":${'['.repeat(20_000)}${']'.repeat(20_000)}`],
		['another type', '"took_ms":"1011"'],
		['a foreign member', '"took_ms":1011,"__proto__":{"seq":1}'],
	])('with %s is a fault, not a crash', (_, changed) => {
		const [line = ''] = linesOf(chainOf([{kind: 'outcome', took_ms: 1011}]));
		expect(faultsOf([line])).toEqual([]);
		expect(faultsOf([line.replace('"took_ms":1011', changed)]).length).toBeGreaterThan(0);
	});

	test('is the same whatever the order in which its members were made', () => {
		fc.assert(
			fc.property(fc.dictionary(fc.string(), fc.jsonValue()), value => {
				const turned = Object.fromEntries(Object.entries(value).reverse());
				expect(canonicalJson(turned)).toBe(canonicalJson(value));
				expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
			}),
		);
	});

	test.each([[Number.NaN], [10n], [() => 1], [Symbol('x')]])('cannot hold %s', value => {
		expect(() => canonicalJson({value})).toThrow(TypeError);
	});
});
