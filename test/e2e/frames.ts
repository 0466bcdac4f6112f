import {fileURLToPath} from 'node:url';
import {expect} from 'vitest';

/**
 * Compares a screen with `__frames__/<name>.<columns>x<rows>.txt`, and writes it when there is none yet. What differs in every run (the
 * time of day, ports, pids) is named by `masks`: each is replaced by `#`, character by character, so that columns stay where they are.
 */
export async function expectFrame(
	screen: string,
	name: string,
	size: {readonly columns: number; readonly rows: number},
	masks: readonly RegExp[] = [],
): Promise<void> {
	const file = new URL(`__frames__/${name}.${size.columns}x${size.rows}.txt`, import.meta.url);
	const masked = [/\d\d:\d\d:\d\dZ/g, ...masks].reduce(
		(text, mask) => text.replace(mask, found => found.replace(/\S/gu, '#')),
		screen,
	);
	await expect(`${masked}\n`).toMatchFileSnapshot(fileURLToPath(file));
}
