import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import type {LineInput} from '../../src/session/line-input.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {displayWidth, wrapText} from '../../src/text/fit.ts';
import {createLineBuilder} from '../../views/line-builder.ts';
import {flowPieces, labelledLines, paintModal, signedLines} from '../../views/modal/modal.ts';
import {paintLineInput} from '../../views/paint-line-input.ts';
import {anyTheme, cellsOf, hostileText, themes} from './arbitraries.ts';

describe('a modal', () => {
	const tones = fc.constantFrom('dim', 'plain', 'loud', 'warn' as const);

	it('has exactly the requested width in each line', () => {
		const pieces = fc.array(fc.record({text: hostileText.map(cleanLine), tone: tones}), {maxLength: 4});
		fc.assert(
			fc.property(
				hostileText.map(cleanLine),
				fc.array(pieces, {maxLength: 9}),
				fc.integer({min: 10, max: 130}),
				anyTheme,
				(title, lines, cells, paint) => {
					const rows = paintModal(title, lines, cells, 12, paint);
					expect(new Set(rows.map(cellsOf))).toEqual(new Set([cells]));
					expect(rows.length).toBeLessThanOrEqual(12);
				},
			),
		);
	});

	it('shows all of a text that wraps', () => {
		const randomText = fc
			.array(fc.stringMatching(/^[!-~]{1,30}$/), {minLength: 1, maxLength: 30})
			.map(all => all.join(' '));
		const joinedText = (lines: readonly (readonly {readonly text: string}[])[]) =>
			lines
				.map(line => line.map(piece => piece.text).join(''))
				.join('')
				.replace(/\s/g, '');
		fc.assert(
			fc.property(randomText, fc.integer({min: 24, max: 110}), fc.boolean(), (text, cells, tight) => {
				const bare = text.replace(/\s/g, '');
				const all = [
					labelledLines('', text, {cells, tight}),
					flowPieces([{text, tone: 'plain'}], cells),
					signedLines('', text, cells, 'warn'),
					wrapText(text, cells).map(part => [{text: part}]),
				];
				for (const lines of all) {
					expect(joinedText(lines)).toBe(bare);
					for (const line of lines)
						expect(displayWidth(line.map(piece => piece.text).join(''))).toBeLessThanOrEqual(cells);
				}
			}),
		);
	});

	it('shows the typed text around the caret', () => {
		const shown = (line: LineInput, cells: number) =>
			paintLineInput(line, cells, themes[1])
				.map(piece => piece.text)
				.join('');
		fc.assert(
			fc.property(hostileText, fc.nat(20), fc.integer({min: 4, max: 40}), (text, caret, cells) => {
				expect(displayWidth(shown({text, caret}, cells))).toBeLessThanOrEqual(cells);
			}),
		);
		expect(shown({text: 'orders-db/4411'}, 9)).toBe('…db/4411▏');
		expect(shown({text: 'orders-db/4411', caret: 4}, 9)).toBe('…db/▏4411');
		expect(shown({text: 'orders-db/4411', caret: 14}, 9)).toBe('▏orders-…');
		expect(paintLineInput({text: '5', caret: 'all'}, 9, themes[1])[0]).toEqual({
			text: '5',
			tone: 'plain',
			selected: true,
		});
	});
});

describe('a span', () => {
	it('never grows beyond its height', () => {
		fc.assert(
			fc.property(
				fc.array(hostileText.map(cleanLine), {maxLength: 8}),
				fc.integer({min: 1, max: 120}),
				anyTheme,
				(texts, cells, paint) => {
					const span = createLineBuilder(cells, paint);
					for (const text of texts) span.append(text, 'warn');
					expect(cellsOf(span.finish())).toBe(cells);
				},
			),
		);
	});
});
