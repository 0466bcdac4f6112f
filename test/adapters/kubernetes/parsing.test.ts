import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {byteLines} from '../../../adapters/kubernetes/api/byte-lines.ts';
import {grantCommandForRefusal} from '../../../adapters/kubernetes/api/grant-command.ts';
import {readListItems} from '../../../adapters/kubernetes/api/json-stream.ts';
import {project} from '../../../adapters/kubernetes/api/projection.ts';
import {parseQuantity} from '../../../adapters/kubernetes/api/quantity.ts';

/** The bytes of a text in pieces of these lengths, over and over. */
async function* inPieces(text: string, lengths: readonly number[]): AsyncGenerator<Buffer> {
	const bytes = Buffer.from(text);
	let at = 0;
	for (let turn = 0; at < bytes.length; turn++) {
		const length = lengths[turn % lengths.length] ?? 1;
		yield bytes.subarray(at, at + length);
		at += length;
	}
}

const lengths = fc.array(fc.integer({min: 1, max: 40}), {minLength: 1, maxLength: 5});
const anyObject = fc.dictionary(fc.string(), fc.jsonValue());

describe('a list that comes in pieces', () => {
	test('gives what JSON.parse gives', async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(anyObject), anyObject, lengths, fc.boolean(), async (items, rest, pieces, pretty) => {
				const complete = {metadata: {items: 'no', deep: {items: [1]}}, rest, items, kind: 'List'};
				const text = JSON.stringify(complete, undefined, pretty ? 2 : undefined);
				const found: unknown[] = [];
				const top = await readListItems(inPieces(text, pieces), 'items', item => found.push(item));
				const expected = JSON.parse(text) as {items: unknown[]};
				expect(found).toEqual(expected.items);
				expect(top).toEqual({...expected, items: []});
			}),
		);
	});

	test('may have no items at all', async () => {
		const found: unknown[] = [];
		const take = (item: unknown) => void found.push(item);
		expect(await readListItems(inPieces('{"items":null,"metadata":{}}', [3]), 'items', take)).toEqual({
			items: null,
			metadata: {},
		});
		expect(await readListItems(inPieces('{"kind":"x"}', [3]), 'items', take)).toEqual({kind: 'x'});
		expect(found).toEqual([]);
	});

	test.each([
		[`{"items":[${'{"a":'.repeat(1000)}`, 'it is nested more than 200 levels deep'],
		[`{"items":[{"a":${'['.repeat(1000)}`, 'it is nested more than 200 levels deep'],
		[`{"metadata":${'{"a":'.repeat(1000)}`, 'it is nested more than 200 levels deep'],
	])('that is nested too deep is refused before it ends', async (text, said) => {
		await expect(readListItems(inPieces(text, [40]), 'items', () => {})).rejects.toMatchObject({
			kind: 'malformed',
			message: expect.stringContaining(said),
		});
	});

	test.each(['', '{"items":[{"a":1}', '{"items":[{"a":1}]', '{"items":[{"a":}]}', '[1]', '"x"', 'no'])(
		'that is %j is refused',
		async text => {
			await expect(readListItems(inPieces(text, [2]), 'items', () => {})).rejects.toMatchObject({kind: 'malformed'});
		},
	);
});

describe('lines that come in pieces', () => {
	test('are complete', async () => {
		const line = fc.string().map(text => text.replaceAll('\n', ' '));
		await fc.assert(
			fc.asyncProperty(fc.array(line), lengths, async (lines, pieces) => {
				const found: string[] = [];
				const text = lines.map(each => `${each}\n`).join('');
				for await (const some of byteLines(inPieces(text, pieces), {maxLineBytes: 1000, dropUnterminated: true}))
					found.push(...some);
				expect(found).toEqual(lines);
			}),
		);
	});

	test('drop an unterminated last line only with dropUnterminated', async () => {
		const collect = async (dropUnterminated: boolean) => {
			const found: string[] = [];
			for await (const some of byteLines(inPieces('a\nbc', [1]), {maxLineBytes: 10, dropUnterminated}))
				found.push(...some);
			return found;
		};
		expect([await collect(true), await collect(false)]).toEqual([['a'], ['a', 'bc']]);
	});

	test('fail beyond the maximum length', async () => {
		const read = async () => {
			for await (const _ of byteLines(inPieces('x'.repeat(50), [7]), {maxLineBytes: 20, dropUnterminated: true}));
		};
		await expect(read()).rejects.toMatchObject({kind: 'malformed'});
	});
});

describe('a projected object', () => {
	test('has the fields of its shape, of the right types, and no others', () => {
		type Thing = {
			readonly name: string;
			readonly count?: number;
			readonly labels?: Readonly<Record<string, string>>;
			readonly parts?: readonly {readonly id: string}[];
			readonly limit?: number | string;
		};
		const shape = {
			name: 'text',
			count: 'number',
			labels: 'short-string-map',
			parts: [{id: 'text'}],
			limit: 'number-or-text',
		} as const;
		const from = {
			name: 'a',
			count: '7',
			labels: {short: 'x', long: 'y'.repeat(300), wrong: 3},
			parts: [{id: '1', more: 2}, 'no', null],
			limit: '25%',
			extra: {},
		};
		expect(project<Thing>(from, shape)).toEqual({name: 'a', labels: {short: 'x'}, parts: [{id: '1'}], limit: '25%'});
		expect(project<Thing>('no', shape)).toBeUndefined();
	});
});

test.each([
	['250m', 0.25],
	['1', 1],
	['1.5', 1.5],
	['0.5Gi', 536870912],
	['512Mi', 536870912],
	['128974848', 128974848],
	['129e6', 129e6],
	['129M', 129e6],
	['123n', 123e-9],
	['2E', 2e18],
	['1Ki', 1024],
	['', undefined],
	['x', undefined],
	['1Zi', undefined],
	[undefined, undefined],
])('the quantity %s is %s', (text, value) => {
	const found = parseQuantity(text);
	if (value === undefined) expect(found).toBeUndefined();
	else expect(found).toBeCloseTo(value, 12);
});

test.each([
	[
		'pods is forbidden: User "on call" cannot list resource "pods" in API group "" at the cluster scope',
		"kubectl create clusterrole midwatch-pods-read --verb=get,list,watch --resource=pods && kubectl create clusterrolebinding midwatch-pods-read --clusterrole=midwatch-pods-read '--user=on call'",
	],
	[
		'deployments.apps "api" is forbidden: User "system:serviceaccount:ops:midwatch" cannot patch resource "deployments/scale" in API group "apps" in the namespace "shop"',
		'kubectl -n shop create role midwatch-deployments-scale-patch --verb=patch --resource=deployments.apps/scale && kubectl -n shop create rolebinding midwatch-deployments-scale-patch --role=midwatch-deployments-scale-patch --serviceaccount=ops:midwatch',
	],
	['something else', undefined],
])('the grant for %s', (message, line) => {
	expect(grantCommandForRefusal(message)).toBe(line);
});
