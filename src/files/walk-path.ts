import type {Stats} from 'node:fs';
import {lstat, readlink} from 'node:fs/promises';
import {dirname, join, resolve} from 'node:path';
import {codeOf} from '../errors.ts';

/** A path with more links than this is a loop (ELOOP), as on Linux. */
const maxLinks = 40;

/** One directory, link or file on a path. */
export type Step = {readonly path: string; readonly stats: Stats};

/**
 * The result of `walkPath`. `at`: the last path that was looked up, with all links before it resolved. `steps`: what was found on the way,
 * in order.
 * - `failed`: lstat(2) of `at` failed for another reason than ENOENT
 * - `not-a-directory`: `at` is a file, and the path goes on below it
 */
export type Walk = {
	readonly steps: readonly Step[];
	readonly at: string;
	readonly end: 'found' | 'missing' | 'loop' | 'not-a-directory' | {readonly failed: unknown};
};

/**
 * Looks up each part of a path, in order, as the kernel does: `/`, each directory, each link (and then the parts of its target), and last the
 * file itself. A user who owns or can write one of them decides what the path leads to.
 */
export async function walkPath(path: string): Promise<Walk> {
	const steps: Step[] = [];
	const parts = (of: string) => of.split('/').filter(Boolean);
	let rest = parts(resolve(path));
	let at = '/';
	for (let links = 0; ; ) {
		let stats: Stats;
		try {
			stats = await lstat(at);
		} catch (error) {
			return {steps, at, end: codeOf(error) === 'ENOENT' ? 'missing' : {failed: error}};
		}
		steps.push({path: at, stats});
		if (stats.isSymbolicLink()) {
			links += 1;
			if (links > maxLinks) return {steps, at, end: 'loop'};
			rest = [...parts(resolve(dirname(at), await readlink(at))), ...rest];
			at = '/';
			continue;
		}
		const next = rest.shift();
		if (next === undefined) return {steps, at, end: 'found'};
		if (!stats.isDirectory()) return {steps, at, end: 'not-a-directory'};
		at = join(at, next);
	}
}
