import type {ColourLevel} from './colour-level.ts';

export type Size = {readonly columns: number; readonly rows: number};

/** Where frames go: a terminal, or a test's picture of one. Every `on…` returns the way to stop listening. */
export type Screen = {
	readonly colours: ColourLevel;
	size(): Size;
	onResize(listener: () => void): () => void;
	/** Sends one frame. False: it is not through yet, send nothing before `onDrain` tells. */
	send(frame: string): boolean;
	onDrain(listener: () => void): () => void;
	/** What is shown is no longer what was sent (another program had the terminal): draw everything again. */
	onLost(listener: () => void): () => void;
};
