import type {DOMElement} from 'ink';
import {intersection, type Rectangle, type ScreenPosition} from './screen-position.ts';

/** The position that Ink gave a node, and its path from the root. Undefined when it is not displayed. */
export function inkNodePosition(node: DOMElement | null): ScreenPosition | undefined {
	const way: DOMElement[] = [];
	for (let at = node ?? undefined; at !== undefined; at = at.parentNode) way.unshift(at);
	const order: number[] = [];
	let box: Rectangle = {left: 0, top: 0, width: 0, height: 0};
	let visible: Rectangle | undefined;
	for (const at of way) {
		if (at.yogaNode === undefined || at.style.display === 'none') return undefined;
		if (at.parentNode !== undefined) order.push(at.parentNode.childNodes.indexOf(at));
		box = {
			left: box.left + at.yogaNode.getComputedLeft(),
			top: box.top + at.yogaNode.getComputedTop(),
			width: at.yogaNode.getComputedWidth(),
			height: at.yogaNode.getComputedHeight(),
		};
		// Ink clips inside the border of a box; the clipping boxes around surfaces have no border.
		if (at.style.overflow === 'hidden' || at === node) visible = visible ? intersection(visible, box) : box;
	}
	return visible === undefined ? undefined : {...box, visible, order};
}
