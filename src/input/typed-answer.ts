import type {KeyPress} from '../session/key-then-enter.ts';
import type {Caret} from '../session/line-input.ts';
import {editField, fieldStep} from './field-keys.ts';
import type {KeyIntent} from './keymap.ts';

/** A question that is answered by typing: what is in its fields, which one is typed into, and whether the last key was Enter. */
export type TypedAnswer = {
	readonly values: readonly string[];
	readonly field: number;
	readonly caret?: Caret;
	readonly afterEnter: boolean;
	/** The field that made the last answer fail: Enter in it answers again, and does not go to the next field. */
	readonly wrong?: {readonly field: number} | undefined;
	/** Why the last key was not taken. */
	readonly problem?: string | undefined;
};

/**
 * `free`: the field that proves nothing, such as a reason, so that text may come into it several keys at a time. `harmless`: the name of a key
 * that changes no field, to press between two Enters.
 */
export type AnswerFields = {readonly count: number; readonly free: number; readonly harmless: string};

const together = 'not taken: it came together with other keys in one read, as from a paste or a slow link';

/**
 * The fields after one more key, and whether the question is answered by it: by an Enter in the last field, or in the one that was wrong, alone in its
 * read, that does not follow an Enter as one that is held down does. Pure, and without a clock.
 */
export function applyTyping<A extends TypedAnswer>(
	answer: A,
	fields: AnswerFields,
	{text, alone}: Pick<KeyPress, 'text' | 'alone'>,
	intent: KeyIntent | undefined,
): {readonly answer: A; readonly isAnswered: boolean} {
	const enters = intent === 'field.accept';
	const stay = (change: Partial<TypedAnswer>) => ({
		answer: {...answer, problem: undefined, afterEnter: enters, ...change},
		isAnswered: false,
	});
	const ends = answer.field >= fields.count - 1 || answer.field === answer.wrong?.field;
	const step = enters && !ends ? 1 : fieldStep(intent);
	const again = `press ${fields.harmless}, then enter`;
	const proves = intent === undefined && text !== undefined && answer.field !== fields.free;
	if (!alone && (proves || enters || step !== undefined))
		return stay({problem: `${together}; ${enters ? again : 'type it key by key'}`});
	if (step !== undefined) return stay({field: (answer.field + step + fields.count) % fields.count, caret: 0});
	if (!enters) return stay(typedInto(editField(answer, intent, text)));
	if (answer.afterEnter) return stay({problem: `not taken: enter came twice, as a held key does; ${again}`});
	return {...stay({}), isAnswered: true};
}

/** What typing changes; nothing where the key edits nothing. */
const typedInto = (edited: TypedAnswer | undefined): Partial<TypedAnswer> =>
	edited === undefined ? {} : {values: edited.values, ...(edited.caret === undefined ? {} : {caret: edited.caret})};
