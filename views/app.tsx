import {Box, Text, useWindowSize} from 'ink';
import {useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore} from 'react';
import {messageOf} from '../src/errors.ts';
import type {Deck} from '../src/input/deck.ts';
import {currentDocument, paneSession} from '../src/session/session.ts';
import {cleanLine} from '../src/text/clean.ts';
import {fitCells} from '../src/text/fit.ts';
import type {PaintedLayer} from './centred-modal.ts';
import {paintFindingStrip} from './chrome/finding-strip.ts';
import {paintFooter, paintTabs} from './chrome/footer.ts';
import {paintHeader} from './chrome/header.ts';
import {paintDocument} from './document/paint-document.ts';
import {ErrorBoundary} from './error-boundary.tsx';
import {layoutScreen, smallestScreen} from './layout.ts';
import {Overlay} from './modal/overlay.tsx';
import {paintLayer} from './modal/paint-layer.ts';
import {Surface, TextLines} from './surface.tsx';
import {paintEmpty} from './table/empty-screen.ts';
import {paintPane} from './table/paint-pane.ts';
import {createPaneMemory} from './table/pane-memory.ts';
import type {Size} from './terminal/screen.ts';
import type {Theme} from './theme.ts';

type Painting = {readonly deck: Deck; readonly theme: Theme};

/** Calls back once everything rendered so far is on the screen. */
export type AfterPaint = (call: () => void) => void;

/** Surfaces are painted outside of React, where no error boundary catches: the error is shown in place of the surface. */
function paintOrReport(paint: () => readonly string[]): readonly string[] {
	try {
		return paint();
	} catch (error) {
		return [cleanLine(`This part cannot be drawn: ${messageOf(error)}. The rest of the screen still works.`)];
	}
}

/** A source of rows that paints only when the deck has changed since the last call. */
function usePainted(deck: Deck, paint: () => readonly string[], parts: readonly unknown[]) {
	// biome-ignore lint/correctness/useExhaustiveDependencies: `paint` is created again on each render, from exactly these parts
	return useMemo(() => {
		let version = -1;
		let rows: readonly string[] = [];
		return {
			subscribe: deck.subscribe,
			get() {
				if (version === deck.version()) return rows;
				version = deck.version();
				rows = paintOrReport(paint);
				return rows;
			},
		};
	}, [deck, ...parts]);
}

type PaneProps = Painting & {
	readonly pane: string;
	readonly width: number;
	readonly height: number;
	readonly alone: boolean;
};

function PaneSurface({deck, theme, pane, width, height, alone}: PaneProps) {
	const [memory] = useState(() => createPaneMemory());
	const number = deck.options.allPanes.findIndex(({id}) => id === pane) + 1;
	const last = useRef<{readonly by: readonly unknown[]; readonly rows: readonly string[]} | undefined>(undefined);
	const rows = usePainted(deck, () => {
		const session = deck.session.get();
		const now = deck.now();
		const [view, own, focused] = [deck.view(pane), paneSession(session, pane), session.pane === pane];
		const by = [view, own, focused, Math.floor(now / 1000), theme, width, height, alone];
		if (last.current?.by.every((part, index) => part === by[index])) return last.current.rows;
		const painted = paintPane({view, session: own, number, focused, width, height, now, theme}, memory);
		deck.setPage(pane, painted.page);
		last.current = {by, rows: painted.rows};
		return painted.rows;
	}, [theme, pane, width, height, alone]);
	return <Surface rows={rows} width={width} height={height} />;
}

function Lines({
	deck,
	paint,
	parts,
	width,
	height,
}: {
	readonly deck: Deck;
	readonly paint: () => readonly string[];
	readonly parts: readonly unknown[];
	readonly width: number;
	readonly height: number;
}) {
	const rows = usePainted(deck, paint, [width, height, ...parts]);
	return <Surface rows={rows} width={width} height={height} />;
}

/** The painted top layer, and the id of the question in it that can be answered. The same object until either changes. `text`: a document, painted elsewhere. */
type LayerAboveDeck = {
	readonly painted: PaintedLayer | undefined;
	readonly ready: string | undefined;
	readonly text: boolean;
};

const onlyText: LayerAboveDeck = {painted: undefined, ready: undefined, text: true};

function useLayerAboveDeck(deck: Deck, theme: Theme, size: Size): LayerAboveDeck {
	const source = useMemo(() => {
		let version = -1;
		let above: LayerAboveDeck = {painted: undefined, ready: undefined, text: false};
		return () => {
			if (version === deck.version()) return above;
			version = deck.version();
			if (currentDocument(deck.session.get()) !== undefined) {
				above = onlyText;
				return above;
			}
			const painted = paintLayer(deck, size, theme);
			const ready = painted?.isComplete === true ? deck.pendingQuestion() : undefined;
			if (above.text || ready !== above.ready || !samePainted(painted, above.painted))
				above = {painted, ready, text: false};
			return above;
		};
	}, [deck, theme, size]);
	return useSyncExternalStore(deck.subscribe, source, source);
}

function samePainted(one: PaintedLayer | undefined, other: PaintedLayer | undefined): boolean {
	if (one === undefined || other === undefined) return one === other;
	return (
		one.left === other.left &&
		one.top === other.top &&
		one.width === other.width &&
		one.isComplete === other.isComplete &&
		one.rows.length === other.rows.length &&
		one.rows.every((row, index) => row === other.rows[index])
	);
}

