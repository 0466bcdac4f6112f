import type {ColourLevel} from './colour-level.ts';

/** xterm's cube of 6 levels a channel. */
const cubeLevels: readonly number[] = [0, 95, 135, 175, 215, 255];

/** `38;2;r;g;b` or `38;5;n` (or 48) as far as the terminal can show it: '' when it shows no colours. */
export function reduceColour(parameters: string, level: ColourLevel): string {
	if (level === 0) return '';
	const [plane = '38', form, first = '0', green = '0', blue = '0'] = parameters.split(';');
	if (level === 'rgb' || (level === 256 && form === '5')) return parameters;
	const [r, g, b] = form === '5' ? ofPalette(Number(first)) : [Number(first), Number(green), Number(blue)];
	if (level === 256) return `${plane};5;${nearestOfCube(r, g, b)}`;
	return sixteen(plane, r, g, b, form === '5' ? Number(first) : undefined);
}

function ofPalette(index: number): readonly [number, number, number] {
	if (index >= 232) {
		const grey = 8 + (index - 232) * 10;
		return [grey, grey, grey];
	}
	if (index < 16) {
		const strength = index > 7 ? 255 : 170;
		return [index & 1 ? strength : 0, index & 2 ? strength : 0, index & 4 ? strength : 0];
	}
	const cube = index - 16;
	const level = (step: number) => cubeLevels[step % 6] ?? 0;
	return [level(Math.floor(cube / 36)), level(Math.floor(cube / 6)), level(cube)];
}

function nearestOfCube(r: number, g: number, b: number): number {
	const step = (value: number) => (value < 48 ? 0 : value < 115 ? 1 : Math.min(5, Math.round((value - 55) / 40)));
	if (Math.max(r, g, b) - Math.min(r, g, b) < 8) {
		const grey = Math.round(((r + g + b) / 3 - 8) / 10);
		if (grey >= 0 && grey <= 23) return 232 + grey;
	}
	return 16 + 36 * step(r) + 6 * step(g) + step(b);
}

function sixteen(plane: string, r: number, g: number, b: number, index: number | undefined): string {
	const base = plane === '38' ? 30 : 40;
	if (index !== undefined && index < 16) return String(base + (index > 7 ? 52 : 0) + index);
	const brightest = Math.max(r, g, b);
	if (brightest < 48) return String(base);
	const on = (channel: number) => (channel > brightest * 0.6 ? 1 : 0);
	const hue = on(r) + on(g) * 2 + on(b) * 4;
	return String(base + (brightest > 200 ? 60 : 0) + hue);
}
