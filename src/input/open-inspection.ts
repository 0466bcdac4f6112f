import {initialParams} from '../contract/initial-params.ts';
import type {Inspection} from '../contract/inspection.ts';
import type {Params} from '../contract/param.ts';
import {type OpenDocumentOption, paneSession} from '../session/session.ts';
import type {TableRow} from '../table/build-view.ts';
import {selectRowsFor} from '../table/selection.ts';
import type {Deck} from './deck.ts';
import {openDocument} from './open-document.ts';

/** Opens an inspection of the row under the cursor or of the marked rows. One with a prompt first opens the form for its params. */
export function startInspection(deck: Deck, inspection: Inspection): void {
	const current = deck.currentRow();
	if (current === undefined) return;
	const reason = inspection.disabled?.(current.row);
	if (reason !== undefined) {
		deck.showNotice(`${inspection.title}: ${reason}`, 'warn');
		return;
	}
	const {selects = 'one', params, prompt} = inspection;
	const {marks} = paneSession(deck.session.get(), deck.session.get().pane);
	const {entries, refusal} =
		selects === 'many'
			? selectRowsFor({...inspection, selects}, {entries: deck.focusedView().entries, marks, current})
			: {entries: [current]};
	if (refusal !== undefined) {
		deck.showNotice(`${inspection.title}: ${refusal}`, 'warn');
		return;
	}
	const initial = initialParams(
		params,
		entries.map(entry => entry.row),
	);
	if (prompt !== true) {
		openInspection(deck, inspection, entries, initial);
		return;
	}
	const values = Object.values(initial);
	deck.apply({
		do: 'push',
		layer: {kind: 'params', ownerId: inspection.id, entries, values, field: 0, caret: 'all', historyIndex: -1},
	});
}

/** Opens the document of an inspection of these rows; with `instead`, in place of the document of that opening. */
export function openInspection(
	deck: Deck,
	inspection: Inspection,
	entries: readonly TableRow[],
	params: Params,
	instead?: number,
): void {
	const rows = entries.map(entry => entry.row);
	const [first] = rows;
	if (first === undefined) return;
	const options = (inspection.documentOptions ?? []).map(
		({key, title, nextParams, currentLabel}): OpenDocumentOption => ({
			key,
			title,
			shown: currentLabel(params),
			turn: () => openInspection(deck, inspection, entries, nextParams(params), opening),
		}),
	);
	const opening = openDocument(
		deck,
		inspection.title,
		async context => {
			const {port, target} = await deck.options.watch.connection(first.target);
			return inspection.open(first, {...context, port, target, rows, params});
		},
		{options, instead},
	);
}
