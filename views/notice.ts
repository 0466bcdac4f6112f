import type {Tone} from '../src/contract/pane.ts';
import type {Notice} from '../src/session/session.ts';
import {cleanLine} from '../src/text/clean.ts';
import {wrapText} from '../src/text/fit.ts';
import type {Theme} from './theme.ts';

export const noticeTone = ({severity}: Notice): Tone => (severity === 'ok' ? 'plain' : severity);

/** A notice behind its sign, wrapped to `cells`. */
export function noticeLines(notice: Notice, cells: number, theme: Theme): readonly string[] {
	const sign = notice.severity === 'ok' ? ' ' : ` ${theme.sign(notice.severity)} `;
	const indent = ' '.repeat(sign.length);
	return wrapText(cleanLine(notice.text), cells - sign.length - 1).map(
		(text, index) => (index === 0 ? sign : indent) + text,
	);
}
