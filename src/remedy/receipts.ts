import type {Action, Receipt, UndoClass} from '../contract/action.ts';
import type {Remedy} from './remedy-state.ts';

/** An action that was sent since this console started, and whether it can be undone. */
export type SentAction = {
	/** Id of the intent; the argument of `Runner.undo`. */
	readonly record: string;
	readonly action: {readonly id: string; readonly title: string};
	readonly target: string;
	readonly object: string;
	readonly summary: string;
	/** Epoch milliseconds. */
	readonly sentAt: number;
	readonly undo: UndoClass;
	/** Why it cannot be undone, one sentence, or undefined when it can. */
	readonly whyNotUndoable: string | undefined;
	/** Id of the intent that undid it. */
	readonly undoneBy: string | undefined;
};

/** A sent action with all that its undo needs. */
export type SentRemedy = {
	readonly action: Action;
	readonly remedy: Extract<Remedy, {readonly state: 'verifying'}>;
	readonly receipt: Receipt;
	readonly sentAt: number;
};

export type Receipts = {
	add(sent: SentRemedy): void;
	find(record: string): SentRemedy | undefined;
	/** Why this cannot be undone, one sentence, or undefined when it can. */
	whyNotUndoable(sent: SentRemedy): string | undefined;
	/** Newest first. */
	list(): readonly SentAction[];
};

/** The receipts of this console, in memory. */
export function createReceipts(): Receipts {
	const sentById = new Map<string, SentRemedy>();
	const undoneBy = new Map<string, string>();

	function whyNotUndoable(sent: SentRemedy): string | undefined {
		if (undoneBy.has(sent.remedy.id)) return 'it was undone already';
		if ('impossible' in sent.action.undo) return sent.action.undo.impossible;
		const {undo} = sent.remedy.preview;
		return undo.class === 'none' ? undo.text : undefined;
	}

	return {
		add(sent) {
			sentById.set(sent.remedy.id, sent);
			const {undoOf} = sent.remedy;
			if (undoOf !== undefined) undoneBy.set(undoOf, sent.remedy.id);
		},
		find: record => sentById.get(record),
		whyNotUndoable,
		list: () =>
			[...sentById.values()].reverse().map(sent => ({
				record: sent.remedy.id,
				action: sent.remedy.action,
				target: sent.remedy.target,
				object: sent.remedy.preview.object,
				summary: sent.receipt.summary,
				sentAt: sent.sentAt,
				undo: sent.remedy.preview.undo,
				whyNotUndoable: whyNotUndoable(sent),
				undoneBy: undoneBy.get(sent.remedy.id),
			})),
	};
}
