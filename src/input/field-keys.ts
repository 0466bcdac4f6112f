import type {Action} from '../contract/action.ts';
import type {Inspection} from '../contract/inspection.ts';
import {type Caret, edited} from '../session/line-input.ts';
import {type Layer, openText, type ParamsLayer, topLayer} from '../session/session.ts';
import type {Deck} from './deck.ts';
import {searched} from './document-keys.ts';
import type {Intent} from './keymap.ts';
import {applyFilter} from './open-document.ts';
import {openInspection} from './open-inspection.ts';
import {paletteItems} from './palette.ts';
import {runIntent} from './run-key-intent.ts';
import {propose} from './start-action.ts';

/** What is typed into one field of several; undefined when the key edits nothing. */
export function editedField<
	L extends {readonly values: readonly string[]; readonly field: number; readonly caret?: Caret},
>(layer: L, intent: Intent | undefined, text: string | undefined): L | undefined {
	const {values, field, caret = 0} = layer;
	const line = edited({text: values[field] ?? '', caret}, intent, text);
	if (line === undefined) return undefined;
	return {...layer, caret: line.caret, values: values.map((value, index) => (index === field ? line.text : value))};
}

/** Which way a key goes from one field or suggestion to another: 1 on, -1 back; undefined when it goes nowhere. */
export function stepOf(intent: Intent | undefined): 1 | -1 | undefined {
	if (intent === 'field.next' || intent === 'field.newer') return 1;
	return intent === 'field.previous' || intent === 'field.older' ? -1 : undefined;
}

/** What wants to know the params of a layer; undefined when its target has gone. */
export function askerOf(
	deck: Deck,
	layer: ParamsLayer,
): {readonly action: Action} | {readonly inspection: Inspection} | undefined {
	const {target} = layer.entries[0]?.row ?? {};
	const system = deck.options.watch.targets.find(one => one.target.name === target)?.system;
	const action = system?.actions.find(one => one.id === layer.of);
	if (action !== undefined) return {action};
	const inspection = system?.inspections.find(one => one.id === layer.of);
	return inspection === undefined ? undefined : {inspection};
}

/** What was typed before, or after, for the same inspection; the line as it was being typed is none of them. */
function recall(deck: Deck, layer: ParamsLayer, intent: Intent | undefined): ParamsLayer | undefined {
	if (intent !== 'field.older' && intent !== 'field.newer') return undefined;
	const typed = deck.session.get().typed[layer.of] ?? [];
	const recalled = layer.recalled + (intent === 'field.older' ? 1 : -1);
	const params = typed[recalled];
	return params === undefined ? undefined : {...layer, recalled, caret: 0, values: Object.values(params)};
}

function pressParams(deck: Deck, layer: ParamsLayer, intent: Intent | undefined, text: string | undefined): void {
	const asker = askerOf(deck, layer);
	if (asker === undefined) {
		deck.apply({do: 'pop'});
		return;
	}
	const asked = 'action' in asker ? asker.action.params : (asker.inspection.params ?? []);
	const recalled = recall(deck, layer, intent);
	if (recalled !== undefined) {
		deck.apply({do: 'top', layer: recalled});
		return;
	}
	const step = stepOf(intent);
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
		if ('action' in asker) propose(deck, asker.action, layer.entries, params);
		else {
			deck.apply({do: 'typed', of: layer.of, params});
			openInspection(deck, asker.inspection, layer.entries, params);
		}
		return;
	}
	const typed = editedField(layer, intent, text);
	if (typed !== undefined) deck.apply({do: 'top', layer: typed});
}

