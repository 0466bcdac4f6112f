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
	/** Draws everything again, also what the screen should show already. */
	redraw(): void;
	/** Resolves when the terminal has taken all of what was rendered so far: not while it stands still. */
	flush(): Promise<void>;
};

/** A key that changes the layout is not held back longer than this by Ink. */
const framesPerSecond = 60;

/**
 * Draws a React tree on a screen, with `useWindowSize` telling its size. Ink reads no keys here (`useInput` throws): the owner of
 * the terminal tells them. Style text by SGR sequences in the text: what the screen cannot show is left out on the way.
 * @param onError - told what a component threw that no boundary caught; Ink has taken the tree down by then. Thrown on unless given.
 */
export function mountOnScreen(
	element: ReactNode,
	screen: Screen,
	onError: (error: unknown) => void = rethrowLater,
): Mounted {
	const compositor = new Compositor(screen);
	const stdout = new InkStdout(screen.size(), frame => compositor.frame(frame));
	const inside = (tree: ReactNode) => <CompositorContext value={compositor}>{tree}</CompositorContext>;
	const ink = render(inside(element), {
		...quietInk,
		stdout: asStream(stdout),
		maxFps: framesPerSecond,
		onRender: () => compositor.laidOut(),
	});
	ink.waitUntilExit().catch(onError);
	const stopResizing = screen.onResize(() => stdout.resize(screen.size()));
	return {
		rerender: tree => ink.rerender(inside(tree)),
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

/** Out of the promise, to where the owner of the terminal waits for what nobody caught. */
function rethrowLater(error: unknown): void {
	queueMicrotask(() => {
		throw error;
	});
}

/** How Ink is run everywhere: it draws, and leaves keys, console, signals and the terminal's modes alone. */
export const quietInk: RenderOptions = {
	stdin: asInput({on() {}, off() {}, addListener() {}, removeListener() {}}),
	stderr: asStream(new InkStdout({columns: 0, rows: 0}, () => {})),
	interactive: true,
	exitOnCtrlC: false,
	patchConsole: false,
	isScreenReaderEnabled: false,
};

/** Ink asks for Node's streams but uses the few members that `InkStdout` has. */
export function asStream(stdout: InkStdout): NodeJS.WritableStream {
	return stdout as unknown as NodeJS.WritableStream;
}

function asInput(input: object): NodeJS.ReadableStream {
	return input as unknown as NodeJS.ReadableStream;
}
