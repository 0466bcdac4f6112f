/**
 * A question that is answered by one key and then Enter, each in a read of its own. Pure, and without a clock: how long a key rests says
 * nothing, because a console or a link that stalls hands over late what was pressed long before.
 *
 * A key that is held down gives itself again and again and no other key, so it never answers: not the key (no Enter follows), not Enter
 * (no key came before), and not one held after the other (the key came more than once). A paste that is read at once comes as several keys in
 * one read.
 */
export type KeyEnterState =
	| 'nothing'
	/** The key came once, alone in its read. */
	| 'key'
	/** It came again, or together with others: only another key starts the answer again. */
	| 'repeated';

/** A key, what it types, and whether nothing else came in its read. */
export type KeyPress = {readonly key: string; readonly text: string | undefined; readonly alone: boolean};

/** The same key, as far as the question is concerned. */
type Meaning = {readonly is: 'key' | 'enter' | 'other'; readonly alone: boolean};

/** Where the question is after one more key. */
export function nextKeyEnterState(state: KeyEnterState, {is, alone}: Meaning): KeyEnterState | 'answered' {
	if (is === 'key') return alone && state === 'nothing' ? 'key' : 'repeated';
	return is === 'enter' && alone && state === 'key' ? 'answered' : 'nothing';
}

/** Why a question that any other key closes was not answered by its key or Enter. `before`: where the question was. `key`: the name of its key. */
export function keyRejectedReason(before: KeyEnterState, alone: boolean, key: string): string {
	if (!alone) return 'not taken: it came together with other keys in one read';
	if (before === 'nothing') return `not taken: press ${key} first, then enter`;
	return `not taken: ${key} came more than once, as a held key does; leave, press ${key} once, then enter`;
}

/** Why a key was not taken that came before the question was painted. */
export const notOnScreenMessage = 'not taken: the question has to be on the screen first';
