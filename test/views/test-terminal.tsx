import xterm from '@xterm/headless';
import {render} from 'ink';
import type {ReactNode} from 'react';
import {asStream, mountOnScreen, quietInk} from '../../views/mount.tsx';
import type {ColourLevel} from '../../views/terminal/colour-level.ts';
import {createKeyDecoder, type TerminalEvent} from '../../views/terminal/decode-keys.ts';
import {InkStdout} from '../../views/terminal/ink-stdout.ts';
import type {Screen, Size} from '../../views/terminal/screen.ts';

/** The visible state of one cell. Colours as xterm numbers them: -1 for the default, 0 to 255, or 0xRRGGBB. */
export type SeenCell = {
	readonly text: string;
	readonly cells: number;
	readonly foreground: number;
	readonly background: number;
	readonly bold: boolean;
	readonly dim: boolean;
	readonly italic: boolean;
	readonly underline: boolean;
	readonly inverse: boolean;
	readonly struck: boolean;
};

export type TestTerminalOptions = Partial<Size> & {
	/** False: surfaces are ordinary text and each frame is written completely, as plain Ink does. True when absent. */
	readonly compositor?: boolean;
	readonly colours?: ColourLevel;
	/** Receives the events of the real key decoder. */
	readonly onKey?: (event: TerminalEvent) => void;
};

export type TestTerminal = {
	/** Resolves when everything rendered so far is on the screen. */
	flush(): Promise<void>;
	/** Rows without the blanks at their ends, joined by line ends, once everything rendered so far is on the screen. */
	screen(): Promise<string>;
	/** Every cell of every row, likewise. */
	cells(): Promise<readonly (readonly SeenCell[])[]>;
	/** A key by its name (`j`, `enter`, `ctrl+c`) or several characters of text as if typed. */
	key(name: string): void;
	/** Raw input, as from a terminal. */
	input(bytes: string): void;
	resize(size: Size): Promise<void>;
	rerender(element: ReactNode): void;
	unmount(): void;
	/** Bytes written to the terminal since the last call. */
	takeBytes(): number;
	/** The terminal stops reading frames, or reads them again. */
	stall(stalled: boolean): void;
	/** Frames written so far. */
	frames(): readonly string[];
};

const namedKeys: Readonly<Record<string, string>> = {
	up: '\u001b[A',
	down: '\u001b[B',
	right: '\u001b[C',
	left: '\u001b[D',
	home: '\u001b[H',
	end: '\u001b[F',
	pageup: '\u001b[5~',
	pagedown: '\u001b[6~',
	insert: '\u001b[2~',
	delete: '\u001b[3~',
	'shift+tab': '\u001b[Z',
	enter: '\r',
	tab: '\t',
	backspace: '\u007f',
	space: ' ',
};

