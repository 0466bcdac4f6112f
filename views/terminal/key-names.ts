/* The numbers and letters that terminals send for keys: xterm's ctlseqs, with rxvt's and the Linux console's differences. */

const byNumber: ReadonlyMap<string, string> = new Map([
	['1', 'home'],
	['2', 'insert'],
	['3', 'delete'],
	['4', 'end'],
	['5', 'pageup'],
	['6', 'pagedown'],
	['7', 'home'],
	['8', 'end'],
	...[11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24].map((number, index): [string, string] => [
		String(number),
		`f${index + 1}`,
	]),
]);

const byLetter: ReadonlyMap<string, string> = new Map([
	['A', 'up'],
	['B', 'down'],
	['C', 'right'],
	['D', 'left'],
	['F', 'end'],
	['H', 'home'],
	['P', 'f1'],
	['Q', 'f2'],
	['R', 'f3'],
	['S', 'f4'],
	['Z', 'shift+tab'],
]);

/** The key of `CSI number ~`. */
export const nameOfFunctionKey = (number: string): string | undefined => byNumber.get(number);

/** The key of `CSI letter`, `CSI 1 ; modifiers letter` or `SS3 letter`; anything else that ends in such a letter is a report. */
export const nameOfLetterKey = (letter: string, first: string): string | undefined =>
	first === '' || first === '1' ? byLetter.get(letter) : undefined;

/** `modifiers` as xterm counts them, less one: 1 Shift, 2 Alt, 4 Ctrl. */
export function withModifiers(name: string, modifiers: number): string {
	const ctrl = modifiers & 4 ? 'ctrl+' : '';
	const alt = modifiers & 2 ? 'alt+' : '';
	const shift = modifiers & 1 && !name.startsWith('shift+') ? 'shift+' : '';
	return `${ctrl}${alt}${shift}${name}`;
}

/** Letters that come as another key when Ctrl is held: backspace, tab, and line end twice. */
const ctrlAliases = 'hijm';
/** Characters that begin a sequence after Esc, so that Alt with them looks the same as one. */
const sequenceStarts = '[O]PX^_';
const unshifted: ReadonlySet<string> = new Set([
	'esc',
	'enter',
	'tab',
	'shift+tab',
	'space',
	'backspace',
	'ctrl+space',
]);
const altNames: ReadonlySet<string> = new Set(['alt+enter', 'alt+space', 'alt+backspace']);
const movable: ReadonlySet<string> = new Set(
	[...byNumber.values(), ...byLetter.values()].filter(name => name !== 'shift+tab'),
);

/** Whether the decoder can give a key of this name: what is configured under another name would never be pressed. */
export function isKeyName(name: string): boolean {
	if (unshifted.has(name) || altNames.has(name)) return true;
	if ([...name].length === 1) return /[^\s\p{C}]/u.test(name);
	const [, letter] = /^ctrl\+([a-z\\\]^_])$/.exec(name) ?? [];
	if (letter !== undefined) return !ctrlAliases.includes(letter);
	const [, character] = /^alt\+(\S)$/u.exec(name) ?? [];
	if (character !== undefined) return !sequenceStarts.includes(character) && /[^\p{C}]/u.test(character);
	const [, bare] = /^(?:ctrl\+)?(?:alt\+)?(?:shift\+)?(.+)$/.exec(name) ?? [];
	return bare !== undefined && movable.has(bare);
}
