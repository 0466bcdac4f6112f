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

/** A text field with its caret, and a hint behind it. */
function typedLine(prompt: string, input: LineInput, hint: string, cells: number, theme: Theme): string {
	const line = createLineBuilder(cells, theme).append(` ${prompt}`, 'loud');
	for (const {text, tone, selected} of paintLineInput(input, cells - 3, theme)) line.append(text, tone, selected);
	return line.append(`   ${hint}`, 'dim').finish();
}

/** The keys of an open document; empty for other layers, which list their keys themselves. The keys of the deck do nothing meanwhile. */
function paintLayerKeys(deck: Deck, layer: Layer, cells: number, theme: Theme): string {
	const {keymap} = deck.options;
	const line = createLineBuilder(cells, theme).append(' ');
	if (layer.kind !== 'document') return line.finish();
	const backText = 'esc back';
	const offer = (key: string, text: string) => {
		// `esc back` always has space.
		if (line.fits(`${key} ${text}  ${backText}`)) line.append(key, 'loud').append(` ${text}  `);
	};
	for (const {key, title, shown} of layer.documentOptions ?? []) {
		const name = cleanLine(title).toLowerCase();
		offer(key, shown === '' ? name : `${name}: ${cleanLine(shown)}`);
	}
	const searchIntents = layer.search === '' ? [] : ['text.next', 'text.previous'];
	for (const binding of keymap.bindings) {
		if (binding.scope !== 'document' || (binding.footer === undefined && !searchIntents.includes(binding.intent)))
			continue;
		if (binding.intent === 'text.refresh' && layer.reload === undefined) continue;
		offer(binding.keys[0] ?? '', binding.footer ?? binding.title.toLowerCase());
	}
	line.append('esc', 'loud').append(' back');
	return line.finish();
}

/**
 * The last line of the screen: a text field, a notice, or keys. Of a row under the cursor its actions come first, then its inspections, then the
 * fixed keys; what does not fit is left out.
 */
export function paintFooter(deck: Deck, cells: number, theme: Theme): string {
	const session = deck.session.get();
	const layer = topLayer(session);
	const key = deck.options.keymap.keyFor;
	const acceptOrCancel = `${key('field.accept')} applies  ${key('field.cancel')} restores`;
	if (layer?.kind === 'filter')
		return typedLine('/', layer, `text  !text  field:value   ${acceptOrCancel}`, cells, theme);
	if (layer?.kind === 'search') {
		const [next, previous] = [key('text.next'), key('text.previous')];
		const hint = `${key('field.accept')} finds  ${next} next  ${previous} previous  ${key('field.cancel')} cancels`;
		return typedLine('/', layer, hint, cells, theme);
	}
	if (layer?.kind === 'line-filter') {
		const hint = cleanLine(layer.problem ?? `text  !text  /regex/  level>=warn   ${acceptOrCancel}`);
		return typedLine('&', layer, hint, cells, theme);
	}
	const {notice} = session;
	if (notice !== undefined) {
		const lines = noticeLines(notice, cells, theme);
		const text = lines.length === 1 ? (lines[0] ?? '') : `${lines[0] ?? ''}${theme.glyphs.more}`;
		return createLineBuilder(cells, theme).append(text, noticeTone(notice)).finish();
	}
	if (layer !== undefined) return paintLayerKeys(deck, layer, cells, theme);
	const {keymap} = deck.options;
	const line = createLineBuilder(cells, theme).append(' ');
	if (deck.options.panes.length === 0) return line.finish();
	const offer = (key: string, title: string, disabled: boolean) => {
		if (!line.fits(`${key} ${title}  `)) return;
		line.append(key, disabled ? 'dim' : 'loud').append(` ${title}  `, disabled ? 'dim' : 'plain');
	};
	const fixed = keymap.bindings.filter(
		binding => binding.footer !== undefined && (binding.scope === 'deck' || binding.scope === 'any'),
	);
	const reserved = fixed.filter(binding => ['deck.actions', 'pane.filter', 'deck.help'].includes(binding.intent));
	const reservedText = reserved.map(binding => `${binding.keys[0] ?? ''} ${binding.footer ?? ''}  `).join('');
	const ofRow = createLineBuilder(cells, theme);
	for (const {declared, key, disabled} of [...deck.actions(), ...deck.inspections()]) {
		if (key === '') continue;
		const text = `${key} ${declared.title.toLowerCase()}  `;
		if (!ofRow.fits(`${text}${reservedText}  `)) continue;
		ofRow.append(text);
		offer(key, cleanLine(declared.title).toLowerCase(), disabled !== undefined);
	}
	const reason = noSelectionReason(deck);
	if (reason !== undefined) line.append(truncateText(reason, cells - 2), 'loud').append(' ');
	line.append(' ');
	for (const binding of [...reserved, ...fixed.filter(other => !reserved.includes(other))])
		offer(keymap.keyOf(binding.intent), binding.footer ?? '', false);
	return line.finish();
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
		const number = String(allPanes.indexOf(pane) + 1);
		return {
			isFocused: pane.id === session.pane,
			number,
			name: `${number} ${pane.tab}${filtered}`,
			severity,
			sign: severity === 'ok' ? '  ' : `${theme.sign(severity)} `,
		};
	});
	const line = createLineBuilder(cells, theme).append(' ');
	const named = line.fits(tabs.map(({name, sign}) => `${name}${sign} `).join(''));
	for (const {isFocused, number, name, severity, sign} of tabs) {
		line.append(named || isFocused ? name : number, isFocused ? 'loud' : 'dim', isFocused);
		line.append(sign, severity).append(' ');
	}
	return line.finish();
}
