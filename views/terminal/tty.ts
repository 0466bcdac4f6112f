import {closeSync, writeSync} from 'node:fs';
import {constants} from 'node:os';
import process from 'node:process';
import {type ColourLevel, colourLevel} from './colour-level.ts';
import {createKeyDecoder, type TerminalEvent} from './decode-keys.ts';
import {FrameWriter} from './frame-writer.ts';
import {createListeners} from './listeners.ts';
import type {Screen} from './screen.ts';
import {captureStrayOutput} from './stray-output.ts';
import {copySequence} from './terminal-modes.ts';
import {systemTimer} from './timer.ts';
import {openDevice, unusableReason, writeSome} from './tty-device.ts';
import {type EndSignal, listenToTty} from './tty-events.ts';
import {createTtyScreen, giveBackTimeoutMs} from './tty-screen.ts';

/** Why the process ends without a key to quit. */
export type ExitCause =
	| {readonly kind: 'signal'; readonly signal: EndSignal}
	| {readonly kind: 'error'; readonly error: unknown};

export type TtyOptions = {
	/** The name of the program, for sentences on the terminal. */
	readonly program: string;
	/** Removes what a terminal would obey from text of unknown origin. */
	readonly cleanText: (text: string) => string;
	/** The wheel and clicks are reported. Selecting text then needs Shift in most terminals, so say so. */
	readonly mouse?: boolean;
	/**
	 * Called once the terminal is restored and before the process ends; it may take `graceMs`. The process ends with 128 plus the
	 * signal's number, or 70 (EX_SOFTWARE) with the error on stderr.
	 */
	readonly beforeExit?: (cause: ExitCause) => Promise<void> | void;
	/** Milliseconds, read when the process is to end; 250 when absent. */
	readonly graceMs?: () => number;
	/** No more colours than these are sent, whatever the terminal can show. */
	readonly maxColours?: 16;
};

/** The terminal, taken over until `close`. */
export type Tty = Screen & {
	onKey(listener: (event: TerminalEvent) => void): () => void;
	/** Copies to the clipboard of the person at the terminal, as far as the terminal allows. False when the text is too long for that. */
	copy(text: string): boolean;
	/** Restores the terminal and stops the process, as Ctrl-Z does; draws everything again when it is continued. */
	suspend(): void;
	/** Lends the terminal to another program until the work has ended; draws everything again then. Meanwhile Ctrl-C goes to that program. */
	lend<T>(work: () => Promise<T>): Promise<T>;
	/** Restores the terminal at once; further calls do nothing. Waits at most 250 ms for a terminal that reads nothing. */
	close(): void;
	/** The newest lines that were written to stdout or stderr by others, and warnings of Node, which would spoil the screen. */
	strayOutput(): readonly string[];
	/** Bytes that the terminal has not read yet. */
	queued(): number;
};

export type OpenedTty = {readonly ok: true; readonly tty: Tty} | {readonly ok: false; readonly reason: string};

/** Milliseconds after the last change of size until it is reported. */
const resizeDebounceMs = 50;
const exitSoftware = 70;
/** Milliseconds after a lent terminal came back in which its Ctrl-C may still reach us; in ours Ctrl-C is a key, and no signal. */
const lateSignalMs = 500;
/** Milliseconds after SIGTSTP until a process that is still running was evidently not stopped. */
const notStoppedMs = 50;

/** Takes the terminal over: alternate screen, raw keys, no cursor. Leaves it alone when it cannot be used, and says why. */
export function openTty(options: TtyOptions): OpenedTty {
	const reason = unusableReason(options.program);
	if (reason !== undefined) return {ok: false, reason};
	const device = openDevice();
	if (device === undefined)
		return {
			ok: false,
			reason: `The terminal cannot be opened for writing. Run ${options.program} in another terminal.`,
		};
	const owner = new TtyOwner(device, options);
	const shown = colourLevel(process.env);
	const colours: ColourLevel = shown === 0 ? 0 : (options.maxColours ?? shown);
	const tty: Tty = {
		colours,
		size: () => ({columns: process.stdout.columns || 80, rows: process.stdout.rows || 24}),
		onResize: owner.resized.add,
		send: owner.screen.send,
		onDrain: owner.drained.add,
		onLost: owner.lost.add,
		onKey: owner.keys.add,
		copy: text => owner.copy(text),
		suspend: () => owner.suspend(),
		lend: work => owner.lend(work),
		close: () => owner.close(),
		strayOutput: owner.strayOutput.lines,
		queued: () => owner.writer.queued,
	};
	return {ok: true, tty};
}

/** Owns the terminal from its construction to `close`: what is done with it on keys, signals, errors, and the end of the process. */
class TtyOwner {
	readonly resized = createListeners();
	readonly drained = createListeners();
	readonly lost = createListeners();
	readonly keys = createListeners<TerminalEvent>();
	readonly writer: FrameWriter;
	readonly screen: ReturnType<typeof createTtyScreen>;
	readonly strayOutput: ReturnType<typeof captureStrayOutput>;
	readonly #device: number;
	readonly #options: TtyOptions;
	readonly #decoder: ReturnType<typeof createKeyDecoder>;
	readonly #events: ReturnType<typeof listenToTty>;
	#isClosed = false;
	#isEnding = false;
	#isLent = false;
	#lentUntil = Number.NEGATIVE_INFINITY;
	#cancelResize = () => {};

