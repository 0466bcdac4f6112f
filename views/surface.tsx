import {Box, type DOMElement, Text} from 'ink';
import {createContext, useContext, useLayoutEffect, useRef, useSyncExternalStore} from 'react';
import type {Compositor, RowSource} from './terminal/compositor.ts';
import {inkNodePosition} from './terminal/ink-node-position.ts';

/** Null where there is no terminal to paint on (tests, pipes): surfaces then are ordinary rows of text. */
export const CompositorContext = createContext<Compositor | null>(null);

type SurfaceProps = {readonly rows: RowSource; readonly width: number; readonly height: number};

/**
 * A rectangle of finished rows. With a compositor they go to the screen when the source tells of a change, and Ink does not render.
 * Rows have exactly `width` cells and end in the plain style; missing ones are blank, further ones are not shown.
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

/** Lines of text, one above the other, drawn over whatever is below them. */
export function TextLines({lines, width}: {readonly lines: readonly string[]; readonly width: number}) {
	if (lines.length === 0 || width <= 0) return null;
	// One node for all rows: Ink's time goes by nodes. An empty line would leave what is below it; Ink overlooks the short reset.
	const shown = lines.map(line => (line === '' ? ' '.repeat(width) : line.replaceAll('\u001b[m', '\u001b[0m')));
	return <Text wrap="truncate">{shown.join('\n')}</Text>;
}
