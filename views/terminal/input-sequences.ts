import {nameOfFunctionKey, nameOfLetterKey, withModifiers} from './key-names.ts';

/*
 * The grammar of a terminal's input (ECMA-48 control functions, xterm's keys, mouse reports, bracketed paste) as a pure state machine: one
 * character at a time, no timers. A sequence that is not known is dropped completely: a letter left over from one would act as a key.
 */

/** What one or several characters meant. */
export type TerminalInput =
	| {readonly type: 'key'; readonly key: string; readonly text?: string}
	/** A key was pressed that has no name here. */
	| {readonly type: 'unnamed-key'}
	/** Raw text, line ends as `\n`. */
	| {readonly type: 'paste'; readonly text: string}
	/** The end of a paste whose start was not read, or was given up. */
	| {readonly type: 'paste-end'}
	| {readonly type: 'wheel'; readonly direction: 'up' | 'down'; readonly column: number; readonly row: number}
	| {readonly type: 'click'; readonly column: number; readonly row: number}
	/** The answer to a question about a terminal mode (DECRPM). */
	| {readonly type: 'mode'; readonly mode: number; readonly state: number};

/** What was read of a sequence that is not complete; `ground` between sequences. `alt`: an Esc before the sequence means Alt. */
export type SequenceState =
	| {readonly kind: 'ground'}
	| {readonly kind: 'escape'; readonly twice: boolean}
	| {readonly kind: 'csi'; readonly parameters: string; readonly alt: boolean}
	/** `ESC [ [`: the function keys F1 to F5 of the Linux console. */
	| {readonly kind: 'csi-linux'}
	| {readonly kind: 'ss3'; readonly modifier: string; readonly alt: boolean}
	/** An OSC, DCS, SOS, PM or APC string, whose text is dropped. `escaped`: its last character was Esc. */
	| {readonly kind: 'string'; readonly escaped: boolean}
	/** `ESC [ M`: three more characters of a mouse report in X10 encoding. */
	| {readonly kind: 'mouse-x10'; readonly missing: number}
	| {readonly kind: 'paste'; readonly text: string};

type Step = {readonly next: SequenceState; readonly input: readonly TerminalInput[]};

export const ground: SequenceState = {kind: 'ground'};

const maxPasteLength = 1_000_000;
const pasteEnd = '\u001b[201~';
/** How the answers and reports of a terminal begin after CSI, which no key does. */
const reportStart = /^[<=>?]/;
/** The last characters of reports that begin as keys do: focus, size, cursor position, mouse, status. */
const reportEnd = /[IMORnt]/;

const goTo = (next: SequenceState, ...input: readonly TerminalInput[]): Step => ({next, input});
const key = (name: string): TerminalInput => ({type: 'key', key: name});
const typed = (name: string, text: string): TerminalInput => ({type: 'key', key: name, text});
const codeOf = (character: string): number => character.codePointAt(0) ?? 0;

/** A character of C1, or one in place of bytes that are not UTF-8: no key sends it. */
const isNoCharacter = (character: string): boolean => /[\u0080-\u009f\ufffd]/.test(character);

/** Reads one character. */
export function readCharacter(state: SequenceState, character: string): Step {
	switch (state.kind) {
		case 'escape':
			return afterEscape(state.twice, character);
		case 'string':
			return inString(state.escaped, character);
		case 'paste':
			return inPaste(state.text + character);
		case 'ground':
			return onGround(character);
		default:
			// Esc cuts any other sequence off.
			return character === '\u001b' ? onGround(character) : inSequence(state, character);
	}
}

function inSequence(
	state: Extract<SequenceState, {kind: 'csi' | 'csi-linux' | 'ss3' | 'mouse-x10'}>,
	character: string,
): Step {
	switch (state.kind) {
		case 'csi':
			return inControl(state.parameters, state.alt, character);
		case 'ss3':
			return inSingleShift(state.modifier, state.alt, character);
		case 'mouse-x10':
			return goTo(state.missing === 1 ? ground : {kind: 'mouse-x10', missing: state.missing - 1});
		case 'csi-linux': {
			const number = 'ABCDE'.indexOf(character) + 1;
			return number > 0 ? goTo(ground, key(`f${number}`)) : goTo(ground);
		}
	}
}

function onGround(character: string): Step {
	if (character === '\u001b') return goTo({kind: 'escape', twice: false});
	if (character === '\u009b') return goTo({kind: 'csi', parameters: '', alt: false});
	if (character === '\u008f') return goTo({kind: 'ss3', modifier: '', alt: false});
	if (/[\u0090\u0098\u009d-\u009f]/.test(character)) return goTo({kind: 'string', escaped: false});
	return goTo(ground, keyOf(character));
}

function keyOf(character: string): TerminalInput {
	const code = codeOf(character);
	if (character === '\r' || character === '\n') return key('enter');
	if (character === '\t') return key('tab');
	if (character === '\u007f' || character === '\b') return key('backspace');
	if (character === ' ') return typed('space', ' ');
	if (code === 0) return key('ctrl+space');
	if (code <= 26) return key(`ctrl+${String.fromCharCode(code + 96)}`);
	if (code < 32) return key(`ctrl+${String.fromCharCode(code + 64)}`);
	return isNoCharacter(character) ? {type: 'unnamed-key'} : typed(character, character);
}

