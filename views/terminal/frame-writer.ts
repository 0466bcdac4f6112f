import type {Timer} from './timer.ts';

/** Writes without waiting. @returns the number of bytes written, 0 when the terminal takes none now. @throws when the terminal has hung up. */
export type WriteSome = (bytes: Uint8Array) => number;

/**
 * Writes to a terminal that may have stopped reading (a stalled link, Ctrl-S). It never waits: what is not written is retried later. Callers check
 * `busy` first, so that at most one frame is queued.
 */
export class FrameWriter {
	readonly #writeSome: WriteSome;
	readonly #timer: Timer;
	readonly #onDrain: () => void;
	readonly #onHangUp: () => void;
	#queue: Uint8Array = new Uint8Array();
	#retries = 0;
	#isStopped = false;

	constructor(writeSome: WriteSome, timer: Timer, onDrain: () => void, onHangUp: () => void) {
		this.#writeSome = writeSome;
		this.#timer = timer;
		this.#onDrain = onDrain;
		this.#onHangUp = onHangUp;
	}

	get busy(): boolean {
		return this.#queue.length > 0;
	}

	/** Bytes that are not written yet. */
	get queued(): number {
		return this.#queue.length;
	}

	/** Queues text and writes what the terminal takes now. True when all of it is written. */
	write(text: string): boolean {
		if (this.#isStopped) return true;
		const wasBusy = this.busy;
		const bytes = new TextEncoder().encode(text);
		if (wasBusy) {
			const both = new Uint8Array(this.#queue.length + bytes.length);
			both.set(this.#queue);
			both.set(bytes, this.#queue.length);
			this.#queue = both;
			return false;
		}
		this.#queue = bytes;
		this.#retries = 0;
		if (this.push()) return true;
		this.#retry();
		return false;
	}

	/** Writes what the terminal takes now. True when nothing is left. */
	push(): boolean {
		try {
			while (this.#queue.length > 0) {
				const written = this.#writeSome(this.#queue);
				if (written === 0) return false;
				this.#retries = 0;
				this.#queue = this.#queue.subarray(written);
			}
		} catch {
			this.#isStopped = true;
			this.#queue = new Uint8Array();
			this.#onHangUp();
		}
		return true;
	}

	/** Drops the queue and every later write. */
	stop(): void {
		this.#isStopped = true;
		this.#queue = new Uint8Array();
	}

	#retry(): void {
		this.#retries += 1;
		// A terminal that reads takes the rest within a millisecond; one that does not is retried after growing delays.
		this.#timer.after(Math.min(50, 2 ** Math.min(this.#retries, 6)), () => {
			if (this.#isStopped) return;
			if (this.push()) this.#onDrain();
			else this.#retry();
		});
	}
}
