import type {Action} from '../contract/action.ts';
import type {Inspection} from '../contract/inspection.ts';
import {type Caret, editLine} from '../session/line-input.ts';
import {currentDocument, type Layer, type ParamsLayer, topLayer} from '../session/session.ts';
import type {Deck} from './deck.ts';
import {searchDocument} from './document-keys.ts';
import {applyFilter} from './filter-document.ts';
import type {KeyIntent} from './keymap.ts';
import {openInspection} from './open-inspection.ts';
import {paletteItems} from './palette.ts';
import {runKeyIntent} from './run-key-intent.ts';
import {proposeAction} from './start-action.ts';

/** The layer after a key edited its current field; undefined when the key edits nothing. */
export function editField<
	L extends {readonly values: readonly string[]; readonly field: number; readonly caret?: Caret},
>(layer: L, intent: KeyIntent | undefined, text: string | undefined): L | undefined {
	const {values, field, caret = 0} = layer;
	const line = editLine({text: values[field] ?? '', caret}, intent, text);
	if (line === undefined) return undefined;
	return {...layer, caret: line.caret, values: values.map((value, index) => (index === field ? line.text : value))};
}

/** 1 when a key moves to the next field or suggestion, -1 to the previous one, else undefined. */
export function fieldStep(intent: KeyIntent | undefined): 1 | -1 | undefined {
	if (intent === 'field.next' || intent === 'field.newer') return 1;
	return intent === 'field.previous' || intent === 'field.older' ? -1 : undefined;
}

/** The action or inspection that needs the params of a layer; undefined when its target no longer exists. */
export function paramsOwner(
	deck: Deck,
	layer: ParamsLayer,
): {readonly action: Action} | {readonly inspection: Inspection} | undefined {
	const {target} = layer.entries[0]?.row ?? {};
	const system = deck.options.watch.targets.find(watched => watched.target.name === target)?.system;
	const action = system?.actions.find(({id}) => id === layer.ownerId);
	if (action !== undefined) return {action};
	const inspection = system?.inspections.find(({id}) => id === layer.ownerId);
	return inspection === undefined ? undefined : {inspection};
}

/** The layer with earlier or later input for the same inspection. The input that is being typed is not in that history. */
function recallParams(deck: Deck, layer: ParamsLayer, intent: KeyIntent | undefined): ParamsLayer | undefined {
	if (intent !== 'field.older' && intent !== 'field.newer') return undefined;
	const history = deck.session.get().paramHistory[layer.ownerId] ?? [];
	const recalled = layer.historyIndex + (intent === 'field.older' ? 1 : -1);
	const params = history[recalled];
	return params === undefined ? undefined : {...layer, historyIndex: recalled, caret: 0, values: Object.values(params)};
}

function handleParamsKey(
	deck: Deck,
	layer: ParamsLayer,
	intent: KeyIntent | undefined,
	text: string | undefined,
): void {
	const owner = paramsOwner(deck, layer);
	if (owner === undefined) {
		deck.apply({do: 'pop'});
		return;
	}
	const params = 'action' in owner ? owner.action.params : (owner.inspection.params ?? []);
	const recalled = recallParams(deck, layer, intent);
	if (recalled !== undefined) {
		deck.apply({do: 'top', layer: recalled});
		return;
	}
	const step = fieldStep(intent);
	if (step !== undefined) {
		const field = (layer.field + step + params.length) % params.length;
		if (field !== layer.field) deck.apply({do: 'top', layer: {...layer, field, caret: 'all'}});
		return;
	}
	if (intent === 'field.accept') {
		const wrong = params.findIndex((param, index) => param.problem(layer.values[index] ?? '') !== undefined);
		if (wrong >= 0) {
			deck.apply({
				do: 'top',
				layer: {...layer, field: wrong, caret: wrong === layer.field ? (layer.caret ?? 0) : 'all'},
			});
			return;
		}
		deck.apply({do: 'pop'});
		const values = Object.fromEntries(params.map((param, index) => [param.name, layer.values[index] ?? '']));
		if ('action' in owner) proposeAction(deck, owner.action, layer.entries, values);
		else {
			deck.apply({do: 'typed', of: layer.ownerId, params: values});
			openInspection(deck, owner.inspection, layer.entries, values);
		}
		return;
	}
	const typed = editField(layer, intent, text);
	if (typed !== undefined) deck.apply({do: 'top', layer: typed});
}

