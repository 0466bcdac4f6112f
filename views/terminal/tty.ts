import {closeSync, constants as fsConstants, openSync, readSync, writeSync} from 'node:fs';
import {constants as osConstants} from 'node:os';
import process from 'node:process';
import {cleanText} from '../../src/text/clean.ts';
import {type Clock, systemClock} from '../../src/time/clock.ts';
import {type ColourLevel, colourLevel} from './colour-level.ts';
import {createKeyDecoder, type TerminalEvent} from './decode-keys.ts';
import {FrameWriter} from './frame-writer.ts';
import type {Screen} from './screen.ts';
import {captureStrayOutput} from './stray-output.ts';
import {copySequence, enterModes, leaveModes, wrapSynchronized} from './terminal-modes.ts';

/** Why the process ends without having been asked to by a key. */
export type ExitCause =
	| {readonly kind: 'signal'; readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'}
	| {readonly kind: 'error'; readonly error: unknown};

export type TtyOptions = {
	/** Wheel and clicks are told. Selecting text then needs Shift in most terminals, so say so. */
	readonly mouse?: boolean;
	/**
	 * Called once the terminal is restored and before the process ends; it may take `graceMs`. The process ends with 128 plus the
	 * signal's number, or 70 (EX_SOFTWARE) with the error on stderr.
	 */
	readonly beforeExit?: (cause: ExitCause) => Promise<void> | void;
	/** Milliseconds, asked when the process is to end; 250 unless told. */
	readonly graceMs?: () => number;
	/** No more colours than these are sent, whatever the terminal can show. */
	readonly mostColours?: 16;
	readonly clock?: Clock;
};

/** The terminal, taken over until `close`. */
export type Tty = Screen & {
	onKey(listener: (event: TerminalEvent) => void): () => void;
	/** To the clipboard in front of the person, as far as the terminal allows. False when the text is too long for that. */
	copy(text: string): boolean;
	/** Gives the terminal back and stops, as Ctrl-Z does; draws everything again when continued. */
	suspend(): void;
	/** Gives the terminal to another program until the work has ended; draws everything again then. Ctrl-C meanwhile is that program's. */
	lend<T>(work: () => Promise<T>): Promise<T>;
	/** Gives the terminal back, at once and once. Waits at most 250 ms for one that stands still. */
	close(): void;
	/** The newest lines that something wrote to stdout or stderr, and warnings of Node, which would have spoilt the screen. */
	strayOutput(): readonly string[];
	/** Bytes on their way to the terminal. */
	queued(): number;
};

export type OpenedTty = {readonly ok: true; readonly tty: Tty} | {readonly ok: false; readonly reason: string};

const resizeRestMs = 50;
const restoreMs = 250;
/** How long after the question an answer may still come, and how long a quick end waits for it. */
const answerMs = 2000;
const swallowMs = 100;
const exitSoftware = 70;
/** Ctrl-C in a terminal that was lent may reach us so long after it was given back; in ours it is a key, and no signal. */
const lateSignalMs = 500;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Takes the terminal over: alternate screen, raw keys, no cursor. Does nothing to it when it cannot be used, and says why. */
export function openTty(options: TtyOptions = {}): OpenedTty {
	const reason = unusableReason(process.env['TERM']);
	if (reason !== undefined) return {ok: false, reason};
	const output = openOutput();
	if (output === undefined)
		return {ok: false, reason: 'The terminal cannot be opened for writing. Run midwatch in another terminal.'};
	return {ok: true, tty: takeOver(output, options)};
}

function unusableReason(term: string | undefined): string | undefined {
	if (!process.stdin.isTTY) return 'The input is not a terminal. Run midwatch without a pipe or file as its input.';
	if (!process.stdout.isTTY) return 'The output is not a terminal. Run midwatch without a pipe or file as its output.';
	if (term === undefined || term === '' || term === 'dumb')
		return `This terminal cannot show a full screen (TERM is ${term || 'not set'}). Set TERM to what it is, for example xterm-256color.`;
	return undefined;
}

/**
 * A description of our own for the same terminal, which never waits: with the one we inherited that would also change the shell's.
 * (Node's own stream for a terminal waits for it, and with it every timer and signal handler.)
 */
function openOutput(): number | undefined {
	for (const path of [`/proc/self/fd/${process.stdout.fd}`, '/dev/tty']) {
		try {
			return openSync(path, fsConstants.O_RDWR | fsConstants.O_NONBLOCK | fsConstants.O_NOCTTY);
		} catch {
			// The next one, then.
		}
	}
	return undefined;
}

function takeOver(output: number, options: TtyOptions): Tty {
	const clock = options.clock ?? systemClock;
	const mouse = options.mouse ?? false;
	const shown = colourLevel(process.env);
	const colours: ColourLevel = shown === 0 ? 0 : (options.mostColours ?? shown);
	const keys = new Set<(event: TerminalEvent) => void>();
	const resized = new Set<() => void>();
	const drained = new Set<() => void>();
	const lost = new Set<() => void>();
	let open = false;
	let closed = false;
	let ending = false;
	let lent = false;
	let lentUntil = Number.NEGATIVE_INFINITY;
	let synchronizes = false;
	let awaitsAnswer = false;
	let openedAt = 0;
	let cancelResize = () => {};

	const writer = new FrameWriter(
		bytes => writeSome(output, bytes),
		clock,
		() => notifyListeners(drained),
		() => void end({kind: 'signal', signal: 'SIGHUP'}),
	);
	const decoder = createKeyDecoder(event => {
		if (event.type === 'mode') {
			awaitsAnswer = false;
			synchronizes = event.mode === 2026 && (event.state === 1 || event.state === 2);
		} else for (const listener of [...keys]) listener(event);
	}, clock);
	const noise = captureStrayOutput(process);
	const size = () => ({columns: process.stdout.columns || 80, rows: process.stdout.rows || 24});

	const onData = (chunk: Uint8Array | string) => decoder.feed(chunk);
	const onGone = () => void end({kind: 'signal', signal: 'SIGHUP'});
	const onResize = () => {
		cancelResize();
		// Also when the size is what it was: a terminal that was small meanwhile has lost what did not fit.
		cancelResize = clock.after(resizeRestMs, () => {
			notifyListeners(resized);
			notifyListeners(lost);
		});
	};
	const onSignal = (signal: NodeJS.Signals) => {
		// The terminal sends it to all who share it, and on a busy machine we may hear of the other's end first.
		if (signal === 'SIGINT' && (lent || performance.now() - lentUntil < lateSignalMs)) return;
		const known = signals.find(name => name === signal);
		if (known !== undefined) void end({kind: 'signal', signal: known});
	};
	const onError = (error: unknown) => void end({kind: 'error', error});

	function takeScreen(): void {
		if (open || closed) return;
		open = true;
		// Off and on: whoever had the terminal meanwhile changed its modes behind libuv's back.
		process.stdin.setRawMode(false);
		process.stdin.setRawMode(true);
		writer.write(enterModes(mouse));
		awaitsAnswer = true;
		openedAt = performance.now();
	}

	/** An answer that comes when we are gone would stand on the shell's command line. Many terminals never answer. */
	function swallowAnswer(): void {
		const now = performance.now();
		if (awaitsAnswer && now - openedAt < answerMs) discardInput(output, now + swallowMs);
		awaitsAnswer = false;
	}

	/** Everything under way first, so that no sequence is cut in half; then the modes, then `after`. */
	function giveScreenBack(after: string): void {
		if (!open) return;
		open = false;
		swallowAnswer();
		writer.write(leaveModes(mouse) + after);
		const deadline = performance.now() + restoreMs;
		while (!writer.push() && performance.now() < deadline) sleep(5);
		// Draining first, which libuv does, would wait for a terminal that stands still; Node resets the modes once more as it exits.
		if (!writer.busy) process.stdin.setRawMode(false);
		decoder.reset();
	}

	function close(after = ''): void {
		if (closed) return;
		giveScreenBack(after);
		closed = true;
		cancelResize();
		noise.release();
		process.stdin.off('data', onData).off('end', onGone).off('error', onGone).pause();
		process.stdout.off('resize', onResize);
		process.off('SIGWINCH', onResize);
		for (const signal of signals) process.off(signal, onSignal);
		process.off('SIGTSTP', suspend).off('SIGCONT', resume).off('exit', onExit).off('uncaughtException', onError);
		writer.stop();
		closeSync(output);
	}

	const onExit = () => close();

	async function end(cause: ExitCause): Promise<void> {
		if (ending || closed) return;
		ending = true;
		const code = cause.kind === 'error' ? exitSoftware : 128 + osConstants.signals[cause.signal];
		const words = cause.kind === 'error' ? describeError(cause.error) : '';
		// On a terminal the words go the way of the frames: stderr would wait for it.
		giveScreenBack(process.stderr.isTTY ? words.replaceAll('\n', '\r\n') : '');
		if (!process.stderr.isTTY && words !== '') writeSync(2, words);
		// Who is told may speak, but not into a terminal that would hold it.
		if (!writer.busy) noise.release();
		try {
			const grace = new Promise<void>(resolve => clock.after(options.graceMs?.() ?? restoreMs, resolve));
			await Promise.race([options.beforeExit?.(cause), grace]);
		} finally {
			close();
			process.exit(code);
		}
	}

	function suspend(): void {
		if (!open) return;
		giveScreenBack('');
		process.off('SIGTSTP', suspend);
		process.kill(process.pid, 'SIGTSTP');
		// Where stopping is not possible (no shell above us) nobody continues us. A SIGCONT, when there is one, comes first.
		clock.after(50, () =>
			setImmediate(() => {
				if (!open) resume();
			}),
		);
	}

	function resume(): void {
		if (closed || ending || lent) return;
		process.off('SIGTSTP', suspend).on('SIGTSTP', suspend);
		// Stopped without having been asked: the screen was never given back, and taking it twice would lose its cursor.
		if (open) writer.write(leaveModes(mouse));
		open = false;
		takeScreen();
		notifyListeners(resized);
		notifyListeners(lost);
	}

	async function lend<T>(work: () => Promise<T>): Promise<T> {
		giveScreenBack('');
		lent = true;
		process.stdin.pause();
		try {
			return await work();
		} finally {
			lent = false;
			lentUntil = performance.now();
			if (!closed && !ending) {
				process.stdin.resume();
				takeScreen();
				notifyListeners(resized);
				notifyListeners(lost);
			}
		}
	}

	process.stdin.on('data', onData).on('end', onGone).on('error', onGone).resume();
	// Node tells of another size only; the signal comes as well when it was another one for a moment.
	process.stdout.on('resize', onResize);
	process.on('SIGWINCH', onResize);
	for (const signal of signals) process.on(signal, onSignal);
	process.on('SIGTSTP', suspend).on('SIGCONT', resume).on('exit', onExit).on('uncaughtException', onError);
	takeScreen();

	return {
		colours,
		size,
		onResize: listener => addListener(resized, listener),
		send: frame => !open || writer.write(synchronizes ? wrapSynchronized(frame) : frame),
		onDrain: listener => addListener(drained, listener),
		onLost: listener => addListener(lost, listener),
		onKey: listener => addListener(keys, listener),
		copy(text) {
			const sequence = copySequence(text, (process.env['TMUX'] ?? '') !== '');
			if (sequence === undefined || !open) return false;
			writer.write(sequence);
			return true;
		},
		suspend,
		lend,
		close: () => close(),
		strayOutput: noise.lines,
		queued: () => writer.queued,
	};
}

function writeSome(output: number, bytes: Uint8Array): number {
	try {
		return writeSync(output, bytes);
	} catch (error) {
		if (error instanceof Error && 'code' in error && (error.code === 'EAGAIN' || error.code === 'EINTR')) return 0;
		throw error;
	}
}

/** Reads until an answer about a mode has come, or until the deadline. */
function discardInput(terminal: number, deadline: number): void {
	const bytes = new Uint8Array(4096);
	let read = '';
	while (!read.includes('$y') && performance.now() < deadline) {
		try {
			read += new TextDecoder().decode(bytes.subarray(0, readSync(terminal, bytes)));
		} catch {
			sleep(5);
		}
	}
}

const describeError = (error: unknown): string => {
	const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
	return `midwatch stopped because of a mistake of its own:\n${cleanText(text)}\n`;
};

function sleep(ms: number): void {
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function notifyListeners(listeners: ReadonlySet<() => void>): void {
	for (const listener of [...listeners]) listener();
}

function addListener<T>(listeners: Set<T>, listener: T): () => void {
	listeners.add(listener);
	return () => {
		listeners.delete(listener);
	};
}
