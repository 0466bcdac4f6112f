import type {Deck} from '../../src/input/deck.ts';
import {cleanLine} from '../../src/text/clean.ts';
import {fitCells, wrapText} from '../../src/text/fit.ts';
import type {Size} from '../terminal/screen.ts';
import type {Theme} from '../theme.ts';

/** The screen without any target: what was looked for, and three ways to start. */
export function paintEmpty(deck: Deck, size: Size, theme: Theme): readonly string[] {
	const cells = Math.min(76, size.columns - 4);
	const lines: string[] = ['', theme.paint('No system to watch yet.', 'loud'), ''];
	for (const remark of deck.options.remarks)
		lines.push(...wrapText(cleanLine(remark), cells).map(text => theme.paint(text, 'dim')));
	lines.push(
		'',
		...wrapText('Try it on simulated systems, with a problem to fix in each pane:', cells),
		theme.paint('  midwatch --demo', 'loud'),
		'',
		...wrapText('Start it with a variable of your shell. Nothing can be changed until you arm the target:', cells),
		theme.paint('  DATABASE_URL=postgres://me@db.example/orders midwatch', 'loud'),
		theme.paint('  REDIS_URL=redis://cache.example:6379 midwatch', 'loud'),
		'',
		...wrapText('Or list your systems in ~/.config/midwatch/config.yaml, mode 0600:', cells),
		theme.paint('  targets:', 'loud'),
		theme.paint('    - name: orders-db', 'loud'),
		theme.paint('      kind: postgres', 'loud'),
		theme.paint('      url: postgres://midwatch@db.example/orders', 'loud'),
		theme.paint("      password: '${env:ORDERS_DB_PASSWORD}'", 'loud'),
		'',
		theme.paint('? help   q quit', 'dim'),
	);
	const height = size.rows - 3;
	// A low screen has no space for blank lines.
	if (lines.length > height) lines.splice(0, lines.length, ...lines.filter(text => text !== ''));
	const left = ' '.repeat(Math.max(2, Math.floor((size.columns - cells) / 2)));
	return Array.from({length: height}, (_, index) => {
		const text = lines[index] ?? '';
		return text.includes('\u001b') ? left + text : fitCells(left + text, size.columns);
	});
}
