import type {Size} from './screen.ts';

/** Ink's own mode switches, erasures and cursor moves: everything but colours. It lays out; the compositor knows what the terminal shows. */
const notColours = /\u001b\[[0-?]*[ -/]*[@-ln-~]/g;

/**
 * What Ink 8.0.0 takes for its stdout: it hands over whole frames. Not a TTY in Ink's eyes, since for one Ink registers an exit hook
 * that writes to stderr, where a stalled terminal would hold the process for ever; so `interactive: true` must be given.
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

	/** Ink writes a frame in one call, erasing the last one before it, and erasures alone when it makes room. */
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
