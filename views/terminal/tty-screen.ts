import type {FrameWriter} from './frame-writer.ts';
import {enterModes, leaveModes, wrapSynchronized} from './terminal-modes.ts';
import {blockFor, discardInput} from './tty-device.ts';

/** The alternate screen and raw keys of a terminal, taken and given back any number of times. */
export type TtyScreen = {
	isTaken(): boolean;
	/** Does nothing while it is taken. */
	take(): void;
	/** Takes it once more after the process was stopped and continued: the shell may have changed its modes meanwhile. */
	retake(): void;
	/** Writes what is queued, then the modes of the shell, then `after`. Waits at most 250 ms for a terminal that reads nothing. */
	giveBack(after: string): void;
	/** The terminal's answer about a mode (DECRPM). */
	setMode(mode: number, state: number): void;
	/** False while the terminal has not read all of it. True without writing while the screen is not taken. */
	send(frame: string): boolean;
};

/** Milliseconds that giving the screen back may take. */
export const giveBackTimeoutMs = 250;
/** Milliseconds from the question about a mode until no answer is expected any more: many terminals never answer. */
const answerTimeoutMs = 2000;
/** Milliseconds that giving the screen back waits for such an answer. */
const swallowAnswerMs = 100;
const synchronizedUpdates = 2026;

export function createTtyScreen(options: {
	/** Descriptor of the terminal. */
	readonly device: number;
	readonly input: Pick<NodeJS.ReadStream, 'setRawMode'>;
	readonly writer: FrameWriter;
	readonly mouse: boolean;
}): TtyScreen {
	const {device, input, writer, mouse} = options;
	let isTaken = false;
	let synchronizes = false;
	let awaitsAnswer = false;
	let takenAt = 0;

	function take(): void {
		if (isTaken) return;
		isTaken = true;
		// Off and on: another program may have changed the modes of the terminal behind libuv's back.
		input.setRawMode(false);
		input.setRawMode(true);
		writer.write(enterModes(mouse));
		awaitsAnswer = true;
		takenAt = performance.now();
	}

	/** An answer that comes after the screen was given back would appear on the shell's command line. */
	function swallowAnswer(): void {
		const now = performance.now();
		if (awaitsAnswer && now - takenAt < answerTimeoutMs) discardInput(device, now + swallowAnswerMs);
		awaitsAnswer = false;
	}

	return {
		isTaken: () => isTaken,
		take,
		retake() {
			// Without leaving the alternate screen first, entering it would overwrite the saved cursor.
			if (isTaken) writer.write(leaveModes(mouse));
			isTaken = false;
			take();
		},
		giveBack(after) {
			if (!isTaken) return;
			isTaken = false;
			swallowAnswer();
			// Behind everything queued, so that no sequence is cut in half.
			writer.write(leaveModes(mouse) + after);
			const deadline = performance.now() + giveBackTimeoutMs;
			while (!writer.push() && performance.now() < deadline) blockFor(5);
			// libuv drains the terminal first, which would wait for one that reads nothing; Node resets the modes once more as it exits.
			if (!writer.busy) input.setRawMode(false);
		},
		setMode(mode, state) {
			awaitsAnswer = false;
			synchronizes = mode === synchronizedUpdates && (state === 1 || state === 2);
		},
		send: frame => !isTaken || writer.write(synchronizes ? wrapSynchronized(frame) : frame),
	};
}
