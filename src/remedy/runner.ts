import type {Action, Params, Row, Target, UndoClass} from '../contract.ts';
import type {Answer} from '../policy.ts';
import type {Store} from '../store.ts';
import type {Remedy} from './machine.ts';

/** Something that was sent in this session, and whether it can be led back. */
export type Undoable = {
	/** Id of the intent: what `undo` takes. */
	readonly record: string;
	readonly action: {readonly id: string; readonly title: string};
	readonly target: string;
	readonly object: string;
	readonly summary: string;
	/** Epoch milliseconds. */
	readonly sentAt: number;
	readonly undo: UndoClass;
	/** The sentence why it cannot be undone, or undefined when it can. */
	readonly impossible: string | undefined;
	/** Id of the intent that undid it. */
	readonly undoneBy: string | undefined;
};

export type Resolved = {
	readonly port: unknown;
	readonly target: Target;
	/** Who the system says we are. */
	readonly who?: string | undefined;
};

/** One remedy at a time. The only caller of `Action.run`. */
export type Runner = {
	/** The remedy in hand, also after it has ended; undefined before the first and after `dismiss`. */
	readonly state: Store<Remedy | undefined>;
	/**
	 * Begins a remedy and resolves when it waits for an answer or has ended. Never rejects. Does nothing while one is under way.
	 * `openedBy` is the key that was pressed for it.
	 */
	propose(
		action: Action,
		rows: readonly Row[],
		params: Params,
		options?: {readonly openedBy?: string | undefined},
	): Promise<void>;
	/** Resolves when the remedy has ended, or at once when the answer did not meet the demand. Never rejects. */
	confirm(answer: Answer): Promise<void>;
	/** Until it is confirmed. What was sent cannot be called back. */
	cancel(): void;
	/** Takes an ended remedy off the screen. */
	dismiss(): void;
	/** A remedy of its own, back from one that was sent in this session. */
	undo(record: string): Promise<void>;
	/** Newest first. */
	undoable(): readonly Undoable[];
	/** Cancels what waits, and lets what was sent finish and be recorded. */
	close(): Promise<void>;
};