function afterEscape(twice: boolean, character: string): Step {
	if (character === '\u001b' && !twice) return goTo({kind: 'escape', twice: true});
	if (character === '[') return goTo({kind: 'csi', parameters: '', alt: twice});
	if (character === 'O') return goTo({kind: 'ss3', modifier: '', alt: twice});
	// The first of two that begin no sequence was the Esc key.
	const {next, input} = afterLastEscape(character);
	return goTo(next, ...(twice ? [key('esc')] : []), ...input);
}

function afterLastEscape(character: string): Step {
	if (character === '\u001b') return goTo({kind: 'escape', twice: true});
	if (/[\]PX^_]/.test(character)) return goTo({kind: 'string', escaped: false});
	if (character === '\u007f') return goTo(ground, key('alt+backspace'));
	if (character === '\r') return goTo(ground, key('alt+enter'));
	if (character === ' ') return goTo(ground, key('alt+space'));
	if (codeOf(character) > 32 && !isNoCharacter(character)) return goTo(ground, key(`alt+${character}`));
	const {next, input} = onGround(character);
	return goTo(next, key('esc'), ...input);
}

function inControl(parameters: string, alt: boolean, character: string): Step {
	const code = codeOf(character);
	if (code >= 0x20 && code <= 0x3f) return goTo({kind: 'csi', parameters: parameters + character, alt});
	// Not part of any sequence: the sequence was cut off, and this character is read for itself.
	if (code < 0x40 || code > 0x7e) return onGround(character);
	if (character === 'M' && parameters === '') return goTo({kind: 'mouse-x10', missing: 3});
	if (character === '[' && parameters === '') return goTo({kind: 'csi-linux'});
	if (character === '~' && parameters === '200') return goTo({kind: 'paste', text: ''});
	return goTo(ground, ...controlInput(parameters, character, alt));
}

/** What a complete control sequence means; nothing for a report of the terminal. */
function controlInput(parameters: string, final: string, alt: boolean): readonly TerminalInput[] {
	if (/^<\d+;\d+;\d+$/.test(parameters)) return mouseInput(parameters, final);
	const mode = /^\?(\d+);(\d+)\$$/.exec(parameters);
	if (mode !== null && final === 'y') return [{type: 'mode', mode: Number(mode[1]), state: Number(mode[2])}];
	if (!/^[0-9;]*$/.test(parameters)) return [];
	const name = keyName(parameters, final, alt);
	if (name !== undefined) return [key(name)];
	if (parameters === '201' && final === '~') return [{type: 'paste-end'}, {type: 'unnamed-key'}];
	return reportEnd.test(final) ? [] : [{type: 'unnamed-key'}];
}

function keyName(parameters: string, final: string, alt: boolean): string | undefined {
	const [first = '', second = ''] = parameters.split(';');
	const modifiers = Math.max(0, (Number(second) || 1) - 1) | (alt ? 2 : 0);
	const name = final === '~' ? nameOfFunctionKey(first) : nameOfLetterKey(final, first);
	return name === undefined ? undefined : withModifiers(name, modifiers);
}

/** The input of a mouse report in SGR encoding: the wheel and the press of the left button, with or without modifiers; nothing for others. */
function mouseInput(parameters: string, final: string): readonly TerminalInput[] {
	const [button = 0, x = 1, y = 1] = parameters.slice(1).split(';').map(Number);
	const at = {column: x - 1, row: y - 1};
	const plain = button & ~(4 | 8 | 16);
	if (final !== 'M') return [];
	if (plain === 64 || plain === 65) return [{type: 'wheel', direction: plain === 64 ? 'up' : 'down', ...at}];
	return plain === 0 ? [{type: 'click', ...at}] : [];
}

function inSingleShift(modifier: string, alt: boolean, character: string): Step {
	if (/[0-9;]/.test(character)) return goTo({kind: 'ss3', modifier: modifier + character, alt});
	const code = codeOf(character);
	if (code < 0x40 || code > 0x7e) return onGround(character);
	if (character === 'M') return goTo(ground, key('enter'));
	const name = keyName(`1;${modifier === '' ? '1' : modifier}`, character, alt);
	return goTo(ground, name === undefined ? {type: 'unnamed-key'} : key(name));
}

function inString(escaped: boolean, character: string): Step {
	if (character === '\u0007' || character === '\u009c' || (escaped && character === '\\')) return goTo(ground);
	// An Esc that does not end the string starts a sequence, so that a key always gets out of an unended string.
	if (escaped) return afterEscape(false, character);
	if (character === '\u0003' || character === '\u0018' || character === '\u001a') return onGround(character);
	return goTo({kind: 'string', escaped: character === '\u001b'});
}

function inPaste(text: string): Step {
	if (text.endsWith(pasteEnd)) return goTo(ground, pasteOf(text.slice(0, -pasteEnd.length)));
	const shortened = text.length > maxPasteLength ? text.slice(0, maxPasteLength / 2) + text.slice(-8) : text;
	return goTo({kind: 'paste', text: shortened});
}

export const pasteOf = (text: string): TerminalInput => ({type: 'paste', text: text.replace(/\r\n?/g, '\n')});

/** Whether a key has begun whose rest may come with the next read. */
export function isKeyIncomplete(state: SequenceState): boolean {
	if (state.kind === 'ground' || state.kind === 'string' || state.kind === 'mouse-x10') return false;
	return state.kind !== 'csi' || !reportStart.test(state.parameters);
}

/** Whether the last character was an Esc that may be a key of its own, or the beginning of more. */
export const endsInEscape = (state: SequenceState): boolean =>
	state.kind === 'escape' || (state.kind === 'string' && state.escaped);
