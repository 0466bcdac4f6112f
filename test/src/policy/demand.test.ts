import {createHash} from 'node:crypto';
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {Risk, UndoClass} from '../../../src/contract/action.ts';
import {type Demand, type DemandAnswer, demandFor, unmetReason} from '../../../src/policy/demand.ts';
import {createPolicy} from '../../../src/policy/policy.ts';
import type {PolicyFile} from '../../../src/policy/rules.ts';
import {shortName} from '../../../src/policy/short-name.ts';

const hash = 'a3f0c2d9e8b7';

const policyWith = (file?: PolicyFile) =>
	createPolicy({
		readOnly: false,
		targets: [
			{name: 'scratch', production: false},
			{name: 'orders-db', production: true},
		],
		file,
	});

const planOf = (undo: UndoClass['class'], risk: Risk, count: number, target = 'scratch') => ({
	action: 'postgres.cancel',
	hash,
	preview: {target, object: '4411', count, risk, undo: {class: undo, text: ''}},
});

describe('demand', () => {
	const text = '4411';
	const key = {kind: 'key', key: 'y'};
	const named = {kind: 'type', text};
	const highest = (count: number) => ({kind: 'type-count-reason', text, count, delayMs: 3000});
	test.each<[string, PolicyFile, Parameters<typeof demandFor>[1], unknown]>([
		['undone exactly, one object', {}, planOf('exact', 'low', 1), key],
		['undone exactly, one object, configuration changes', {}, planOf('exact', 'medium', 1), key],
		['undone exactly, with data lost meanwhile', {}, planOf('exact', 'high', 1), highest(1)],
		['undone exactly, two objects', {}, planOf('exact', 'low', 2), highest(2)],
		['undone in part, one object', {}, planOf('approximate', 'medium', 1), named],
		['no way back, one object, little risk', {}, planOf('none', 'low', 1), named],
		['no way back, one object', {}, planOf('none', 'medium', 1), named],
		['no way back, several objects', {}, planOf('none', 'medium', 54), highest(54)],
		['no way back, data loss', {}, planOf('none', 'high', 1), highest(1)],
		['the file requires the name', {leastDemand: 'type'}, planOf('exact', 'low', 1), named],
		['the file does not lower it', {leastDemand: 'type'}, planOf('none', 'high', 1), highest(1)],
		['the file requires the highest', {leastDemand: 'type-count-reason'}, planOf('exact', 'low', 1), highest(1)],
		['more objects than the file allows', {maxObjects: 2}, planOf('exact', 'low', 3), {kind: 'refused'}],
		['as many as the file allows', {maxObjects: 2}, planOf('exact', 'low', 2), highest(2)],
		['a guarded target', {}, planOf('exact', 'low', 1, 'orders-db'), {kind: 'refused'}],
	])('%s', (_, file, about, demand) => {
		expect(demandFor(policyWith(file), about, 0)).toMatchObject(demand as object);
	});

	test('is never lowered by the policy file', () => {
		const weight = (file: PolicyFile, about: Parameters<typeof demandFor>[1]) =>
			['key', 'type', 'type-count-reason', 'refused'].indexOf(demandFor(policyWith(file), about, 0).kind);
		fc.assert(
			fc.property(
				fc.constantFrom('exact' as const, 'approximate' as const, 'none' as const),
				fc.constantFrom('low' as const, 'medium' as const, 'high' as const),
				fc.integer({min: 1, max: 60}),
				fc.record({
					leastDemand: fc.option(fc.constantFrom('type' as const, 'type-count-reason' as const), {nil: undefined}),
					maxObjects: fc.option(fc.nat(60), {nil: undefined}),
				}),
				(undo, risk, count, file) => {
					const preview = planOf(undo, risk, count);
					expect(weight(file, preview)).toBeGreaterThanOrEqual(weight({}, preview));
				},
			),
		);
	});
});

