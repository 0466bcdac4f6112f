import fc from 'fast-check';
import {Box, Text, useWindowSize} from 'ink';
import {fitCells} from '../../../src/text/fit.ts';
import {createStore, type Store} from '../../../src/watch/store.ts';
import {Overlay} from '../../../views/modal/overlay.tsx';
import {Surface} from '../../../views/surface.tsx';
import type {Size} from '../../../views/terminal/screen.ts';
import type {Rectangle} from '../../../views/terminal/screen-position.ts';

/** A screen to draw: sections of rows beside each other, chrome around them, and overlays, one of which may hold rows too. */
export type Scene = {
	readonly size: Size;
	readonly title: string;
	readonly shares: readonly number[];
	readonly overlays: readonly (Rectangle & {readonly words: string; readonly holdsRows: boolean})[];
};

/** Words whose width terminals agree on: narrow, wide, combining, frames and braille. */
const word = fc.stringMatching(/^(?:[ -~]|[é漢字한カ│─█⣿]|e\u0301){0,9}$/u);
const style = fc.constantFrom(
	'',
	'1',
	'2',
	'3',
	'4',
	'7',
	'9',
	'31',
	'1;32',
	'44',
	'97;41',
	'38;5;208',
	'48;2;1;2;3',
	'2;7;35',
);
const styled = fc.tuple(style, word).map(([codes, text]) => (codes === '' ? text : `\u001b[${codes}m${text}\u001b[0m`));
/** The pieces of one row; `rowOf` makes it as wide as needed. */
export const rowArbitrary = fc.array(fc.tuple(style, word), {maxLength: 6});
export type RandomRow = readonly (readonly [codes: string, text: string])[];

export const sceneArbitrary: fc.Arbitrary<Scene> = fc.record({
	size: fc.record({columns: fc.integer({min: 8, max: 70}), rows: fc.integer({min: 5, max: 16})}),
	title: styled,
	shares: fc.array(fc.integer({min: 1, max: 4}), {minLength: 1, maxLength: 4}),
	overlays: fc.array(
		fc.record({
			left: fc.integer({min: -3, max: 60}),
			top: fc.integer({min: -2, max: 14}),
			width: fc.integer({min: 1, max: 40}),
			height: fc.integer({min: 1, max: 9}),
			words: styled,
			holdsRows: fc.boolean(),
		}),
		{maxLength: 3},
	),
});

export function rowOf(pieces: RandomRow, width: number): string {
	let left = width;
	let row = '';
	for (const [codes, text] of pieces) {
		// A cut text may be shorter than its cells: a wide glyph does not fit into one cell.
		const cells = Math.min(left, Math.max(1, text.length));
		const part = fitCells(text, cells);
		row += codes === '' ? part : `\u001b[${codes}m${part}\u001b[m`;
		left -= cells;
	}
	return row + ' '.repeat(left);
}

export type SceneRows = readonly Store<readonly string[]>[];

export const createRows = (count: number): SceneRows =>
	Array.from({length: count}, () => createStore<readonly string[]>([]));

/** Where the sections stand: every width is used, the last takes what is left. */
export function widthsOf(scene: Scene): readonly number[] {
	const total = scene.shares.reduce((sum, share) => sum + share, 0);
	const widths = scene.shares.map(share => Math.floor((scene.size.columns * share) / total));
	const used = widths.reduce((sum, width) => sum + width, 0);
	return widths.map((width, index) => (index === widths.length - 1 ? width + scene.size.columns - used : width));
}

/** Width of the rows that an overlay holds. */
export const overlayRowWidth = 12;

export function RandomDeck({scene, rows, held}: {scene: Scene; rows: SceneRows; held: Store<readonly string[]>}) {
	const size = useWindowSize();
	const widths = widthsOf(scene);
	return (
		<Box width={size.columns} height={size.rows} overflow="hidden" flexDirection="column">
			<Text wrap="truncate">{`${scene.title} `}</Text>
			<Box height={Math.max(0, size.rows - 2)} flexShrink={0}>
				{widths.map((width, index) => {
					const source = rows[index];
					// biome-ignore lint/suspicious/noArrayIndexKey: sections differ by their position.
					return source && <Surface key={index} rows={source} width={width} height={Math.max(0, size.rows - 2)} />;
				})}
			</Box>
			<Text wrap="truncate">foot {scene.shares.length}</Text>
			{scene.overlays.map((overlay, index) => (
				<Overlay
					// biome-ignore lint/suspicious/noArrayIndexKey: overlays differ by their position.
					key={index}
					left={overlay.left}
					top={overlay.top}
					width={overlay.width}
					height={overlay.height}
				>
					<Text wrap="truncate">{`${overlay.words} `}</Text>
					{overlay.holdsRows ? <Surface rows={held} width={overlayRowWidth} height={3} /> : null}
				</Overlay>
			))}
		</Box>
	);
}
