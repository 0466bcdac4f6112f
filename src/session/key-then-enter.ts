/**
 * State of a question that is answered by one key and then Enter, each in a separate read of the terminal. Pure, and without a clock: the
 * time between keys proves nothing, because a console or link that stalls delivers old key presses late.
 *
 * A key that is held down repeats itself and no other key, so it never answers: not the key (no Enter follows), not Enter (no key before
 * it), and not one held after the other (the key came more than once). A paste arrives as several keys in one read.
 */
export type KeyEnterState =
	| 'nothing'
	/** The key came once, alone in its read. */
	| 'key'
	/** It came again, or together with other keys: another key must come before the answer can start again. */
	| 'repeated';

/** A key, the text it types, and whether it was alone in its read. */
export type KeyPress = {readonly key: string; readonly text: string | undefined; readonly alone: boolean};

/** What the key means to the question. */
type Meaning = {readonly is: 'key' | 'enter' | 'other'; readonly alone: boolean};

/** Returns the state after one more key. */
export function nextKeyEnterState(state: KeyEnterState, {is, alone}: Meaning): KeyEnterState | 'answered' {
	if (is === 'key') return alone && state === 'nothing' ? 'key' : 'repeated';
	return is === 'enter' && alone && state === 'key' ? 'answered' : 'nothing';
}

/** Returns why the key or Enter did not answer the question. `before`: the state before it. `key`: the name of the key of the question. */
export function keyRejectedReason(before: KeyEnterState, alone: boolean, key: string): string {
	if (!alone) return 'not taken: it came together with other keys in one read';
	if (before === 'nothing') return `not taken: press ${key} first, then enter`;
	return `not taken: ${key} came more than once, as a held key does; leave, press ${key} once, then enter`;
}

/** Shown when a key came before the question was painted. */
export const notOnScreenMessage = 'not taken: the question has to be on the screen first';
