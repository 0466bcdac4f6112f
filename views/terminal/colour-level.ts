/** How many colours may be sent: none, the terminal's own 16, the 256 of xterm, or any. */
export type ColourLevel = 0 | 16 | 256 | 'rgb';

/**
 * The number of colours that the environment announces. NO_COLOR as on no-color.org (not empty: none), then FORCE_COLOR as Node reads it
 * (0 to 3; `true` or empty: 16), COLORTERM, and TERM.
 */
export function colourLevel(environment: Readonly<Record<string, string | undefined>>): ColourLevel {
	if ((environment['NO_COLOR'] ?? '') !== '') return 0;
	const forced = environment['FORCE_COLOR'];
	if (forced !== undefined) {
		if (forced === '0' || forced === 'false') return 0;
		if (forced === '3') return 'rgb';
		return forced === '2' ? 256 : 16;
	}
	const term = environment['TERM'] ?? '';
	if (term === '' || term === 'dumb') return 0;
	if (/^(?:truecolor|24bit)$/i.test(environment['COLORTERM'] ?? '')) return 'rgb';
	if (/direct$/.test(term)) return 'rgb';
	return /256/.test(term) ? 256 : 16;
}
