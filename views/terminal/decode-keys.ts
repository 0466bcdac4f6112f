import type {Clock} from '../../src/time/clock.ts';
import {nameOfFunctionKey, nameOfLetterKey, withModifiers} from './key-names.ts';

/** What a person did at the terminal. Columns and rows count from 0. */
export type TerminalEvent =
	/**
	 * `key` is the printable character itself (`a`, `A`, `?`) or one of: up down left right home end pageup pagedown enter esc tab shift+tab
	 * backspace delete insert space f1..f12 ctrl+x alt+x. `text` is what the key would type, when it types something. `alone`: the read that it
	 * came in held this key and no other, nor a part of one; reports of the terminal (mouse, focus, size) are no keys.
	 */
	| {readonly type: 'key'; readonly key: string; readonly text?: string; readonly alone: boolean}
	/** Bracketed paste, as it was: raw text, line ends as `\n`. */
	| {readonly type: 'paste'; readonly text: string}
	| {readonly type: 'wheel'; readonly direction: 'up' | 'down'; readonly column: number; readonly row: number}
	| {readonly type: 'click'; readonly column: number; readonly row: number}
	/** The terminal's answer to a question about one of its modes (DECRPM); `state` 1 and 2 mean that it knows the mode. */
	| {readonly type: 'mode'; readonly mode: number; readonly state: number};

export type KeyDecoder = {
	/** What one read of the terminal gave: bytes or text, cut anywhere. */
	feed(chunk: Uint8Array | string): void;
	/** Forgets what is half read. Nothing of it is told. */
	reset(): void;
};

