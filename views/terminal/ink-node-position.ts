import type {DOMElement} from 'ink';
import {intersection, type Rectangle, type ScreenPosition} from './screen-position.ts';

/** Where Ink laid out a node, and its way down from the root. Undefined when it is not shown. */
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
		// Ink leaves borders out of what a box cuts off; the boxes around surfaces that cut off have none.
		if (at.style.overflow === 'hidden' || at === node) visible = visible ? intersection(visible, box) : box;
	}
	return visible === undefined ? undefined : {...box, visible, order};
}