/** A terminal without a pty: the React tree, decoder, compositor and diff of the product, on xterm's screen model. */
export function mountTestTerminal(element: ReactNode, options: TestTerminalOptions = {}): TestTerminal {
	let size: Size = {columns: options.columns ?? 80, rows: options.rows ?? 24};
	const terminal = new xterm.Terminal({cols: size.columns, rows: size.rows, allowProposedApi: true, scrollback: 0});
	// The alternate screen, as the real one: xterm reflows the other as it is resized.
	terminal.write('\u001b[?1049h\u001b[?7l');
	const resized = new Set<() => void>();
	const drained = new Set<() => void>();
	const lost = new Set<() => void>();
	const frames: string[] = [];
	let bytes = 0;
	let stalled = false;
	let pendingFrame: string | undefined;
	const write = (frame: string) => {
		frames.push(frame);
		bytes += Buffer.byteLength(frame);
		terminal.write(frame);
	};
	const screen: Screen = {
		colours: options.colours ?? 'rgb',
		size: () => size,
		onResize: listener => listen(resized, listener),
		send(frame) {
			if (stalled) pendingFrame = frame;
			else write(frame);
			return !stalled;
		},
		onDrain: listener => listen(drained, listener),
		onLost: listener => listen(lost, listener),
	};
	const decoder = createKeyDecoder(event => options.onKey?.(event), {after: () => () => {}});
	const mounted = options.compositor === false ? mountPlain(element, screen) : mountOnScreen(element, screen);
	const settle = async () => {
		// Effects of a render may render again.
		for (let turn = 0; turn < 3; turn += 1) {
			const flushed = mounted.flush();
			// While the terminal reads nothing, flush does not resolve.
			if (stalled) await new Promise(resolve => setTimeout(resolve, 5));
			else await flushed;
			await new Promise(resolve => setImmediate(resolve));
		}
		await new Promise<void>(resolve => terminal.write('', resolve));
	};
	return {
		flush: () => mounted.flush(),
		async screen() {
			await settle();
			return rows(terminal, size)
				.map(line => line.translateToString(false, 0, size.columns).trimEnd())
				.join('\n');
		},
		async cells() {
			await settle();
			return readCells(terminal, size);
		},
		key(name) {
			const letter = /^ctrl\+([a-z])$/.exec(name)?.[1];
			if (name === 'esc') options.onKey?.({type: 'key', key: 'esc', alone: true});
			else if (letter !== undefined) decoder.feed(String.fromCharCode(letter.charCodeAt(0) - 96));
			else decoder.feed(namedKeys[name] ?? name);
		},
		input: text => decoder.feed(text),
		async resize(next) {
			size = next;
			terminal.resize(next.columns, next.rows);
			for (const listener of [...resized]) listener();
			await settle();
		},
		rerender: next => mounted.rerender(next),
		unmount: () => mounted.unmount(),
		takeBytes() {
			const taken = bytes;
			bytes = 0;
			return taken;
		},
		stall(now) {
			stalled = now;
			if (stalled || pendingFrame === undefined) return;
			write(pendingFrame);
			pendingFrame = undefined;
			for (const listener of [...drained]) listener();
		},
		frames: () => frames,
	};
}

function mountPlain(element: ReactNode, screen: Screen) {
	const stdout = new InkStdout(screen.size(), frame => {
		const rows = frame.split('\n').map((row, index) => `\u001b[${index + 1}H\u001b[m${row}\u001b[m`);
		screen.send(`\u001b[H\u001b[2J${rows.join('')}`);
	});
	const ink = render(element, {...quietInk, stdout: asStream(stdout), maxFps: 1000});
	const stop = screen.onResize(() => stdout.resize(screen.size()));
	return {
		rerender: (next: ReactNode) => ink.rerender(next),
		unmount() {
			stop();
			ink.unmount();
		},
		flush: async () => ink.waitUntilRenderFlush(),
	};
}

function rows(terminal: xterm.Terminal, size: Size): readonly xterm.IBufferLine[] {
	return Array.from({length: size.rows}, (_, y) => {
		const line = terminal.buffer.active.getLine(terminal.buffer.active.baseY + y);
		if (line === undefined) throw new RangeError(`the terminal has no row ${y}`);
		return line;
	});
}

/** All cells of an xterm.js terminal, by row. */
export const readCells = (terminal: xterm.Terminal, size: Size): readonly (readonly SeenCell[])[] =>
	rows(terminal, size).map(line => Array.from({length: size.columns}, (_, x) => seen(line.getCell(x))));

/** A blank shows its background, and its foreground only through inverse, underline and strike. */
function seen(cell: xterm.IBufferCell | undefined): SeenCell {
	if (cell === undefined) throw new RangeError('the terminal has no such cell');
	const text = cell.getWidth() === 0 ? '' : cell.getChars() || ' ';
	const struck = Boolean(cell.isStrikethrough());
	const underline = Boolean(cell.isUnderline());
	const inverse = Boolean(cell.isInverse());
	const inked = text !== ' ' || struck || underline || inverse;
	return {
		text,
		cells: cell.getWidth(),
		foreground: inked && !cell.isFgDefault() ? cell.getFgColor() : -1,
		background: cell.isBgDefault() ? -1 : cell.getBgColor(),
		bold: inked && Boolean(cell.isBold()),
		dim: inked && Boolean(cell.isDim()),
		italic: inked && Boolean(cell.isItalic()),
		underline,
		inverse,
		struck,
	};
}

function listen(listeners: Set<() => void>, listener: () => void): () => void {
	listeners.add(listener);
	return () => {
		listeners.delete(listener);
	};
}
