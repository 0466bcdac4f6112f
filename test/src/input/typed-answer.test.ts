import {describe, expect, it} from 'vitest';
import type {KeyIntent} from '../../../src/input/keymap.ts';
import {applyTyping, type TypedAnswer} from '../../../src/input/typed-answer.ts';

/** A name, a number and a reason, as the highest demand requires them. */
const fields = {count: 3, free: 2, harmless: 'tab'};

const answerIn = (field: number, change: Partial<TypedAnswer> = {}): TypedAnswer => ({
	values: ['ap', '', 'locks'],
	field,
	afterEnter: false,
	...change,
});

/** The answer after one key. `together`: it came with other keys in one read. */
const press = (answer: TypedAnswer, key: KeyIntent | string, reads: 'alone' | 'together') => {
	const isText = !key.includes('.');
	return applyTyping(
		answer,
		fields,
		{text: isText ? key : undefined, alone: reads === 'alone'},
		isText ? undefined : (key as KeyIntent),
	);
};

describe('a key of a typed answer', () => {
	it('that is text is typed into its field', () => {
		const {answer, isAnswered} = press(answerIn(0, {problem: 'type api to go on'}), 'i', 'alone');
		expect(answer).toMatchObject({values: ['api', '', 'locks'], field: 0, problem: undefined});
		expect(isAnswered).toBe(false);
	});

	it.each<[string, number, KeyIntent | string, string]>([
		['text of the name', 0, 'i', 'type it key by key'],
		['text of the number', 1, '1', 'type it key by key'],
		['the key to the next field', 0, 'field.next', 'type it key by key'],
		['the key to the next field in the reason', 2, 'field.next', 'type it key by key'],
		['enter in the name', 0, 'field.accept', 'press tab, then enter'],
		['enter in the last field', 2, 'field.accept', 'press tab, then enter'],
	])('is not taken when it came with others in one read: %s', (_, field, key, says) => {
		const {answer, isAnswered} = press(answerIn(field), key, 'together');
		expect(answer).toMatchObject({values: ['ap', '', 'locks'], field});
		expect(answer.problem).toContain('it came together with other keys in one read');
		expect(answer.problem).toContain(says);
		expect(isAnswered).toBe(false);
	});

	it('may come with others in one read in the reason, which is free text', () => {
		const {answer} = press(answerIn(2), ' held', 'together');
		expect(answer).toMatchObject({values: ['ap', '', 'locks held'], problem: undefined});
	});

	it.each<[KeyIntent, number, number]>([
		['field.next', 0, 1],
		['field.next', 2, 0],
		['field.previous', 0, 2],
		['field.accept', 0, 1],
		['field.accept', 1, 2],
	])('%s leads from field %i to field %i', (key, from, to) => {
		expect(press(answerIn(from), key, 'alone')).toMatchObject({answer: {field: to, caret: 0}, isAnswered: false});
	});

	it('answers when it is enter in the last field, or in the field that was wrong', () => {
		expect(press(answerIn(2), 'field.accept', 'alone').isAnswered).toBe(true);
		expect(press(answerIn(0, {wrong: {field: 0}}), 'field.accept', 'alone').isAnswered).toBe(true);
		expect(press(answerIn(0, {wrong: {field: 1}}), 'field.accept', 'alone').isAnswered).toBe(false);
	});

	it('does not answer when it is an enter right after another one', () => {
		const {answer, isAnswered} = press(answerIn(2, {afterEnter: true}), 'field.accept', 'alone');
		expect(answer.problem).toContain('enter came twice');
		expect(isAnswered).toBe(false);
		const other = press(answer, 'field.next', 'alone').answer;
		expect(press({...other, field: 2}, 'field.accept', 'alone').isAnswered).toBe(true);
	});
});
