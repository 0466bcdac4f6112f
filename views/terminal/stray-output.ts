const maxLines = 200;

export type StrayOutput = {
	/** Oldest first, cleaned. */
	lines(): readonly string[];
	/** Lets stdout, stderr and warnings through again. */
	release(): void;
};

/**
 * Keeps off the screen what others write over it: to stdout and stderr where they are the terminal, and Node's warnings. Keeps the newest 200
 * lines, passed through `cleanText`.
 */
export function captureStrayOutput(process: NodeJS.Process, cleanText: (text: string) => string): StrayOutput {
	const lines: string[] = [];
	const keep = (text: string) => {
		lines.push(...cleanText(text).split('\n').filter(Boolean));
		lines.splice(0, lines.length - maxLines);
	};
	const releases = [process.stdout, process.stderr].filter(stream => stream.isTTY).map(stream => capture(stream, keep));
	const warned = process.rawListeners('warning');
	process.removeAllListeners('warning');
	let released = false;
	const onWarning = (warning: Error) => keep(`${warning.name}: ${warning.message}`);
	process.on('warning', onWarning);
	return {
		lines: () => lines,
		release() {
			if (released) return;
			released = true;
			for (const release of releases) release();
			process.off('warning', onWarning);
			for (const listener of warned) process.on('warning', listener as (warning: Error) => void);
		},
	};
}

function capture(stream: NodeJS.WriteStream, keep: (text: string) => void): () => void {
	const original = stream.write;
	stream.write = (chunk: string | Uint8Array, encodingOrDone?: unknown, done?: unknown): boolean => {
		keep(typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk));
		const called = typeof encodingOrDone === 'function' ? encodingOrDone : done;
		if (typeof called === 'function') queueMicrotask(() => called());
		return true;
	};
	return () => {
		stream.write = original;
	};
}
