import {Box, type DOMElement, Text} from 'ink';
import {createContext, useContext, useLayoutEffect, useRef, useSyncExternalStore} from 'react';
import type {Compositor, RowSource} from './terminal/compositor.ts';
import {inkNodePosition} from './terminal/ink-node-position.ts';

/** Null without a terminal to paint on (tests, pipes): surfaces are ordinary rows of text then. */
export const CompositorContext = createContext<Compositor | null>(null);

type SurfaceProps = {readonly rows: RowSource; readonly width: number; readonly height: number};

/**
 * A rectangle of painted rows. With a compositor a change of the source reaches the screen without a render of Ink. Each row has exactly `width`
 * cells and ends in the plain style; missing rows are blank, rows beyond `height` are not shown.
 */
export function Surface({rows, width, height}: SurfaceProps) {
	const compositor = useContext(CompositorContext);
	const box = useRef<DOMElement>(null);
	useLayoutEffect(() => compositor?.add({rows, locate: () => inkNodePosition(box.current)}), [compositor, rows]);
	return (
		<Box ref={box} width={width} height={height} flexShrink={0} flexDirection="column" overflow="hidden">
			{compositor === null ? <TextRows rows={rows} width={width} height={height} /> : null}
		</Box>
	);
}

function TextRows({rows, width, height}: SurfaceProps) {
	const lines = useSyncExternalStore(rows.subscribe, rows.get, rows.get);
	const shown = Array.from({length: height}, (_, row) => lines[row] ?? '');
	return <TextLines lines={shown} width={width} />;
}

/** Lines of text, drawn over everything below them. */
export function TextLines({lines, width}: {readonly lines: readonly string[]; readonly width: number}) {
	if (lines.length === 0 || width <= 0) return null;
	// One node for all rows: Ink's cost grows with the nodes. An empty line would show what is below it; Ink does not know the short reset.
	const shown = lines.map(line => (line === '' ? ' '.repeat(width) : line.replaceAll('\u001b[m', '\u001b[0m')));
	return <Text wrap="truncate">{shown.join('\n')}</Text>;
}