/** Filters the open document. @returns why the filter cannot be applied, or undefined */
function filterDocument(deck: Deck, typed: string): string | undefined {
	const document = currentDocument(deck.session.get());
	if (document === undefined) return undefined;
	const problem = applyFilter(deck, document.text, typed);
	if (problem !== undefined) {
		if (document.text.isFilterTooSlow()) {
			// Lines shown by the previous filter would look like matches of this one.
			applyFilter(deck, document.text, '');
			deck.apply({do: 'document', opening: document.opening, change: {filter: ''}});
		}
		return problem;
	}
	deck.apply({do: 'document', opening: document.opening, change: {filter: typed.trim()}});
	return undefined;
}

/** Handles a key in the line filter. Each valid input filters the document at once. */
function handleLineFilterKey(
	deck: Deck,
	layer: Extract<Layer, {kind: 'line-filter'}>,
	intent: KeyIntent | undefined,
	text: string | undefined,
): void {
	if (intent === 'field.accept') {
		if (layer.problem === undefined) deck.apply({do: 'pop'});
		else deck.showNotice(layer.problem, 'warn');
		return;
	}
	const line = editLine(layer, intent, text);
	if (line === undefined) return;
	const problem = line.text === layer.text ? layer.problem : filterDocument(deck, line.text);
	deck.apply({do: 'top', layer: {...layer, ...line, problem}});
}

/** Returns to the confirmation, with the reason or without one. */
function closeReason(deck: Deck, reason: string): void {
	deck.apply({do: 'pop'});
	const layer = topLayer(deck.session.get());
	if (layer?.kind !== 'confirm') return;
	const {reason: _, ...rest} = layer;
	// A held Enter must not answer the question as well.
	deck.apply({do: 'top', layer: {...rest, answering: 'nothing', afterEnter: true, ...(reason === '' ? {} : {reason})}});
}

/** Handles a key while text is typed: the filter, a search, the palette, the parameters of an action. */
export function handleFieldKey(
	deck: Deck,
	layer: Layer,
	intent: KeyIntent | undefined,
	text: string | undefined,
): void {
	const {pane} = deck.session.get();
	if (intent === 'field.cancel') {
		if (layer.kind === 'filter') deck.apply({do: 'filter', pane, text: layer.before});
		deck.apply({do: 'pop'});
		if (layer.kind === 'line-filter') filterDocument(deck, layer.before);
		return;
	}
	switch (layer.kind) {
		case 'params':
			handleParamsKey(deck, layer, intent, text);
			return;
		case 'filter': {
			if (intent === 'field.accept') {
				deck.apply({do: 'pop'});
				return;
			}
			const line = editLine(layer, intent, text);
			if (line === undefined) return;
			deck.apply({do: 'top', layer: {...layer, ...line}});
			deck.apply({do: 'filter', pane, text: line.text.trim()});
			return;
		}
		case 'reason': {
			if (intent === 'field.accept') {
				closeReason(deck, layer.text.trim());
				return;
			}
			const line = editLine(layer, intent, text);
			if (line !== undefined) deck.apply({do: 'top', layer: {...layer, ...line}});
			return;
		}
		case 'search': {
			if (intent === 'field.accept') {
				deck.apply({do: 'pop'});
				const document = currentDocument(deck.session.get());
				if (document !== undefined) searchDocument(deck, document, layer.text, 'here');
				return;
			}
			const line = editLine(layer, intent, text);
			if (line !== undefined) deck.apply({do: 'top', layer: {...layer, ...line}});
			return;
		}
		case 'line-filter':
			handleLineFilterKey(deck, layer, intent, text);
			return;
		case 'palette': {
			const items = paletteItems(deck, layer.text, name => runKeyIntent(deck, name));
			if (intent === 'field.accept') {
				const item = items[Math.min(layer.index, items.length - 1)];
				deck.apply({do: 'pop'});
				if (item === undefined) return;
				if (item.disabled === undefined) item.choose();
				else deck.showNotice(`${item.text}: ${item.disabled}`, 'warn');
				return;
			}
			const step = fieldStep(intent);
			if (step !== undefined) {
				const index = layer.index + step;
				deck.apply({do: 'top', layer: {...layer, index: Math.max(0, Math.min(items.length - 1, index))}});
				return;
			}
			const line = editLine(layer, intent, text);
			if (line === undefined) return;
			const index = line.text === layer.text ? layer.index : 0;
			deck.apply({do: 'top', layer: {...layer, ...line, index}});
			return;
		}
		default:
	}
}

/** Inserts pasted text, which is one line without control characters, into the field. */
export function pasteIntoField(deck: Deck, layer: Layer, text: string): void {
	handleFieldKey(deck, layer, undefined, text);
}
