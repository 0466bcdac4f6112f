import type {ColourLevel} from './colour-level.ts';
import {reduceColour} from './reduce-colour.ts';

/** Colours are SGR parameters as they are sent (`31`, `38;5;208`), '' for the terminal's own. */
type Style = {readonly foreground: string; readonly background: string; readonly attributes: number};

/** [on, off] of each attribute; the place in this list is its bit. Bold and dim share their off. */
const attributes: readonly (readonly [number, number])[] = [
	[1, 22],
	[2, 22],
	[3, 23],
	[4, 24],
	[5, 25],
	[7, 27],
	[8, 28],
	[9, 29],
];
const boldAndDim = 0b11;
/** Underline, inverse and struck through: seen on a blank too. */
const seenOnBlank = 0b10101000;

/** The style of a cell that nothing was drawn in. */
export const plainStyle = 0;

/** Styles as small numbers, so that two cells compare at once. One per screen: colours are already reduced to what it can show. */
export class StyleTable {
	readonly #styles: Style[] = [{foreground: '', background: '', attributes: 0}];
	readonly #numbers = new Map<string, number>([['||0', plainStyle]]);
	readonly #onBlank: number[] = [];
	readonly #changes = new Map<number, string>();
	readonly #colours: ColourLevel;

	constructor(colours: ColourLevel) {
		this.#colours = colours;
	}

	/** The style after `style` when the parameters of one SGR sequence are applied (`1;31`, '' resets). */
	after(style: number, parameters: string): number {
		let {foreground, background, attributes: bits} = this.#at(style);
		const codes = parameters === '' ? ['0'] : parameters.split(';');
		for (let index = 0; index < codes.length; index += 1) {
			const code = Number.parseInt(codes[index] ?? '0', 10) || 0;
			if (code === 0) {
				foreground = '';
				background = '';
				bits = 0;
			} else if (code === 38 || code === 48) {
				const length = codes[index + 1] === '5' ? 3 : 5;
				const colour = reduceColour(codes.slice(index, index + length).join(';'), this.#colours);
				if (code === 38) foreground = colour;
				else background = colour;
				index += length - 1;
			} else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97))
				foreground = this.#colours === 0 ? '' : String(code);
			else if (code === 39) foreground = '';
			else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107))
				background = this.#colours === 0 ? '' : String(code);
			else if (code === 49) background = '';
			else
				attributes.forEach(([on, off], bit) => {
					if (code === on) bits |= 1 << bit;
					else if (code === off) bits &= ~(1 << bit);
				});
		}
		return this.#number({foreground, background, attributes: bits});
	}

	/** What can be seen of a style on a blank. Blanks that look the same are the same, and cost nothing. */
	onBlank(style: number): number {
		const known = this.#onBlank[style];
		if (known !== undefined) return known;
		const {background, attributes: bits} = this.#at(style);
		const seen = bits & seenOnBlank ? style : this.#number({foreground: '', background, attributes: 0});
		this.#onBlank[style] = seen;
		return seen;
	}

	/** The shortest sequence that turns the pen from one style to another. */
	change(from: number, to: number): string {
		if (from === to) return '';
		if (to === plainStyle) return '\u001b[m';
		const pair = from * 65_536 + to;
		let sequence = this.#changes.get(pair);
		if (sequence === undefined) {
			sequence = this.#shortestChange(this.#at(from), this.#at(to));
			this.#changes.set(pair, sequence);
		}
		return sequence;
	}

	#shortestChange(from: Style, to: Style): string {
		const step: (string | number)[] = [];
		let bits = from.attributes;
		const lost = from.attributes & ~to.attributes;
		if (lost & boldAndDim) {
			step.push(22);
			bits &= ~boldAndDim;
		}
		attributes.forEach(([, off], bit) => {
			if (off !== 22 && lost & (1 << bit)) step.push(off);
		});
		const fresh: (string | number)[] = [''];
		attributes.forEach(([on], bit) => {
			if ((to.attributes & (1 << bit)) === 0) return;
			fresh.push(on);
			if ((bits & (1 << bit)) === 0) step.push(on);
		});
		if (to.foreground !== from.foreground) step.push(to.foreground === '' ? 39 : to.foreground);
		if (to.background !== from.background) step.push(to.background === '' ? 49 : to.background);
		if (to.foreground !== '') fresh.push(to.foreground);
		if (to.background !== '') fresh.push(to.background);
		const [short, long] = [step.join(';'), fresh.join(';')];
		return `\u001b[${long.length < short.length ? long : short}m`;
	}

	#at(style: number): Style {
		const found = this.#styles[style];
		if (found === undefined) throw new RangeError(`no style ${style}`);
		return found;
	}

	#number(style: Style): number {
		const name = `${style.foreground}|${style.background}|${style.attributes}`;
		let number = this.#numbers.get(name);
		if (number === undefined) {
			number = this.#styles.push(style) - 1;
			this.#numbers.set(name, number);
		}
		return number;
	}
}