/** Filters the open text. @returns what is wrong with what was typed; then the text stays as it was. */
function filterText(deck: Deck, typed: string): string | undefined {
	const under = openText(deck.session.get());
	if (under === undefined) return undefined;
	const problem = applyFilter(deck, under.text, typed);
	if (problem !== undefined) {
		if (under.text.gaveUp()) {
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
function pressLineFilter(
	deck: Deck,
	layer: Extract<Layer, {kind: 'line-filter'}>,
	intent: Intent | undefined,
	text: string | undefined,
): void {
	if (intent === 'field.accept') {
		if (layer.problem === undefined) deck.apply({do: 'pop'});
		else deck.say(layer.problem, 'warn');
		return;
	}
	const line = edited(layer, intent, text);
	if (line === undefined) return;
	const problem = line.text === layer.text ? layer.problem : filterText(deck, line.text);
	deck.apply({do: 'top', layer: {...layer, ...line, problem}});
}

/** Back to the confirmation, with the reason or without one. */
function keepReason(deck: Deck, reason: string): void {
	deck.apply({do: 'pop'});
	const layer = topLayer(deck.session.get());
	if (layer?.kind !== 'confirm') return;
	const {reason: _, ...rest} = layer;
	// An Enter that is held down must not answer the question too.
	deck.apply({do: 'top', layer: {...rest, answering: 'nothing', afterEnter: true, ...(reason === '' ? {} : {reason})}});
}

/** A key while a line is being typed: the filter, a search, the palette, the parameters of an action. */
export function pressField(deck: Deck, layer: Layer, intent: Intent | undefined, text: string | undefined): void {
	const {pane} = deck.session.get();
	if (intent === 'field.cancel') {
		if (layer.kind === 'filter') deck.apply({do: 'filter', pane, text: layer.before});
		deck.apply({do: 'pop'});
		if (layer.kind === 'line-filter') filterText(deck, layer.before);
		return;
	}
	switch (layer.kind) {
		case 'params':
			pressParams(deck, layer, intent, text);
			return;
		case 'filter': {
			if (intent === 'field.accept') {
				deck.apply({do: 'pop'});
				return;
			}
			const line = edited(layer, intent, text);
			if (line === undefined) return;
			deck.apply({do: 'top', layer: {...layer, ...line}});
			deck.apply({do: 'filter', pane, text: line.text.trim()});
			return;
		}
		case 'reason': {
			if (intent === 'field.accept') {
				keepReason(deck, layer.text.trim());
				return;
			}
			const line = edited(layer, intent, text);
			if (line !== undefined) deck.apply({do: 'top', layer: {...layer, ...line}});
			return;
		}
		case 'search': {
			if (intent === 'field.accept') {
				deck.apply({do: 'pop'});
				const under = openText(deck.session.get());
				if (under !== undefined) searched(deck, under, layer.text, 'here');
				return;
			}
			const line = edited(layer, intent, text);
			if (line !== undefined) deck.apply({do: 'top', layer: {...layer, ...line}});
			return;
		}
		case 'line-filter':
			pressLineFilter(deck, layer, intent, text);
			return;
		case 'palette': {
			const items = paletteItems(deck, layer.text, name => runIntent(deck, name));
			if (intent === 'field.accept') {
				const item = items[Math.min(layer.index, items.length - 1)];
				deck.apply({do: 'pop'});
				if (item === undefined) return;
				if (item.disabled === undefined) item.choose();
				else deck.say(`${item.text}: ${item.disabled}`, 'warn');
				return;
			}
			const step = stepOf(intent);
			if (step !== undefined) {
				const index = layer.index + step;
				deck.apply({do: 'top', layer: {...layer, index: Math.max(0, Math.min(items.length - 1, index))}});
				return;
			}
			const line = edited(layer, intent, text);
			if (line === undefined) return;
			const index = line.text === layer.text ? layer.index : 0;
			deck.apply({do: 'top', layer: {...layer, ...line, index}});
			return;
		}
		default:
	}
}

/** Pasted text goes into the line as one line of ordinary characters. */
export function pasteField(deck: Deck, layer: Layer, text: string): void {
	pressField(deck, layer, undefined, text);
}