	constructor(device: number, options: TtyOptions) {
		const hangUp = () => void this.#end({kind: 'signal', signal: 'SIGHUP'});
		this.#device = device;
		this.#options = options;
		this.writer = new FrameWriter(
			bytes => writeSome(device, bytes),
			systemTimer,
			() => this.drained.notify(),
			hangUp,
		);
		this.screen = createTtyScreen({device, input: process.stdin, writer: this.writer, mouse: options.mouse ?? false});
		this.#decoder = createKeyDecoder(event => {
			if (event.type === 'mode') this.screen.setMode(event.mode, event.state);
			else this.keys.notify(event);
		}, systemTimer);
		this.strayOutput = captureStrayOutput(process, options.cleanText);
		this.#events = listenToTty({
			data: chunk => this.#decoder.feed(chunk),
			hangUp,
			resize: () => this.#onResize(),
			signal: signal => this.#onSignal(signal),
			stop: () => this.suspend(),
			resume: () => this.#resume(),
			exit: () => this.close(),
			uncaughtError: error => void this.#end({kind: 'error', error}),
		});
		this.screen.take();
	}

	copy(text: string): boolean {
		const sequence = copySequence(text, (process.env['TMUX'] ?? '') !== '');
		if (sequence === undefined || !this.screen.isTaken()) return false;
		this.writer.write(sequence);
		return true;
	}

	suspend(): void {
		if (!this.screen.isTaken()) return;
		this.#giveBack('');
		this.#events.handleStop(false);
		process.kill(process.pid, 'SIGTSTP');
		// Without a shell with job control above us the process is not stopped, and nothing sends SIGCONT. Otherwise SIGCONT comes first.
		systemTimer.after(notStoppedMs, () =>
			setImmediate(() => {
				if (!this.screen.isTaken()) this.#resume();
			}),
		);
	}

	async lend<T>(work: () => Promise<T>): Promise<T> {
		this.#giveBack('');
		this.#isLent = true;
		process.stdin.pause();
		try {
			return await work();
		} finally {
			this.#isLent = false;
			this.#lentUntil = performance.now();
			if (!this.#isClosed && !this.#isEnding) {
				process.stdin.resume();
				this.screen.take();
				this.#notifyRedraw();
			}
		}
	}

	close(after = ''): void {
		if (this.#isClosed) return;
		this.#giveBack(after);
		this.#isClosed = true;
		this.#cancelResize();
		this.strayOutput.release();
		this.#events.close();
		this.writer.stop();
		closeSync(this.#device);
	}

	#giveBack(after: string): void {
		if (!this.screen.isTaken()) return;
		this.screen.giveBack(after);
		this.#decoder.reset();
	}

	#resume(): void {
		if (this.#isClosed || this.#isEnding || this.#isLent) return;
		this.#events.handleStop(true);
		this.screen.retake();
		this.#notifyRedraw();
	}

	#notifyRedraw(): void {
		this.resized.notify();
		this.lost.notify();
	}

	#onResize(): void {
		this.#cancelResize();
		// Also when the size is the same again: a terminal that was small meanwhile has lost what did not fit.
		this.#cancelResize = systemTimer.after(resizeDebounceMs, () => this.#notifyRedraw());
	}

	#onSignal(signal: EndSignal): void {
		// The terminal sends SIGINT to all its processes, and a busy machine may report the end of the other program first.
		const isOthers = this.#isLent || performance.now() - this.#lentUntil < lateSignalMs;
		if (signal !== 'SIGINT' || !isOthers) void this.#end({kind: 'signal', signal});
	}

	async #end(cause: ExitCause): Promise<void> {
		if (this.#isEnding || this.#isClosed) return;
		this.#isEnding = true;
		const code = cause.kind === 'error' ? exitSoftware : 128 + constants.signals[cause.signal];
		const message = cause.kind === 'error' ? this.#describeError(cause.error) : '';
		// On a terminal the message goes the way of the frames: stderr would wait for a terminal that reads nothing.
		this.#giveBack(process.stderr.isTTY ? message.replaceAll('\n', '\r\n') : '');
		if (!process.stderr.isTTY && message !== '') writeSync(2, message);
		// `beforeExit` may write, but not to a terminal that would block it.
		if (!this.writer.busy) this.strayOutput.release();
		try {
			const {beforeExit, graceMs} = this.#options;
			const grace = new Promise<void>(resolve => systemTimer.after(graceMs?.() ?? giveBackTimeoutMs, resolve));
			await Promise.race([beforeExit?.(cause), grace]);
		} finally {
			this.close();
			process.exit(code);
		}
	}

	#describeError(error: unknown): string {
		const {program, cleanText} = this.#options;
		const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
		return `${program} stopped because of an internal error:\n${cleanText(text)}\n`;
	}
}
