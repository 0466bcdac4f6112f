/* The terminal modes that are set while the deck has the terminal, and reset afterwards (xterm's ctlseqs). */

type Mode = {readonly on: string; readonly off: string};

/** The modes in the order in which they are set; they are reset in reverse order. */
function modes(mouse: boolean): readonly Mode[] {
	return [
		{on: '\u001b[?1049h', off: '\u001b[?1049l'},
		{on: '\u001b[?25l', off: '\u001b[?25h'},
		// No wrapping: a glyph that is wider than counted stays on its row.
		{on: '\u001b[?7l', off: '\u001b[?7h'},
		{on: '\u001b[?2004h', off: '\u001b[?2004l'},
		...(mouse ? [{on: '\u001b[?1000h\u001b[?1006h', off: '\u001b[?1006l\u001b[?1000l'}] : []),
	];
}

/** The query whether the terminal knows synchronized updates (DECRQM 2026). Most old terminals do not answer. */
const querySynchronized = '\u001b[?2026$p';

export const enterModes = (mouse: boolean): string =>
	`${modes(mouse)
		.map(mode => mode.on)
		.join('')}\u001b[m${querySynchronized}`;

/** Begins with CAN, in case the last sequence was written only in part. */
export const leaveModes = (mouse: boolean): string =>
	`\u0018\u001b[?2026l\u001b[m${modes(mouse)
		.toReversed()
		.map(mode => mode.off)
		.join('')}`;

/** A frame that terminals with synchronized updates show at once. */
export const wrapSynchronized = (frame: string): string => `\u001b[?2026h${frame}\u001b[?2026l`;

/** Characters of base64. Terminals and tmux drop longer text silently (xterm.js, tmux: about 1 MB; older ones 100 kB; hterm 75 kB of text). */
const maxCopyLength = 74_994;

/**
 * OSC 52: copies text to the clipboard of the machine with the terminal, also over SSH. tmux handles it itself (`set-clipboard`, on
 * by default as `external`, passes only its own), so inside tmux it is sent wrapped for the terminal outside as well
 * (`allow-passthrough`). Undefined when the text is too long to arrive.
 */
export function copySequence(text: string, insideTmux: boolean): string | undefined {
	const encoded = Buffer.from(text, 'utf8').toString('base64');
	if (encoded.length > maxCopyLength) return undefined;
	const plain = `\u001b]52;c;${encoded}\u0007`;
	return insideTmux ? `${plain}\u001bPtmux;${plain.replaceAll('\u001b', '\u001b\u001b')}\u001b\\` : plain;
}