/** Modals. Ink draws them only when their rows changed, not with each change of the deck below: that takes Ink many milliseconds. */
function Layers({deck, theme, size, afterPaint}: Painting & {readonly size: Size; readonly afterPaint: AfterPaint}) {
	const {painted, ready, text} = useLayerAboveDeck(deck, theme, size);
	const seen = useRef<string | undefined>(undefined);
	useLayoutEffect(() => {
		// A question can be answered only while all of it is on the screen.
		seen.current = ready;
		if (ready === undefined) deck.markQuestionShown(undefined);
		else if (!deck.canAnswer()) {
			afterPaint(() => {
				if (seen.current === ready) deck.markQuestionShown(ready);
			});
		}
	});
	useLayoutEffect(
		() => () => {
			seen.current = undefined;
			deck.markQuestionShown(undefined);
		},
		[deck],
	);
	if (text) return <TextSurface deck={deck} theme={theme} size={size} />;
	if (painted === undefined) return null;
	return (
		<Overlay left={painted.left} top={painted.top} width={painted.width} height={painted.rows.length}>
			<TextLines lines={painted.rows} width={painted.width} />
		</Overlay>
	);
}

/** The open document. It may change many times a second, so it is painted without Ink. */
function TextSurface({deck, theme, size}: Painting & {readonly size: Size}) {
	const {columns, rows} = size;
	const paint = () => {
		const layer = currentDocument(deck.session.get());
		return layer === undefined ? [] : paintDocument(deck, layer, size, theme).rows;
	};
	return (
		<Overlay left={0} top={1} width={columns} height={rows - 2}>
			<Lines deck={deck} paint={paint} parts={[theme, size]} width={columns} height={rows - 2} />
		</Overlay>
	);
}

function Grid({deck, theme, size}: Painting & {readonly size: Size}) {
	const layout = () => {
		const {pane, zoom} = deck.session.get();
		return layoutScreen(
			size,
			deck.options.panes.map(({id}) => id),
			pane,
			zoom,
		);
	};
	const shownNow = () =>
		layout()
			.grid.flatMap(row => row.cells.map(cell => cell.pane))
			.join(' ');
	// The panes on the screen. A change of focus alone does not render: each pane shows it itself.
	const shown = useSyncExternalStore(deck.subscribe, shownNow, shownNow);
	const {grid, tabs} = layout();
	useLayoutEffect(() => deck.setShownPanes(shown.split(' ')), [deck, shown]);
	return (
		<Box flexDirection="column">
			{grid.map(row => (
				<Box key={row.cells.map(cell => cell.pane).join(' ')}>
					{row.cells.map((cell, index) => (
						<Box key={cell.pane}>
							{index === 0 ? null : (
								<TextLines
									lines={Array.from({length: row.height}, () => theme.paint(theme.glyphs.bar, 'dim'))}
									width={1}
								/>
							)}
							<PaneSurface
								deck={deck}
								theme={theme}
								pane={cell.pane}
								width={cell.width}
								height={row.height}
								alone={tabs}
							/>
						</Box>
					))}
				</Box>
			))}
			{tabs ? (
				<Lines
					deck={deck}
					paint={() => [paintTabs(deck, size.columns, theme)]}
					parts={[theme]}
					width={size.columns}
					height={1}
				/>
			) : null}
		</Box>
	);
}

/** The screen: header, finding strip, panes, footer, and the layers above them. */
export function App({deck, theme, afterPaint}: Painting & {readonly afterPaint: AfterPaint}) {
	const size = useWindowSize();
	const {columns, rows} = size;
	const {fits, strip} = layoutScreen(
		size,
		deck.options.panes.map(({id}) => id),
		deck.session.get().pane,
		false,
	);
	if (!fits) {
		const needs = `${smallestScreen.columns}x${smallestScreen.rows}`;
		const texts = [
			`midwatch needs a terminal of at least ${needs}; this is ${columns}x${rows}`,
			`needs ${needs}, not ${columns}x${rows}`,
			`needs ${needs}`,
		];
		const line = texts.find(text => text.length <= columns) ?? needs;
		return <Text>{fitCells(line, Math.max(1, columns))}</Text>;
	}
	return (
		<ErrorBoundary>
			<Box flexDirection="column" width={columns} height={rows}>
				<Lines
					deck={deck}
					paint={() => [paintHeader(deck, columns, theme)]}
					parts={[theme]}
					width={columns}
					height={1}
				/>
				<Lines
					deck={deck}
					paint={() => paintFindingStrip(deck, columns, strip, theme)}
					parts={[theme]}
					width={columns}
					height={strip}
				/>
				{deck.options.panes.length === 0 ? (
					<TextLines lines={paintEmpty(deck, {columns, rows: rows - strip + 1}, theme)} width={columns} />
				) : (
					<Grid deck={deck} theme={theme} size={size} />
				)}
				<Lines
					deck={deck}
					paint={() => [paintFooter(deck, columns, theme)]}
					parts={[theme]}
					width={columns}
					height={1}
				/>
				<Layers deck={deck} theme={theme} size={size} afterPaint={afterPaint} />
			</Box>
		</ErrorBoundary>
	);
}
