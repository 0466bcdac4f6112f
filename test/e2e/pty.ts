import {spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import type {Readable, Writable} from 'node:stream';
import {fileURLToPath} from 'node:url';
import xterm from '@xterm/headless';
import {timeLeftMs} from '../time-left.ts';
import {bytesOf} from './keys.ts';

/** The Python of the system: that of a version manager starts slowly. */
const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
const bridge = fileURLToPath(new URL('pty-bridge.py', import.meta.url));

export type PtyOptions = {
	readonly columns: number;
	readonly rows: number;
	readonly cwd?: string;
	/** The complete environment; nothing is inherited. */
	readonly env: Readonly<Record<string, string>>;
};

/** `palette 1`, `#ff5050`, or `default`. */
export type Colour = string;
export type TerminalCell = {
	readonly text: string;
	readonly foreground: Colour;
	readonly background: Colour;
	readonly bold: boolean;
	readonly dim: boolean;
	readonly inverse: boolean;
	readonly underline: boolean;
};

/** The code, or the negative number of the signal that ended the command. */
export type Exit = {readonly code: number};

export type ScreenCondition = string | RegExp | ((screen: string) => boolean);

export function isShown(wanted: ScreenCondition, screen: string): boolean {
	if (typeof wanted === 'string') return screen.includes(wanted);
	return wanted instanceof RegExp ? wanted.test(screen) : wanted(screen);
}

export type Pty = {
	/** The pid of the command itself. */
	readonly pid: number;
	/** The shown text: a line for each row, without trailing spaces. */
	screen(): string;
	/** True while the alternate screen is shown. */
	readonly alternate: boolean;
	/** Everything the command has written so far. */
	output(): string;
	/** The position of a text, counted from 0; the topmost one. */
	find(text: string): {readonly column: number; readonly row: number} | undefined;
	cell(column: number, row: number): TerminalCell;
	/**
	 * Waits until the screen shows it and returns the screen.
	 * @param limitMs only where the wait may end without it; by default the time that the running test has left.
	 * @throws Error with the screen when the limit passes or the command ends before.
	 */
	waitFor(wanted: ScreenCondition, limitMs?: number): Promise<string>;
	/** Waits until nothing was written for this long and returns the screen. The limit is that of `waitFor`. */
	waitUntilIdle(ms: number, limitMs?: number): Promise<string>;
	/** Raw bytes. */
	send(bytes: string): void;
	/** Keys by their names in the keymap, each as a write of its own. */
	press(...keys: readonly string[]): void;
	/** Writes characters one by one, without a delay. */
	type(text: string): void;
	/** Pastes as a terminal does: bracketed when the command has enabled that. */
	paste(text: string): void;
	resize(columns: number, rows: number): void;
	signal(signal: NodeJS.Signals): void;
	/** Resolves when the command has ended. */
	readonly exited: Promise<Exit>;
	/** Hangs up, as a closed window does, and waits for the end. */
	close(): Promise<void>;
};

/** Starts a command in a pseudo-terminal of its own, with an emulator as its screen. */
export async function startPty(command: readonly [string, ...string[]], options: PtyOptions): Promise<Pty> {
	const {columns, rows, env, cwd} = options;
	const terminal = new xterm.Terminal({cols: columns, rows, allowProposedApi: true, scrollback: 0});
	const child = spawn(python, [bridge, String(rows), String(columns), ...command], {
		stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
		env: {...env},
		...(cwd === undefined ? {} : {cwd}),
	});
	const [keyboard, display, complaints, orders, events] = child.stdio as unknown as [
		Writable,
		Readable,
		Readable,
		Writable,
		Readable,
	];
	for (const stream of [keyboard, orders]) stream.on('error', () => {});

	const written: Buffer[] = [];
	let parsing = 0;
	let complaint = '';
	let bridgeEvents = '';
	let exit: Exit | undefined;
	const watchers = new Set<() => void>();
	const changed = () => {
		for (const watch of [...watchers]) watch();
	};

	display.on('data', (data: Buffer) => {
		written.push(data);
		parsing++;
		terminal.write(data, () => {
			parsing--;
			changed();
		});
	});
	complaints.on('data', data => (complaint += String(data)));
	events.on('data', data => {
		bridgeEvents += String(data);
		changed();
	});
	// A terminal answers questions about itself; programs wait for that.
	terminal.onData(answer => keyboard.write(answer));

	const exited = new Promise<Exit>((resolve, reject) => {
		child.on('error', error => reject(new Error(`python3 is needed for a pseudo-terminal: ${error.message}`)));
		child.on('close', () => {
			const code = /^exit (-?\d+)$/m.exec(bridgeEvents)?.[1];
			if (code === undefined) {
				reject(new Error(`the pseudo-terminal broke: ${complaint}`));
				return;
			}
			exit = {code: Number(code)};
			changed();
			resolve(exit);
		});
	});
	exited.catch(changed);

	const screen = () =>
		Array.from(
			{length: terminal.rows},
			(_, row) => terminal.buffer.active.getLine(row)?.translateToString(true, 0, terminal.cols) ?? '',
		)
			.join('\n')
			.trimEnd();

	/**
	 * A partial frame shows what no user ever sees. A frame begins and ends with a terminal mode, where the command has checked that it is
	 * supported. A command that ended within a frame does not end the frame.
	 */
	const isFrameComplete = () => parsing === 0 && (exit !== undefined || !terminal.modes.synchronizedOutputMode);

	/** Checks the condition after every event. */
	const when = (what: string, done: () => boolean, limitMs = timeLeftMs()) =>
		new Promise<void>((resolve, reject) => {
			const stop = () => {
				clearTimeout(timer);
				watchers.delete(watch);
			};
			const fail = (why: string) => {
				stop();
				reject(new Error(`${why} while waiting for ${what}. The screen:\n${screen()}\n${complaint}`));
			};
			const watch = () => {
				if (isFrameComplete() && done()) {
					stop();
					resolve();
				} else if (exit !== undefined && parsing === 0) fail(`the command ended with ${exit.code}`);
			};
			const timer = setTimeout(() => fail(`${Math.round(limitMs / 1000)} s passed`), limitMs);
			watchers.add(watch);
			watch();
		});

	const pidOf = () => Number(/^pid (\d+)$/m.exec(bridgeEvents)?.[1] ?? 0);
	await Promise.race([when('the start', () => pidOf() > 0), exited]);
	const pid = pidOf();

	return {
		pid,
		screen,
		get alternate() {
			return terminal.buffer.active.type === 'alternate';
		},
		output: () => Buffer.concat(written).toString('utf8'),
		find(text) {
			const row = screen()
				.split('\n')
				.findIndex(line => line.includes(text));
			const line = terminal.buffer.active.getLine(row);
			if (row < 0 || line === undefined) return undefined;
			// Cells are not characters: count up to the cell where the rest of the row begins with the text.
			let column = 0;
			while (!line.translateToString(false, column).startsWith(text)) column++;
			return {column, row};
		},
		cell(column, row) {
			const cell = terminal.buffer.active.getLine(row)?.getCell(column);
			if (cell === undefined) throw new Error(`there is no cell ${column},${row}`);
			const colour = (isDefault: boolean, isRgb: boolean, value: number): Colour => {
				if (isDefault) return 'default';
				return isRgb ? `#${value.toString(16).padStart(6, '0')}` : `palette ${value}`;
			};
			return {
				text: cell.getChars(),
				foreground: colour(cell.isFgDefault(), cell.isFgRGB(), cell.getFgColor()),
				background: colour(cell.isBgDefault(), cell.isBgRGB(), cell.getBgColor()),
				bold: cell.isBold() !== 0,
				dim: cell.isDim() !== 0,
				inverse: cell.isInverse() !== 0,
				underline: cell.isUnderline() !== 0,
			};
		},
		async waitFor(wanted, limitMs) {
			await when(String(wanted), () => isShown(wanted, screen()), limitMs);
			return screen();
		},
		async waitUntilIdle(ms, limitMs) {
			let timer: NodeJS.Timeout | undefined;
			let quiet = false;
			const restart = () => {
				clearTimeout(timer);
				timer = setTimeout(() => {
					quiet = true;
					changed();
				}, ms);
			};
			display.on('data', restart);
			restart();
			try {
				await when(`${ms} ms without output`, () => quiet, limitMs);
			} finally {
				display.off('data', restart);
				clearTimeout(timer);
			}
			return screen();
		},
		send: bytes => void keyboard.write(bytes),
		press(...keys) {
			for (const key of keys) keyboard.write(bytesOf(key));
		},
		type: text => void keyboard.write(text),
		paste: text => void keyboard.write(terminal.modes.bracketedPasteMode ? `\x1b[200~${text}\x1b[201~` : text),
		resize(newColumns, newRows) {
			terminal.resize(newColumns, newRows);
			orders.write(`${newRows} ${newColumns}\n`);
		},
		signal: signal => void process.kill(pid, signal),
		exited,
		async close() {
			orders.end();
			await exited.catch(() => undefined);
			terminal.dispose();
		},
	};
}
