import type {Action} from '../contract/action.ts';
import {appliesToKind} from '../contract/define.ts';
import type {Inspection} from '../contract/inspection.ts';
import {refusalFor} from '../policy/policy.ts';
import type {Arming} from '../remedy/arming.ts';
import type {TableRow} from '../table/build-view.ts';
import {firstRowOfEachKind, type Selection, selectRowsFor} from '../table/selection.ts';
import type {Clock} from '../time/clock.ts';
import type {Watch} from '../watch/watch.ts';
import type {Keymap} from './keymap.ts';

/** An action or inspection of the selected rows. */
export type AvailableCommand<Declared> = {
	readonly declared: Declared;
	readonly key: string;
	/** Why it cannot be used now. */
	readonly disabled: string | undefined;
};

/** `entries`: the rows that it would change, the marked ones or the one under the cursor. */
export type AvailableAction = AvailableCommand<Action> & {readonly entries: readonly TableRow[]};

export type AvailableCommands = {
	/** The actions of the marked rows and of the row under the cursor. */
	actions(): readonly AvailableAction[];
	/** The inspections of the row under the cursor. */
	inspections(): readonly AvailableCommand<Inspection>[];
};

export function createAvailableCommands(options: {
	readonly watch: Pick<Watch, 'targets'>;
	readonly arming: Pick<Arming, 'policy'>;
	readonly keymap: Keymap;
	readonly clock: Clock;
	selection(): Selection;
}): AvailableCommands {
	const {watch, arming, keymap, clock, selection} = options;

	const systemOf = (target: string) => watch.targets.find(watched => watched.target.name === target)?.system;

	/** Why an action cannot be used on these rows, which are all of one target. */
	const disabledReason = (action: Action, entries: readonly TableRow[]): string | undefined => {
		const rows = entries.map(entry => entry.row);
		const refusal = refusalFor(arming.policy.get(), action.id, rows[0]?.target ?? '', clock.monotonic());
		return refusal === undefined ? action.disabled(rows) : `${refusal.reason}: ${refusal.hint}`;
	};

	return {
		actions() {
			const selected = selection();
			return firstRowOfEachKind(selected).flatMap(entry => {
				const actions = systemOf(entry.row.target)?.actions ?? [];
				return actions
					.filter(action => appliesToKind(action, entry.row.kind))
					.map(declared => {
						const {entries, refusal} = selectRowsFor(declared, selected);
						const disabled = refusal ?? disabledReason(declared, entries);
						return {declared, key: keymap.keyOf(declared.id, declared.key), disabled, entries};
					});
			});
		},
		inspections() {
			const {current} = selection();
			if (current === undefined) return [];
			const inspections = systemOf(current.row.target)?.inspections ?? [];
			return inspections
				.filter(inspection => appliesToKind(inspection, current.row.kind))
				.map(declared => ({
					declared,
					key: keymap.keyOf(declared.id, declared.key),
					disabled: declared.disabled?.(current.row),
				}));
		},
	};
}
