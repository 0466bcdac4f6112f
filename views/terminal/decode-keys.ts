import {
	endsInEscape,
	ground,
	isKeyIncomplete,
	pasteOf,
	readCharacter,
	type SequenceState,
	type TerminalInput,
} from './input-sequences.ts';
import type {Timer} from './timer.ts';

/** A key, a paste, a turn of the wheel, a click, or an answer of the terminal. Columns and rows count from 0. */
export type TerminalEvent =
	/**
	 * `key` is the printable character itself (`a`, `A`, `?`) or one of: up down left right home end pageup pagedown enter esc tab shift+tab
	 * backspace delete insert space f1..f12 ctrl+x alt+x. `text` is what the key would type, when it types something. `alone`: no other key, nor
	 * a part of one, came in the same read; reports of the terminal (mouse, focus, size) are no keys.
	 */
	| {readonly type: 'key'; readonly key: string; readonly text?: string; readonly alone: boolean}
	/** Bracketed paste: raw text, line ends as `\n`. */
	| {readonly type: 'paste'; readonly text: string}
	| {readonly type: 'wheel'; readonly direction: 'up' | 'down'; readonly column: number; readonly row: number}
	| {readonly type: 'click'; readonly column: number; readonly row: number}
	/** The terminal's answer to a question about one of its modes (DECRPM); `state` 1 and 2 mean that it knows the mode. */
	| {readonly type: 'mode'; readonly mode: number; readonly state: number};

export type KeyDecoder = {
	/** Decodes the result of one read of the terminal: bytes or text, cut anywhere. */
	feed(chunk: Uint8Array | string): void;
	/** Drops an incomplete sequence without an event. */
	reset(): void;
};

/** Milliseconds without input after which an Esc is the Esc key. */
const loneEscapeMs = 25;
/** Milliseconds in which the rest of a sequence is recognised whose Esc was already taken for the key: slow links cut anywhere. */
const lateTailMs = 250;
/** Milliseconds without input after which an incomplete sequence or paste ends. */
const incompleteTimeoutMs = 1500;
const lateTail = /^(?:\[.|O[A-DFHP-S])/s;

/**
 * Decodes a terminal's input, and says of each key whether it came alone. A sequence that is not known is dropped completely: a letter left over
 * from one would act as a key. So Alt with `[`, `O`, `]`, `P`, `X`, `^` or `_` gives no event: those begin sequences.
 */
export function createKeyDecoder(emit: (event: TerminalEvent) => void, timer: Timer): KeyDecoder {
	let utf8 = new TextDecoder('utf-8');
	let state: SequenceState = ground;
	/** The last key was an Esc that was decided by time: the rest of its sequence may be late. */
	let awaitsLateTail = false;
	/** The incomplete sequence began in a read with other keys. */
	let incompleteShared = false;
	/** A paste ended by time: what comes may be the rest of it, until its end or Esc. */
	let pasteAborted = false;
	let cancelTimer = () => {};
	let cancelLateTail = () => {};

	/** Called at the end of a read: only then it is known whether a key came alone. */
	function emitAll(inputs: readonly TerminalInput[], alone: boolean): void {
		for (const event of eventsOf(inputs, alone)) emit(event);
	}

	function readAll(text: string): readonly TerminalInput[] {
		const inputs: TerminalInput[] = [];
		for (const character of text) {
			const {next, input} = readCharacter(state, character);
			state = next;
			inputs.push(...input);
		}
		return inputs;
	}

	function forgetLateTail(): void {
		cancelLateTail();
		awaitsLateTail = false;
	}

	function onTimeout(): void {
		const incomplete = state;
		state = ground;
		if (incomplete.kind === 'paste') {
			pasteAborted = true;
			emitAll([pasteOf(incomplete.text)], false);
		}
		if (endsInEscape(incomplete)) {
			awaitsLateTail = true;
			cancelLateTail = timer.after(lateTailMs, forgetLateTail);
			pasteAborted = false;
			const esc = {type: 'key', key: 'esc'} as const;
			const isTwice = incomplete.kind === 'escape' && incomplete.twice;
			emitAll(isTwice ? [esc, esc] : [esc], !isTwice && !incompleteShared);
		}
		incompleteShared = false;
	}

	return {
		feed(chunk) {
			cancelTimer();
			const text = typeof chunk === 'string' ? chunk : utf8.decode(chunk, {stream: true});
			const tail = awaitsLateTail ? lateTailStart(text) : undefined;
			if (text !== '') forgetLateTail();
			state = tail ?? state;
			const inputs = readAll(tail === undefined ? text : text.slice(1));
			if (inputs.some(({type}) => type === 'paste-end')) pasteAborted = false;
			const keyCount = inputs.filter(isKey).length;
			const isIncomplete = isKeyIncomplete(state) || endsInCharacter(chunk);
			emitAll(inputs, keyCount === 1 && !isIncomplete && !incompleteShared && !pasteAborted);
			incompleteShared = isIncomplete && (keyCount > 0 || incompleteShared);
			if (state.kind === 'ground') return;
			cancelTimer = timer.after(endsInEscape(state) ? loneEscapeMs : incompleteTimeoutMs, onTimeout);
		},
		reset() {
			cancelTimer();
			forgetLateTail();
			incompleteShared = false;
			pasteAborted = false;
			utf8 = new TextDecoder('utf-8');
			state = ground;
		},
	};
}

/** The state after the first character of a text that goes on a sequence whose Esc was taken for the key; undefined for other text. */
function lateTailStart(text: string): SequenceState | undefined {
	if (!lateTail.test(text)) return undefined;
	return text.startsWith('[') ? {kind: 'csi', parameters: '', alt: false} : {kind: 'ss3', modifier: '', alt: false};
}

const isKey = ({type}: TerminalInput): boolean => type === 'key' || type === 'unnamed-key' || type === 'paste';

function eventsOf(inputs: readonly TerminalInput[], alone: boolean): readonly TerminalEvent[] {
	return inputs.flatMap((input): readonly TerminalEvent[] => {
		if (input.type === 'unnamed-key' || input.type === 'paste-end') return [];
		if (input.type !== 'key') return [input];
		const {type, key, text} = input;
		return [{type, key, alone, ...(text === undefined ? {} : {text})}];
	});
}

/** Whether bytes end inside a character of UTF-8, whose rest is still to come. */
function endsInCharacter(chunk: Uint8Array | string): boolean {
	if (typeof chunk === 'string') return false;
	const tail = [...chunk.subarray(-4)].reverse();
	const back = tail.findIndex(byte => byte >= 0xc0);
	if (back < 0) return false;
	const lead = tail[back] ?? 0;
	const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
	return tail.slice(0, back).every(byte => byte >= 0x80) && back + 1 < length;
}
