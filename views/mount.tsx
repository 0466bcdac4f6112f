import {type RenderOptions, render} from 'ink';
import type {ReactNode} from 'react';
import {CompositorContext} from './surface.tsx';
import {Compositor} from './terminal/compositor.ts';
import {InkStdout} from './terminal/ink-stdout.ts';
import type {Screen} from './terminal/screen.ts';

export type Mounted = {
	rerender(element: ReactNode): void;
	/** Takes the tree down; the terminal is left as it is. */
	unmount(): void;
	/** Sends the complete screen again. */
	redraw(): void;
	/** Resolves when the terminal has read everything rendered so far; waits while it reads nothing. */
	flush(): Promise<void>;
};

/** Ink's limit: the effect of a key is delayed by at most one frame. */
const framesPerSecond = 60;

/**
 * Draws a React tree on a screen; `useWindowSize` returns its size. Ink reads no keys (`useInput` throws): the owner of the terminal does. Text is
 * styled by SGR sequences in the text; colours that the screen lacks are reduced.
 * @param onError - receives an error of a component that no boundary caught, after Ink has unmounted the tree. Thrown as uncaught when absent.
 */
export function mountOnScreen(
	element: ReactNode,
	screen: Screen,
	onError: (error: unknown) => void = rethrowLater,
): Mounted {
	const compositor = new Compositor(screen);
	const stdout = new InkStdout(screen.size(), frame => compositor.frame(frame));
	const withCompositor = (tree: ReactNode) => <CompositorContext value={compositor}>{tree}</CompositorContext>;
	const ink = render(withCompositor(element), {
		...quietInk,
		stdout: asStream(stdout),
		maxFps: framesPerSecond,
		onRender: () => compositor.laidOut(),
	});
	ink.waitUntilExit().catch(onError);
	const stopResizing = screen.onResize(() => stdout.resize(screen.size()));
	return {
		rerender: tree => ink.rerender(withCompositor(tree)),
		unmount() {
			stopResizing();
			compositor.close();
			ink.unmount();
		},
		redraw: () => compositor.redraw(),
		async flush() {
			await ink.waitUntilRenderFlush();
			await compositor.shown();
		},
	};
}

/** Makes the error an uncaught exception, which the owner of the terminal handles. */
function rethrowLater(error: unknown): void {
	queueMicrotask(() => {
		throw error;
	});
}

/** Options with which Ink only draws, and leaves keys, console, signals and the terminal's modes alone. */
export const quietInk: RenderOptions = {
	stdin: asInput({on() {}, off() {}, addListener() {}, removeListener() {}}),
	stderr: asStream(new InkStdout({columns: 0, rows: 0}, () => {})),
	interactive: true,
	exitOnCtrlC: false,
	patchConsole: false,
	isScreenReaderEnabled: false,
};

/** Ink's type is a Node stream; it uses only the members that `InkStdout` has. */
export function asStream(stdout: InkStdout): NodeJS.WritableStream {
	return stdout as unknown as NodeJS.WritableStream;
}

function asInput(input: object): NodeJS.ReadableStream {
	return input as unknown as NodeJS.ReadableStream;
}