describe('short name', () => {
	test.each([
		['4411', '4411'],
		['7', '7'],
		['512mb', '512mb'],
		['checkout/api', 'api'],
		['checkout/web-0', 'web-0'],
		['checkout/api-7f9c6d-x2k4p', 'x2k4p'],
		['order-processing/order-events', 'events'],
		['3 sessions', 'sessions'],
		['2 pods', 'pods'],
		['prom-main', 'main'],
	])('of %s is %s', (object, name) => {
		expect(shortName(object, hash)).toBe(name);
	});

	test.each(['HighErrorRate', 'postgres-0', 'checkout/', '', 'job a', 'dépôt', 'a<202e>b', '数据库', 'x'.repeat(99)])(
		'of %s, which has no last word of 3 to 8 letters, is a code',
		object => {
			expect(shortName(object, hash)).toMatch(/^[dhjknprtvx]{4}$/);
		},
	);

	test('has only ASCII that every keyboard can type, and a code has no letter twice', () => {
		fc.assert(
			fc.property(fc.string({unit: 'binary'}), fc.stringMatching(/^[0-9a-f]{64}$/), (object, planHash) => {
				const name = shortName(object, planHash);
				expect(name).toMatch(/^[\w.:+-]{1,8}$/);
				expect(shortName(object, planHash)).toBe(name);
				const code = shortName('', planHash);
				expect(new Set(code).size).toBe(4);
			}),
		);
	});

	test('is another code for most other plans, with every letter in every position', () => {
		const codes = Array.from({length: 500}, (_, at) =>
			shortName('', createHash('sha256').update(String(at)).digest('hex')),
		);
		expect(new Set(codes).size).toBeGreaterThan(450);
		for (const position of [0, 1, 2, 3]) expect(new Set(codes.map(code => code[position])).size).toBe(10);
	});
});

describe('answer', () => {
	const key: Demand = {kind: 'key', key: 'y'};
	const type: Demand = {kind: 'type', text: '4411'};
	const highest: Demand = {kind: 'type-count-reason', text: '4411', count: 12, delayMs: 3000};
	const full = {kind: 'typed', text: '4411', count: '12', reason: 'locks held'} as const;
	test.each<[string, Demand, DemandAnswer, number, boolean]>([
		['y', key, {kind: 'key', key: 'y'}, 0, true],
		['Y', key, {kind: 'key', key: 'Y'}, 0, false],
		['Enter', key, {kind: 'key', key: '\r'}, 0, false],
		['Enter by name', key, {kind: 'key', key: 'return'}, 0, false],
		['the opening key', key, {kind: 'key', key: 'C'}, 0, false],
		['several keys at once', key, {kind: 'key', key: 'yy'}, 0, false],
		['a pasted y', key, {kind: 'key', key: 'y', pasted: true}, 0, false],
		['a typed y', key, {kind: 'typed', text: 'y'}, 0, false],
		['the text', type, {kind: 'typed', text: '4411'}, 0, true],
		['a y where a text is required', type, {kind: 'key', key: 'y'}, 0, false],
		['part of the text', type, {kind: 'typed', text: '441'}, 0, false],
		['more than the text', type, {kind: 'typed', text: '4411 '}, 0, false],
		['nothing', type, {kind: 'typed', text: ''}, 0, false],
		['another case', {kind: 'type', text: 'api'}, {kind: 'typed', text: 'Api'}, 0, false],
		['the pasted text', type, {kind: 'typed', text: '4411', pasted: true}, 0, false],
		['a text with a line end', type, {kind: 'typed', text: '4411\n'}, 0, false],
		['a text in paste brackets', type, {kind: 'typed', text: '\u001b[200~4411\u001b[201~'}, 0, false],
		['all of it after 3 s', highest, full, 3000, true],
		['all of it too early', highest, full, 2999, false],
		['without the count', highest, {kind: 'typed', text: full.text, reason: full.reason}, 3000, false],
		['another count', highest, {...full, count: '11'}, 3000, false],
		['the count written otherwise', highest, {...full, count: '012'}, 3000, false],
		['without a reason', highest, {kind: 'typed', text: full.text, count: '12'}, 3000, false],
		['an empty reason', highest, {...full, reason: '    '}, 3000, false],
		['a reason of several lines', highest, {...full, reason: 'locks\nheld'}, 3000, false],
		['the wrong text', highest, {...full, text: '4412'}, 3000, false],
		['anything to a refusal', {kind: 'refused', reason: 'no', hint: ''}, {kind: 'key', key: 'y'}, 9999, false],
	])('%s', (_, demand, answer, shownForMs, meets) => {
		expect(unmetReason(demand, answer, shownForMs) === undefined).toBe(meets);
	});
});
