/**
 * What the program in an image does when it runs. A client sees only its effects, as in a real cluster, so a problem is solved by
 * whatever removes its cause, and by nothing else.
 */
export type ContainerProgram = {
	/** Bytes that it needs in the end; above the container's limit, the kernel kills it. */
	readonly memory?: number;
	/** Cores, on average. */
	readonly cpu?: number;
	/** It ends by itself this long after its start, with this exit code and this last line. */
	readonly exit?: {readonly afterMs: number; readonly exitCode: number; readonly says: string};
	/** The image does not exist in the registry. */
	readonly isImageMissing?: boolean;
	/** Milliseconds from its start until it is ready. */
	readonly readyAfterMs?: number;
	/** It runs, and never becomes ready. */
	readonly neverReady?: boolean;
	/** It ignores SIGTERM: it is killed at the end of its grace period. */
	readonly ignoresTerm?: boolean;
	/** Lines it logs in a second. */
	readonly linesPerSecond?: number;
	/** Older lines were rotated away by the kubelet. By default 50,000. */
	readonly retainedLines?: number;
	/** `json` logs one object a line; a function returns the line with this number. */
	readonly logs?: 'text' | 'json' | ((index: number) => string);
};

/** Images by name, `registry.example.test/checkout/api:2.41.0`. An unknown one runs without a problem. */
export type ContainerPrograms = {
	get(image: string): ContainerProgram;
	set(image: string, program: ContainerProgram): void;
};

export function createContainerPrograms(): ContainerPrograms {
	const known = new Map<string, ContainerProgram>();
	return {get: image => known.get(image) ?? {}, set: (image, program) => void known.set(image, program)};
}
