import type {DOMElement} from 'ink';
import type {Place} from './compositor.ts';

/** Where Ink laid out a node, and its way down from the root. Undefined when it is not shown. */
export function placeOf(node: DOMElement | null): Place | undefined {
	if (node?.yogaNode === undefined) return undefined;
	const width = node.yogaNode.getComputedWidth();
	const height = node.yogaNode.getComputedHeight();
	let left = 0;
	let top = 0;
	const order: number[] = [];
	for (let at: DOMElement = node; ; ) {
		if (at.yogaNode === undefined || at.style.display === 'none') return undefined;
		left += at.yogaNode.getComputedLeft();
		top += at.yogaNode.getComputedTop();
		const parent = at.parentNode;
		if (parent === undefined) break;
		order.unshift(parent.childNodes.indexOf(at));
		at = parent;
	}
	return {left, top, width, height, order};
}
