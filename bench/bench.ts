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
import {consoleParts} from './measure-console.ts';
import {expositionPart} from './measure-exposition.ts';
import {redactPart} from './measure-redact.ts';
import {startParts} from './measure-start.ts';
import {startFleets} from './measure-targets.ts';
import {updatesParts} from './measure-updates.ts';
import type {Part} from './part.ts';
import type {Programs} from './programs.ts';

const args = process.argv.slice(2);
const short = args.includes('--short');
const only = args.includes('--only') ? (args[args.indexOf('--only') + 1] ?? '').split(',') : undefined;
const wants = (name: string, form: Part['form']) =>
	(form === 'everywhere' || !short) && (only === undefined || only.includes(name));
const started = performance.now();
const folder = mkdtempSync(join(tmpdir(), 'midwatch-bench-'));

/** Seconds that each part took; those that ran side by side overlap. */
const took: Record<string, number> = {};

async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
	const began = performance.now();
	const made = await work();
	took[name] = Math.round((performance.now() - began) / 1000);
	return made;
}

/** All figures, in the order of the parts whatever the order in which they were measured. */
async function measureAll(programs: Programs): Promise<readonly Figure[]> {
	const parts = [...startParts, ...consoleParts, ...updatesParts, expositionPart, redactPart].filter(part =>
		wants(part.name, part.form),
	);
	const found = new Map<Part, readonly Figure[]>();
	const measure = async (part: Part) =>
		void found.set(part, await timed(part.name, () => part.measure(programs, short)));
	// They take half a minute until they are there, as long as what needs no quiet takes.
	const fleets = wants('targets', 'long') ? startFleets() : undefined;
	const ready = fleets?.catch(() => undefined);
	const beside = await Promise.allSettled(parts.filter(part => part.place === 'beside').map(measure));
	const targets: Figure[] = [];
	try {
		for (const one of beside) if (one.status === 'rejected') throw one.reason;
		if (fleets !== undefined) targets.push(...(await timed('targets', async () => (await fleets).measure())));
	} finally {
		await (await ready)?.end();
	}
	for (const part of parts) if (part.place === 'alone') await measure(part);
	return [...parts.flatMap(part => found.get(part) ?? []), ...targets];
}

let figures: readonly Figure[] = [];
try {
	figures = await measureAll({
		folder,
		product: buildProduct(folder),
		console: await bundle('console', folder),
		updates: await bundle('updates', folder),
	});
} finally {
	rmSync(folder, {recursive: true, force: true});
}

process.stdout.write(`${tableOf(figures)}\n`);
const file = fileURLToPath(new URL('latest.json', import.meta.url));
const seconds = Math.round((performance.now() - started) / 1000);
const about = {node: process.version, short, seconds, took};
writeFileSync(file, `${JSON.stringify({...about, figures: figures.map(recordOf)}, undefined, '\t')}\n`);
const missed = figures.filter(figure => !isOk(figure) && (!short || figure.everywhere));
process.stdout.write(
	`\n${figures.length} figures in ${seconds} s, ${missed.length} over what they must be${missed.length === 0 ? '' : `: ${missed.map(one => one.id).join(', ')}`}\n`,
);
process.exitCode = missed.length === 0 ? 0 : 1;
