/** What a terminal sends for the keys whose name is not their character, by the names of the keymap. */
const sequences: Readonly<Record<string, string>> = {
	enter: '\r',
	esc: '\x1b',
	tab: '\t',
	'shift+tab': '\x1b[Z',
	space: ' ',
	backspace: '\x7f',
	delete: '\x1b[3~',
	up: '\x1b[A',
	down: '\x1b[B',
	right: '\x1b[C',
	left: '\x1b[D',
	home: '\x1b[H',
	end: '\x1b[F',
	pageup: '\x1b[5~',
	pagedown: '\x1b[6~',
	f1: '\x1bOP',
	f2: '\x1bOQ',
	f3: '\x1bOR',
	f4: '\x1bOS',
};

/** The bytes of a key: `j`, `G`, `up`, `shift+tab`, `ctrl+d`. @throws Error for a name that no terminal has. */
export function bytesOf(key: string): string {
	const known = sequences[key];
	if (known !== undefined) return known;
	const [, letter] = /^ctrl\+([a-z])$/.exec(key) ?? [];
	if (letter !== undefined) return String.fromCharCode(letter.charCodeAt(0) - 96);
	if ([...key].length === 1) return key;
	throw new Error(`there is no key ${key}`);
}
