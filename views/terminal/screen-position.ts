/** A part of the screen, in cells from the top left. */
export type Rectangle = {
	readonly left: number;
	readonly top: number;
	readonly width: number;
	readonly height: number;
};

/** A rectangle on the screen and its place in the order of drawing. */
export type ScreenPosition = Rectangle & {
	/** The part that the boxes around it do not clip (overflow hidden). */
	readonly visible: Rectangle;
	/** The child indexes from the root to the node: later nodes are drawn over earlier ones. */
	readonly order: readonly number[];
};

/** The common rectangle; without width or height when there is none. */
export function intersection(one: Rectangle, other: Rectangle): Rectangle {
	const left = Math.max(one.left, other.left);
	const top = Math.max(one.top, other.top);
	const right = Math.min(one.left + one.width, other.left + other.width);
	const bottom = Math.min(one.top + one.height, other.top + other.height);
	return {left, top, width: Math.max(0, right - left), height: Math.max(0, bottom - top)};
}

export const crossesRow = (place: Rectangle, row: number): boolean =>
	row >= place.top && row < place.top + place.height;

/** Negative when `one` is drawn before `other`. */
export function compareOrder(one: readonly number[], other: readonly number[]): number {
	for (let depth = 0; depth < Math.min(one.length, other.length); depth += 1) {
		const apart = (one[depth] ?? 0) - (other[depth] ?? 0);
		if (apart !== 0) return apart;
	}
	return one.length - other.length;
}
