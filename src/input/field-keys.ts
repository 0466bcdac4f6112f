import type {Action} from '../contract/action.ts';
import type {Inspection} from '../contract/inspection.ts';
import {type Caret, editLine} from '../session/line-input.ts';
import {currentDocument, type Layer, type ParamsLayer, topLayer} from '../session/session.ts';
import type {Deck} from './deck.ts';
import {searchDocument} from './document-keys.ts';
import type {KeyIntent} from './keymap.ts';
import {applyFilter} from './open-document.ts';
import {openInspection} from './open-inspection.ts';
import {paletteItems} from './palette.ts';
import {runKeyIntent} from './run-key-intent.ts';
import {proposeAction} from './start-action.ts';

/** What is typed into one field of several; undefined when the key edits nothing. */
export function editField<
	L extends {readonly values: readonly string[]; readonly field: number; readonly caret?: Caret},
>(layer: L, intent: KeyIntent | undefined, text: string | undefined): L | undefined {
	const {values, field, caret = 0} = layer;
	const line = editLine({text: values[field] ?? '', caret}, intent, text);
	if (line === undefined) return undefined;
	return {...layer, caret: line.caret, values: values.map((value, index) => (index === field ? line.text : value))};
}

/** Which way a key goes from one field or suggestion to another: 1 on, -1 back; undefined when it goes nowhere. */
export function fieldStep(intent: KeyIntent | undefined): 1 | -1 | undefined {
	if (intent === 'field.next' || intent === 'field.newer') return 1;
	return intent === 'field.previous' || intent === 'field.older' ? -1 : undefined;
}

/** What wants to know the params of a layer; undefined when its target has gone. */
export function paramsOwner(
	deck: Deck,
	layer: ParamsLayer,
): {readonly action: Action} | {readonly inspection: Inspection} | undefined {
	const {target} = layer.entries[0]?.row ?? {};
	const system = deck.options.watch.targets.find(one => one.target.name === target)?.system;
	const action = system?.actions.find(one => one.id === layer.ownerId);
	if (action !== undefined) return {action};
	const inspection = system?.inspections.find(one => one.id === layer.ownerId);
	return inspection === undefined ? undefined : {inspection};
}

/** What was typed before, or after, for the same inspection; the line as it was being typed is none of them. */
function recallParams(deck: Deck, layer: ParamsLayer, intent: KeyIntent | undefined): ParamsLayer | undefined {
	if (intent !== 'field.older' && intent !== 'field.newer') return undefined;
	const typed = deck.session.get().paramHistory[layer.ownerId] ?? [];
	const recalled = layer.historyIndex + (intent === 'field.older' ? 1 : -1);
	const params = typed[recalled];
	return params === undefined ? undefined : {...layer, historyIndex: recalled, caret: 0, values: Object.values(params)};
}

function handleParamsKey(
	deck: Deck,
	layer: ParamsLayer,
	intent: KeyIntent | undefined,
	text: string | undefined,
): void {
	const asker = paramsOwner(deck, layer);
	if (asker === undefined) {
		deck.apply({do: 'pop'});
		return;
	}
	const asked = 'action' in asker ? asker.action.params : (asker.inspection.params ?? []);
	const recalled = recallParams(deck, layer, intent);
	if (recalled !== undefined) {
		deck.apply({do: 'top', layer: recalled});
		return;
	}
	const step = fieldStep(intent);
	if (step !== undefined) {
		const field = (layer.field + step + asked.length) % asked.length;
		if (field !== layer.field) deck.apply({do: 'top', layer: {...layer, field, caret: 'all'}});
		return;
	}
	if (intent === 'field.accept') {
		const wrong = asked.findIndex((param, index) => param.problem(layer.values[index] ?? '') !== undefined);
		if (wrong >= 0) {
			deck.apply({
				do: 'top',
				layer: {...layer, field: wrong, caret: wrong === layer.field ? (layer.caret ?? 0) : 'all'},
			});
			return;
		}
		deck.apply({do: 'pop'});
		const params = Object.fromEntries(asked.map((param, index) => [param.name, layer.values[index] ?? '']));
		if ('action' in asker) proposeAction(deck, asker.action, layer.entries, params);
		else {
			deck.apply({do: 'typed', of: layer.ownerId, params});
			openInspection(deck, asker.inspection, layer.entries, params);
		}
		return;
	}
	const typed = editField(layer, intent, text);
	if (typed !== undefined) deck.apply({do: 'top', layer: typed});
}

/** Filters the open text. @returns what is wrong with what was typed; then the text stays as it was. */
function filterDocument(deck: Deck, typed: string): string | undefined {
	const under = currentDocument(deck.session.get());
	if (under === undefined) return undefined;
	const problem = applyFilter(deck, under.text, typed);
	if (problem !== undefined) {
		if (under.text.isFilterTooSlow()) {
			// What was shown by the text before that would look like what this one found.
			applyFilter(deck, under.text, '');
			deck.apply({do: 'document', opening: under.opening, change: {filter: ''}});
		}
		return problem;
	}
	deck.apply({do: 'document', opening: under.opening, change: {filter: typed.trim()}});
	return undefined;
}

/** What is typed filters the text at once, as far as it can be understood. */
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

/** Back to the confirmation, with the reason or without one. */
function closeReason(deck: Deck, reason: string): void {
	deck.apply({do: 'pop'});
	const layer = topLayer(deck.session.get());
	if (layer?.kind !== 'confirm') return;
	const {reason: _, ...rest} = layer;
	// An Enter that is held down must not answer the question too.
	deck.apply({do: 'top', layer: {...rest, answering: 'nothing', afterEnter: true, ...(reason === '' ? {} : {reason})}});
}

/** A key while a line is being typed: the filter, a search, the palette, the parameters of an action. */
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
				const under = currentDocument(deck.session.get());
				if (under !== undefined) searchDocument(deck, under, layer.text, 'here');
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

/** Pasted text goes into the line as one line of ordinary characters. */
export function pasteIntoField(deck: Deck, layer: Layer, text: string): void {
	handleFieldKey(deck, layer, undefined, text);
}
