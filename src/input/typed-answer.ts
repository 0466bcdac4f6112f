import type {KeyPress} from '../session/key-then-enter.ts';
import type {Caret} from '../session/line-input.ts';
import {editField, fieldStep} from './field-keys.ts';
import type {KeyIntent} from './keymap.ts';

/** The fields of a question that is answered by typing, the current one, and whether the last key was Enter. */
export type TypedAnswer = {
	readonly values: readonly string[];
	readonly field: number;
	readonly caret?: Caret;
	readonly afterEnter: boolean;
	/** The field that made the last answer fail. Enter in it answers again instead of moving to the next field. */
	readonly wrong?: {readonly field: number} | undefined;
	/** Why the last key was not accepted. */
	readonly problem?: string | undefined;
};

/**
 * `free`: the field with free text, such as a reason, which accepts several keys in one read. `harmless`: the name of a key that changes no field, to
 * press between two Enters.
 */
export type AnswerFields = {readonly count: number; readonly free: number; readonly harmless: string};

const notAloneMessage = 'not taken: it came together with other keys in one read, as from a paste or a slow link';

/**
 * Returns the fields after one more key, and whether that key answers the question: an Enter in the last field or in the wrong one, alone in its read, and
 * not right after another Enter, as a held key sends it. Pure; needs no clock.
 */
export function applyTyping<A extends TypedAnswer>(
	answer: A,
	fields: AnswerFields,
	{text, alone}: Pick<KeyPress, 'text' | 'alone'>,
	intent: KeyIntent | undefined,
): {readonly answer: A; readonly isAnswered: boolean} {
	const isEnter = intent === 'field.accept';
	const stay = (change: Partial<TypedAnswer>) => ({
		answer: {...answer, problem: undefined, afterEnter: isEnter, ...change},
		isAnswered: false,
	});
	const isLast = answer.field >= fields.count - 1 || answer.field === answer.wrong?.field;
	const step = isEnter && !isLast ? 1 : fieldStep(intent);
	const again = `press ${fields.harmless}, then enter`;
	const isDemanded = intent === undefined && text !== undefined && answer.field !== fields.free;
	if (!alone && (isDemanded || isEnter || step !== undefined))
		return stay({problem: `${notAloneMessage}; ${isEnter ? again : 'type it key by key'}`});
	if (step !== undefined) return stay({field: (answer.field + step + fields.count) % fields.count, caret: 0});
	if (!isEnter) return stay(typedInto(editField(answer, intent, text)));
	if (answer.afterEnter) return stay({problem: `not taken: enter came twice, as a held key does; ${again}`});
	return {...stay({}), isAnswered: true};
}

/** The change by an edit; empty when the key edits nothing. */
const typedInto = (edited: TypedAnswer | undefined): Partial<TypedAnswer> =>
	edited === undefined ? {} : {values: edited.values, ...(edited.caret === undefined ? {} : {caret: edited.caret})};
