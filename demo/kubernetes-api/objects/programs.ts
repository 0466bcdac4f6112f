/**
 * What the program in an image does when it runs: the only secret of this cluster. All that a client sees of it are its effects, as in a
 * real one, so that a trouble goes away by whatever takes its cause away, and by nothing else.
 */
export type ContainerProgram = {
	/** Bytes it comes to need; above the container's limit, the kernel kills it. */
	readonly memory?: number;
	/** Cores, on average. */
	readonly cpu?: number;
	/** It ends by itself so long after its start, with this exit code and these last words. */
	readonly exit?: {readonly afterMs: number; readonly exitCode: number; readonly says: string};
	/** The registry does not have it. */
	readonly isImageMissing?: boolean;
	/** From its start until it says that it is ready. */
	readonly readyAfterMs?: number;
	/** It runs, and never says that it is ready. */
	readonly neverReady?: boolean;
	/** It does not hear SIGTERM: it has to be killed when its grace is over. */
	readonly ignoresTerm?: boolean;
	/** Lines it logs in a second. */
	readonly linesPerSecond?: number;
	/** Older lines were rotated away by the kubelet. By default 50,000. */
	readonly retainedLines?: number;
	/** `json` logs one object a line; or what the line of this number says. */
	readonly logs?: 'text' | 'json' | ((index: number) => string);
};

/** Images by name, `registry.example.test/checkout/api:2.41.0`. One that is not known runs well. */
export type ContainerPrograms = {
	get(image: string): ContainerProgram;
	set(image: string, program: ContainerProgram): void;
};

export function createContainerPrograms(): ContainerPrograms {
	const known = new Map<string, ContainerProgram>();
	return {get: image => known.get(image) ?? {}, set: (image, program) => void known.set(image, program)};
}
