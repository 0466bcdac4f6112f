/*
 * `npm run bench`: what the terminal costs, in one table and in bench/latest.json. `-- --short` measures only what does not depend on the
 * speed of the machine. `-- --only a,b` measures parts by their names. Ends with status 1 when a figure is over what it must be.
 */
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {buildProduct, bundle} from './bundle.ts';
import {type Figure, isOk, recordOf, tableOf} from './figure.ts';
import {measureConsole} from './measure-console.ts';
import {measureExposition} from './measure-exposition.ts';
import {measureStart} from './measure-start.ts';
import {measureTargets} from './measure-targets.ts';
import {measureUpdates} from './measure-updates.ts';

const args = process.argv.slice(2);
const short = args.includes('--short');
const only = args.includes('--only') ? (args[args.indexOf('--only') + 1] ?? '').split(',') : undefined;
const started = performance.now();
const folder = mkdtempSync(join(tmpdir(), 'midwatch-bench-'));
const figures: Figure[] = [];

try {
	const programs = {
		folder,
		product: buildProduct(folder),
		console: await bundle('console', folder),
		updates: await bundle('updates', folder),
	};
	const parts = [measureStart, measureConsole, measureUpdates, measureExposition, measureTargets];
	for (const part of parts) {
		figures.push(
			...(await part(programs, {
				short,
				wants: name => only === undefined || only.includes(name),
			})),
		);
	}
} finally {
	rmSync(folder, {recursive: true, force: true});
}

process.stdout.write(`${tableOf(figures)}\n`);
const file = fileURLToPath(new URL('latest.json', import.meta.url));
const seconds = Math.round((performance.now() - started) / 1000);
const about = {node: process.version, short, seconds};
writeFileSync(file, `${JSON.stringify({...about, figures: figures.map(recordOf)}, undefined, '\t')}\n`);
const missed = figures.filter(figure => !isOk(figure) && (!short || figure.everywhere));
process.stdout.write(
	`\n${figures.length} figures in ${seconds} s, ${missed.length} over what they must be${missed.length === 0 ? '' : `: ${missed.map(one => one.id).join(', ')}`}\n`,
);
process.exitCode = missed.length === 0 ? 0 : 1;