/** An Esc that nothing follows for this long is the Esc key. */
const loneEscapeMs = 25;
/** The rest of a sequence whose Esc was already taken for the key is recognised this long (slow links cut anywhere). */
const lateTailMs = 250;
/** A sequence or a paste that stops half way is given up after this. */
const abandonedMs = 1500;
const longestPaste = 1_000_000;
const pasteEnd = '\u001b[201~';
const lateTail = /^(?:\[.|O[A-DFHP-S])/s;
/** How the answers and reports of a terminal begin after CSI, which no key does. */
const reportStart = /^[<=>?]/;
/** The last characters of reports that begin as keys do: focus, size, cursor position, mouse, status. */
const reportEnd = /[IMORnt]/;

type State = 'ground' | 'escape' | 'escape-twice' | 'csi' | 'csi-linux' | 'ss3' | 'string' | 'mouse-x10' | 'paste';

/**
 * Reads a terminal's input. A sequence that is not known is dropped whole: a letter left over from one would act as a key.
 * So Alt with `[`, `O`, `]`, `P`, `X`, `^` or `_` is not told: those begin sequences.
 */
export function createKeyDecoder(emit: (event: TerminalEvent) => void, clock: Pick<Clock, 'after'>): KeyDecoder {
	let utf8 = new TextDecoder('utf-8');
	let state: State = 'ground';
	let gathered = '';
	let alt = false;
	let escapeJustTold = false;
	/** What this read brought so far. Emitted at its end: only then it is known whether a key came alone. */
	let events: TerminalEvent[] = [];
	/** Keys among it, known or not, and pastes. */
	let keysRead = 0;
	/** What is half read came in a read with other keys. */
	let halfShared = false;
	/** A paste was given up half way: what comes may be the rest of it, until its end or Esc. */
	let pasteBroken = false;
	let cancelTimer = () => {};
	let cancelLateTail = () => {};

	function key(name: string, text?: string): void {
		keysRead += 1;
		const event = {type: 'key' as const, key: name, alone: false};
		events.push(text === undefined ? event : {...event, text});
	}

	function emitAll(alone: boolean): void {
		const ended = events;
		events = [];
		for (const event of ended) emit(event.type === 'key' ? {...event, alone} : event);
	}

	/** A key has begun whose rest may come with the next read. */
	function isKeyHalfRead(): boolean {
		if (state === 'ground' || state === 'string' || state === 'mouse-x10') return false;
		return state !== 'csi' || !reportStart.test(gathered);
	}

	function enter(next: State): void {
		state = next;
		gathered = '';
	}

	function ground(character: string): void {
		alt = false;
		const code = character.codePointAt(0) ?? 0;
		if (character === '\u001b') {
			enter('escape');
		} else if (character === '\u009b') enter('csi');
		else if (character === '\u008f') enter('ss3');
		else if (/[\u0090\u0098\u009d-\u009f]/.test(character)) enter('string');
		else if (character === '\r' || character === '\n') key('enter');
		else if (character === '\t') key('tab');
		else if (character === '\u007f' || character === '\b') key('backspace');
		else if (character === ' ') key('space', ' ');
		else if (code === 0) key('ctrl+space');
		else if (code <= 26) key(`ctrl+${String.fromCharCode(code + 96)}`);
		else if (code < 32) key(`ctrl+${String.fromCharCode(code + 64)}`);
		// What is left of C1, and bytes that are not UTF-8, are nobody's key.
		else if ((code < 128 || code > 159) && character !== '\ufffd') key(character, character);
		else keysRead += 1;
	}

	function afterEscape(character: string): void {
		const twice = state === 'escape-twice';
		if (character === '\u001b' && !twice) enter('escape-twice');
		else if (character === '[' || character === 'O') {
			enter(character === '[' ? 'csi' : 'ss3');
			alt = twice;
		} else {
			if (twice) key('esc');
			if (character === '\u001b') enter('escape-twice');
			else if (/[\]PX^_]/.test(character)) enter('string');
			else {
				enter('ground');
				const code = character.codePointAt(0) ?? 0;
				if (code > 32 && code !== 127 && (code < 128 || code > 159) && character !== '\ufffd') key(`alt+${character}`);
				else if (character === '\u007f') key('alt+backspace');
				else if (character === '\r') key('alt+enter');
				else if (character === ' ') key('alt+space');
				else {
					key('esc');
					ground(character);
				}
			}
		}
	}

	function control(character: string): void {
		const code = character.codePointAt(0) ?? 0;
		if (code >= 0x20 && code <= 0x3f) {
			gathered += character;
			return;
		}
		const parameters = gathered;
		if (code < 0x40 || code > 0x7e) {
			// Not part of any sequence: the sequence was cut off, and this stands on its own.
			enter('ground');
			ground(character);
		} else if (character === 'M' && parameters === '') enter('mouse-x10');
		else if (character === '[' && parameters === '') enter('csi-linux');
		else if (character === '~' && parameters === '200') enter('paste');
		else {
			enter('ground');
			finishControl(parameters, character);
		}
	}

	function finishControl(parameters: string, final: string): void {
		if (/^<\d+;\d+;\d+$/.test(parameters)) {
			mouse(parameters, final);
			return;
		}
		const mode = /^\?(\d+);(\d+)\$$/.exec(parameters);
		if (mode !== null && final === 'y') {
			events.push({type: 'mode', mode: Number(mode[1]), state: Number(mode[2])});
			return;
		}
		if (!/^[0-9;]*$/.test(parameters)) return;
		if (parameters === '201' && final === '~') pasteBroken = false;
		const name = nameOf(parameters, final);
		if (name !== undefined) key(name);
		else if (!reportEnd.test(final)) keysRead += 1;
	}

	function nameOf(parameters: string, final: string): string | undefined {
		const [first = '', second = ''] = parameters.split(';');
		const modifiers = Math.max(0, (Number(second) || 1) - 1) | (alt ? 2 : 0);
		const name = final === '~' ? nameOfFunctionKey(first) : nameOfLetterKey(final, first);
		return name === undefined ? undefined : withModifiers(name, modifiers);
	}

	function mouse(parameters: string, final: string): void {
		const [button = 0, x = 1, y = 1] = parameters.slice(1).split(';').map(Number);
		const at = {column: x - 1, row: y - 1};
		const plain = button & ~(4 | 8 | 16);
		if (final !== 'M') return;
		if (plain === 64 || plain === 65) events.push({type: 'wheel', direction: plain === 64 ? 'up' : 'down', ...at});
		else if (plain === 0) events.push({type: 'click', ...at});
	}

	function singleShift(character: string): void {
		if (/[0-9;]/.test(character)) {
			gathered += character;
			return;
		}
		const modifier = gathered;
		enter('ground');
		const code = character.codePointAt(0) ?? 0;
		if (code < 0x40 || code > 0x7e) ground(character);
		else if (character === 'M') key('enter');
		else {
			const name = nameOf(`1;${modifier === '' ? '1' : modifier}`, character);
			if (name === undefined) keysRead += 1;
			else key(name);
		}
	}

	function string(character: string): void {
		const ended = character === '\u0007' || character === '\u009c' || (gathered === '\u001b' && character === '\\');
		if (ended) enter('ground');
		else if (gathered === '\u001b') {
			// An Esc that does not end the string starts something new: a way out for whoever is stuck in here.
			enter('escape');
			afterEscape(character);
		} else if (character === '\u0003' || character === '\u0018' || character === '\u001a') {
			enter('ground');
			ground(character);
		} else gathered = character === '\u001b' ? character : 'x';
	}

	function paste(character: string): void {
		gathered += character;
		if (gathered.endsWith(pasteEnd)) endPaste(gathered.slice(0, -pasteEnd.length));
		else if (gathered.length > longestPaste) gathered = gathered.slice(0, longestPaste / 2) + gathered.slice(-8);
	}

	function endPaste(text: string): void {
		enter('ground');
		keysRead += 1;
		events.push({type: 'paste', text: text.replace(/\r\n?/g, '\n')});
	}

	function read(character: string): void {
		if (state === 'ground') ground(character);
		else if (state === 'escape' || state === 'escape-twice') afterEscape(character);
		else if (state === 'string') string(character);
		else if (state === 'paste') paste(character);
		else if (character === '\u001b') ground(character);
		else if (state === 'mouse-x10') {
			gathered += character;
			if ([...gathered].length === 3) enter('ground');
		} else if (state === 'csi') control(character);
		else if (state === 'ss3') singleShift(character);
		else {
			enter('ground');
			const number = 'ABCDE'.indexOf(character) + 1;
			if (number > 0) key(`f${number}`);
		}
	}

	const waitsAfterEscape = () =>
		state === 'escape' || state === 'escape-twice' || (state === 'string' && gathered === '\u001b');

	function timedOut(): void {
		const was = state;
		const text = gathered;
		const wasEscape = waitsAfterEscape();
		enter('ground');
		keysRead = 0;
		if (was === 'paste') {
			pasteBroken = true;
			endPaste(text);
		}
		if (wasEscape) {
			escapeJustTold = true;
			cancelLateTail = clock.after(lateTailMs, () => {
				escapeJustTold = false;
			});
			pasteBroken = false;
			key('esc');
			if (was === 'escape-twice') key('esc');
		}
		emitAll(keysRead === 1 && !halfShared);
		halfShared = false;
	}

	return {
		feed(chunk) {
			cancelTimer();
			keysRead = 0;
			let text = typeof chunk === 'string' ? chunk : utf8.decode(chunk, {stream: true});
			if (escapeJustTold && text !== '') {
				escapeJustTold = false;
				cancelLateTail();
				if (lateTail.test(text)) {
					enter(text.startsWith('[') ? 'csi' : 'ss3');
					text = text.slice(1);
				}
			}
			for (const character of text) read(character);
			const half = isKeyHalfRead() || endsInCharacter(chunk);
			emitAll(keysRead === 1 && !half && !halfShared && !pasteBroken);
			halfShared = half && (keysRead > 0 || halfShared);
			if (state === 'ground') return;
			cancelTimer = clock.after(waitsAfterEscape() ? loneEscapeMs : abandonedMs, timedOut);
		},
		reset() {
			cancelTimer();
			cancelLateTail();
			escapeJustTold = false;
			halfShared = false;
			pasteBroken = false;
			events = [];
			utf8 = new TextDecoder('utf-8');
			enter('ground');
		},
	};
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
