import type {Size} from './screen.ts';

/** Ink's mode switches, erasures and cursor moves: every sequence but colours. The compositor alone knows what the terminal shows. */
const notColours = /\u001b\[[0-?]*[ -/]*[@-ln-~]/g;

/**
 * The stdout for Ink 8.0.0: passes complete frames on. It is not a TTY, because for a TTY Ink registers an exit hook that writes to stderr, where a
 * stalled terminal would block the process for ever; so Ink needs `interactive: true`.
 */
export class InkStdout {
	readonly writable = true;
	columns: number;
	rows: number;
	readonly #onFrame: (frame: string) => void;
	readonly #listeners = new Map<string, Set<() => void>>();

	constructor(size: Size, onFrame: (frame: string) => void) {
		this.columns = size.columns;
		this.rows = size.rows;
		this.#onFrame = onFrame;
	}

	resize(size: Size): void {
		this.columns = size.columns;
		this.rows = size.rows;
		for (const listener of [...(this.#listeners.get('resize') ?? [])]) listener();
	}

	/** Ink writes a frame in one call, behind the sequences that erase the last one; sometimes it writes such sequences alone. */
	write(chunk: string, encodingOrDone?: unknown, done?: unknown): boolean {
		const text = chunk.replace(notColours, '');
		if (text !== '') this.#onFrame(text.endsWith('\n') ? text.slice(0, -1) : text);
		const called = typeof encodingOrDone === 'function' ? encodingOrDone : done;
		if (typeof called === 'function') queueMicrotask(() => called());
		return true;
	}

	on(event: string, listener: () => void): this {
		const listeners = this.#listeners.get(event) ?? new Set();
		this.#listeners.set(event, listeners.add(listener));
		return this;
	}

	off(event: string, listener: () => void): this {
		this.#listeners.get(event)?.delete(listener);
		return this;
	}
}
