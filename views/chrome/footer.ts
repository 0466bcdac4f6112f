import type {Deck} from '../../src/input/deck.ts';
import {noSelectionReason} from '../../src/input/start-action.ts';
import type {LineInput} from '../../src/session/line-input.ts';
import {type Layer, paneSession, topLayer} from '../../src/session/session.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {truncateText} from '../../src/text/fit.ts';
import {createLineBuilder} from '../line-builder.ts';
import {noticeLines, noticeTone} from '../notice.ts';
import {paintLineInput} from '../paint-line-input.ts';
import type {Theme} from '../theme.ts';

/** A line being typed, with the caret after it. */
function typing(prompt: string, line: LineInput, hint: string, cells: number, theme: Theme): string {
	const span = createLineBuilder(cells, theme).append(` ${prompt}`, 'loud');
	for (const {text, tone, selected} of paintLineInput(line, cells - 3, theme)) span.append(text, tone, selected);
	return span.append(`   ${hint}`, 'dim').finish();
}

/** The keys that mean something while this is above the deck; those of the deck would promise what they do not do. */
function paintLayerKeys(deck: Deck, layer: Layer, cells: number, theme: Theme): string {
	const {keymap} = deck.options;
	const span = createLineBuilder(cells, theme).append(' ');
	if (layer.kind !== 'document') return span.finish();
	const back = 'esc back';
	const offer = (key: string, text: string) => {
		// The way out has its place before anything else is given one.
		if (span.appendIfFits(`${key} ${text}  ${back}`)) span.append(key, 'loud').append(` ${text}  `);
	};
	for (const {key, title, shown} of layer.documentOptions ?? []) {
		const name = cleanLine(title).toLowerCase();
		offer(key, shown === '' ? name : `${name}: ${cleanLine(shown)}`);
	}
	const searching = layer.search === '' ? [] : ['text.next', 'text.previous'];
	for (const binding of keymap.bindings) {
		if (binding.scope !== 'document' || (binding.footer === undefined && !searching.includes(binding.intent))) continue;
		if (binding.intent === 'text.refresh' && layer.reload === undefined) continue;
		offer(binding.keys[0] ?? '', binding.footer ?? binding.title.toLowerCase());
	}
	span.append('esc', 'loud').append(' back');
	return span.finish();
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
		return createLineBuilder(cells, theme).append(text, noticeTone(notice)).finish();
	}
	if (layer !== undefined) return paintLayerKeys(deck, layer, cells, theme);
	const {keymap} = deck.options;
	const span = createLineBuilder(cells, theme).append(' ');
	if (deck.options.panes.length === 0) return span.finish();
	const offer = (key: string, title: string, disabled: boolean) => {
		if (!span.appendIfFits(`${key} ${title}  `)) return;
		span.append(key, disabled ? 'dim' : 'loud').append(` ${title}  `, disabled ? 'dim' : 'plain');
	};
	const fixed = keymap.bindings.filter(
		binding => binding.footer !== undefined && (binding.scope === 'deck' || binding.scope === 'any'),
	);
	const kept = fixed.filter(binding => ['deck.actions', 'pane.filter', 'deck.help'].includes(binding.intent));
	const reserve = kept.map(binding => `${binding.keys[0] ?? ''} ${binding.footer ?? ''}  `).join('');
	const own = createLineBuilder(cells, theme);
	for (const {declared: of, key, disabled} of [...deck.actions(), ...deck.inspections()]) {
		const text = `${key} ${of.title.toLowerCase()}  `;
		if (!own.appendIfFits(`${text}${reserve}  `)) continue;
		own.append(text);
		offer(key, cleanLine(of.title).toLowerCase(), disabled !== undefined);
	}
	const noRow = noSelectionReason(deck);
	if (noRow !== undefined) span.append(truncateText(noRow, cells - 2), 'loud').append(' ');
	span.append(' ');
	for (const binding of [...kept, ...fixed.filter(one => !kept.includes(one))])
		offer(keymap.keyOf(binding.intent, ''), binding.footer ?? '', false);
	return span.finish();
}

/**
 * ` 1 Pods■  2 Top▲  3 Queries■ `: all panes with a target, each with its number, its word and its severity. Where the words do not all fit,
 * only the focused pane has one.
 */
export function paintTabs(deck: Deck, cells: number, theme: Theme): string {
	const {allPanes, panes} = deck.options;
	const session = deck.session.get();
	const tabs = panes.map(pane => {
		const filtered = paneSession(session, pane.id).filter === '' ? '' : '/';
		const {severity} = deck.view(pane.id);
		return {
			isFocused: pane.id === session.pane,
			number: String(allPanes.indexOf(pane) + 1),
			name: `${allPanes.indexOf(pane) + 1} ${pane.tab}${filtered}`,
			severity,
			sign: severity === 'ok' ? '  ' : `${theme.sign(severity)} `,
		};
	});
	const span = createLineBuilder(cells, theme).append(' ');
	const named = span.appendIfFits(tabs.map(({name, sign}) => `${name}${sign} `).join(''));
	for (const {isFocused, number, name, severity, sign} of tabs) {
		span.append(named || isFocused ? name : number, isFocused ? 'loud' : 'dim', isFocused);
		span.append(sign, severity).append(' ');
	}
	return span.finish();
}
