import type {Deck} from '../../src/input/deck.ts';
import {noRowText} from '../../src/input/start-action.ts';
import type {TypedLine} from '../../src/session/line-input.ts';
import {type Layer, paneSession, topLayer} from '../../src/session/session.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {cut} from '../../src/text/fit.ts';
import {createSpan} from '../line-builder.ts';
import {noticeLines, toneOf} from '../notice.ts';
import {typedPieces} from '../paint-line-input.ts';
import type {Theme} from '../theme.ts';

/** A line being typed, with the caret after it. */
function typing(prompt: string, line: TypedLine, hint: string, cells: number, theme: Theme): string {
	const span = createSpan(cells, theme).put(` ${prompt}`, 'loud');
	for (const {text, tone, selected} of typedPieces(line, cells - 3, theme)) span.put(text, tone, selected);
	return span.put(`   ${hint}`, 'dim').end();
}

/** The keys that mean something while this is above the deck; those of the deck would promise what they do not do. */
function paintLayerKeys(deck: Deck, layer: Layer, cells: number, theme: Theme): string {
	const {keymap} = deck.options;
	const span = createSpan(cells, theme).put(' ');
	if (layer.kind !== 'document') return span.end();
	const back = 'esc back';
	const offer = (key: string, text: string) => {
		// The way out has its place before anything else is given one.
		if (span.fits(`${key} ${text}  ${back}`)) span.put(key, 'loud').put(` ${text}  `);
	};
	for (const {key, title, shown} of layer.dials ?? []) {
		const name = cleanLine(title).toLowerCase();
		offer(key, shown === '' ? name : `${name}: ${cleanLine(shown)}`);
	}
	const searching = layer.search === '' ? [] : ['text.next', 'text.previous'];
	for (const binding of keymap.bindings) {
		if (binding.scope !== 'document' || (binding.footer === undefined && !searching.includes(binding.intent))) continue;
		if (binding.intent === 'text.refresh' && layer.reload === undefined) continue;
		offer(binding.keys[0] ?? '', binding.footer ?? binding.title.toLowerCase());
	}
	span.put('esc', 'loud').put(' back');
	return span.end();
}

/** What was just said, or what can be done with the row under the cursor: acting first, then looking, then the fixed keys. */
export function paintFooter(deck: Deck, cells: number, theme: Theme): string {
	const session = deck.session.get();
	const layer = topLayer(session);
	const key = deck.options.keymap.keyFor;
	const keep = `${key('field.accept')} keeps it  ${key('field.cancel')} restores`;
	if (layer?.kind === 'filter') return typing('/', layer, `text  !text  field:value   ${keep}`, cells, theme);
	if (layer?.kind === 'search') {
		const [next, previous] = [key('text.next'), key('text.previous')];
		const hint = `${key('field.accept')} finds  ${next} next  ${previous} previous  ${key('field.cancel')} leaves`;
		return typing('/', layer, hint, cells, theme);
	}
	if (layer?.kind === 'line-filter') {
		const hint = cleanLine(layer.problem ?? `text  !text  /regex/  level>=warn   ${keep}`);
		return typing('&', layer, hint, cells, theme);
	}
	const {notice} = session;
	if (notice !== undefined) {
		const lines = noticeLines(notice, cells, theme);
		const text = lines.length === 1 ? (lines[0] ?? '') : `${lines[0] ?? ''}${theme.glyphs.more}`;
		return createSpan(cells, theme).put(text, toneOf(notice)).end();
	}
	if (layer !== undefined) return paintLayerKeys(deck, layer, cells, theme);
	const {keymap} = deck.options;
	const span = createSpan(cells, theme).put(' ');
	if (deck.options.panes.length === 0) return span.end();
	const offer = (key: string, title: string, disabled: boolean) => {
		if (!span.fits(`${key} ${title}  `)) return;
		span.put(key, disabled ? 'dim' : 'loud').put(` ${title}  `, disabled ? 'dim' : 'plain');
	};
	const fixed = keymap.bindings.filter(
		binding => binding.footer !== undefined && (binding.scope === 'deck' || binding.scope === 'any'),
	);
	const kept = fixed.filter(binding => ['deck.actions', 'pane.filter', 'deck.help'].includes(binding.intent));
	const reserve = kept.map(binding => `${binding.keys[0] ?? ''} ${binding.footer ?? ''}  `).join('');
	const own = createSpan(cells, theme);
	for (const {of, key, disabled} of [...deck.actions(), ...deck.inspections()]) {
		const text = `${key} ${of.title.toLowerCase()}  `;
		if (!own.fits(`${text}${reserve}  `)) continue;
		own.put(text);
		offer(key, cleanLine(of.title).toLowerCase(), disabled !== undefined);
	}
	const noRow = noRowText(deck);
	if (noRow !== undefined) span.put(cut(noRow, cells - 2), 'loud').put(' ');
	span.put(' ');
	for (const binding of [...kept, ...fixed.filter(one => !kept.includes(one))])
		offer(keymap.keyOf(binding.intent, ''), binding.footer ?? '', false);
	return span.end();
}

/** ` 1 Pods■  2 Top▲  3 Queries■ `: the panes that are not on the screen, with how they are. */
export function paintTabs(deck: Deck, cells: number, theme: Theme): string {
	const {allPanes, panes} = deck.options;
	const focused = deck.session.get().pane;
	const span = createSpan(cells, theme).put(' ');
	for (const [index, pane] of allPanes.entries()) {
		if (!panes.includes(pane)) continue;
		const {severity} = deck.view(pane.id);
		const filtered = paneSession(deck.session.get(), pane.id).filter === '' ? '' : '/';
		span.put(`${index + 1} ${pane.tab}${filtered}`, pane.id === focused ? 'loud' : 'dim', pane.id === focused);
		span.put(severity === 'ok' ? '  ' : `${theme.sign(severity)} `, severity).put(' ');
	}
	return span.end();
}
