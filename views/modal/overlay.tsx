import {Box, type DOMElement} from 'ink';
import {type ReactNode, useContext, useLayoutEffect, useRef} from 'react';
import {CompositorContext, TextLines} from '../surface.tsx';
import {inkNodePosition} from '../terminal/ink-node-position.ts';

type OverlayProps = {
	readonly left: number;
	readonly top: number;
	readonly width: number;
	readonly height: number;
	readonly children?: ReactNode;
};

/**
 * A box over everything drawn before it, blank where its children draw nothing. Its position is in cells from the top left of its parent, which
 * should be the root box of the screen. Of two overlays the later one in the tree is on top. Surfaces inside it are visible.
 */
export function Overlay({left, top, width, height, children}: OverlayProps) {
	const compositor = useContext(CompositorContext);
	const box = useRef<DOMElement>(null);
	useLayoutEffect(() => compositor?.add({rows: undefined, locate: () => inkNodePosition(box.current)}), [compositor]);
	return (
		<Box ref={box} position="absolute" left={left} top={top} width={width} height={height} overflow="hidden">
			<Box position="absolute" width={width} height={height}>
				<TextLines lines={Array.from({length: height}, () => '')} width={width} />
			</Box>
			<Box width={width} height={height} flexDirection="column">
				{children}
			</Box>
		</Box>
	);
}
