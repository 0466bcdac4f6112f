import type {Action, Receipt, UndoClass} from '../contract/action.ts';
import type {Remedy} from './remedy-state.ts';

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

/** What an undo starts from. */
export type SentRemedy = {
	readonly action: Action;
	readonly remedy: Extract<Remedy, {readonly state: 'verifying'}>;
	readonly receipt: Receipt;
	readonly sentAt: number;
};

export type Receipts = {
	add(sent: SentRemedy): void;
	find(record: string): SentRemedy | undefined;
	/** The sentence why this cannot be undone, or undefined when it can. */
	impossible(sent: SentRemedy): string | undefined;
	/** Newest first. */
	list(): readonly Undoable[];
};

/** What was sent in this session. */
export function createReceipts(): Receipts {
	const sent = new Map<string, SentRemedy>();
	const undoneBy = new Map<string, string>();

	function impossible(one: SentRemedy): string | undefined {
		if (undoneBy.has(one.remedy.id)) return 'it was undone already';
		if ('impossible' in one.action.undo) return one.action.undo.impossible;
		const {undo} = one.remedy.preview;
		return undo.class === 'none' ? undo.text : undefined;
	}

	return {
		add(one) {
			sent.set(one.remedy.id, one);
			const {undoOf} = one.remedy;
			if (undoOf !== undefined) undoneBy.set(undoOf, one.remedy.id);
		},
		find: record => sent.get(record),
		impossible,
		list: () =>
			[...sent.values()].reverse().map(one => ({
				record: one.remedy.id,
				action: one.remedy.action,
				target: one.remedy.target,
				object: one.remedy.preview.object,
				summary: one.receipt.summary,
				sentAt: one.sentAt,
				undo: one.remedy.preview.undo,
				impossible: impossible(one),
				undoneBy: undoneBy.get(one.remedy.id),
			})),
	};
}
