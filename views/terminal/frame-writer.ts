import type {Timer} from './timer.ts';

/** Writes what fits without waiting and returns how many bytes that were; 0 when the terminal takes nothing now. Throws when it is gone. */
export type WriteSome = (bytes: Uint8Array) => number;

/**
 * Bytes on their way to a terminal that may have stopped reading (a stalled link, Ctrl-S). Nothing here ever waits: what does not fit
 * is tried again later, and whoever sends asks `busy` first, so that at most one frame is under way.
 */
export class FrameWriter {
	readonly #writeSome: WriteSome;
	readonly #clock: Timer;
	readonly #onDrain: () => void;
	readonly #onGone: () => void;
	#waiting: Uint8Array = new Uint8Array();
	#retries = 0;
	#gone = false;

	constructor(writeSome: WriteSome, clock: Timer, onDrain: () => void, onGone: () => void) {
		this.#writeSome = writeSome;
		this.#clock = clock;
		this.#onDrain = onDrain;
		this.#onGone = onGone;
	}

	get busy(): boolean {
		return this.#waiting.length > 0;
	}

	/** Bytes taken but not written. */
	get queued(): number {
		return this.#waiting.length;
	}

	/** True when all of it is written. */
	write(text: string): boolean {
		if (this.#gone) return true;
		const wasBusy = this.busy;
		const bytes = new TextEncoder().encode(text);
		if (wasBusy) {
			const both = new Uint8Array(this.#waiting.length + bytes.length);
			both.set(this.#waiting);
			both.set(bytes, this.#waiting.length);
			this.#waiting = both;
			return false;
		}
		this.#waiting = bytes;
		this.#retries = 0;
		if (this.push()) return true;
		this.#retry();
		return false;
	}

	/** Writes what fits now. True when nothing is left. */
	push(): boolean {
		try {
			while (this.#waiting.length > 0) {
				const written = this.#writeSome(this.#waiting);
				if (written === 0) return false;
				this.#retries = 0;
				this.#waiting = this.#waiting.subarray(written);
			}
		} catch {
			this.#gone = true;
			this.#waiting = new Uint8Array();
			this.#onGone();
		}
		return true;
	}

	/** Writes nothing more, ever. */
	stop(): void {
		this.#gone = true;
		this.#waiting = new Uint8Array();
	}

	#retry(): void {
		this.#retries += 1;
		// A terminal that reads takes the rest within a millisecond; one that stands still is asked ever more seldom.
		this.#clock.after(Math.min(50, 2 ** Math.min(this.#retries, 6)), () => {
			if (this.#gone) return;
			if (this.push()) this.#onDrain();
			else this.#retry();
		});
	}
}
