import type {ColourLevel} from './colour-level.ts';

/** In cells. */
export type Size = {readonly columns: number; readonly rows: number};

/** Receives frames: a terminal, or a model of one in a test. Every `on…` returns the function that unsubscribes. */
export type Screen = {
	readonly colours: ColourLevel;
	size(): Size;
	onResize(listener: () => void): () => void;
	/** Sends one frame. False: not all of it is written; send nothing until `onDrain`. */
	send(frame: string): boolean;
	onDrain(listener: () => void): () => void;
	/** The screen no longer shows what was sent (another program used the terminal): send everything again. */
	onLost(listener: () => void): () => void;
};
