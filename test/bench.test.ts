import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {expect, test} from 'vitest';

const program = fileURLToPath(new URL('../bench/bench.ts', import.meta.url));
const latest = fileURLToPath(new URL('../bench/latest.json', import.meta.url));

/** `--short` measures only figures that are the same on every machine: bytes, the queue, equal screens, retained memory. */
test('the figures that do not depend on the speed of the machine hold', {timeout: 180_000}, () => {
	const {status, stdout, stderr} = spawnSync(process.execPath, [program, '--short'], {encoding: 'utf8'});
	expect(stderr).toBe('');
	expect(stdout).toContain('0 over what they must be');
	expect(status).toBe(0);
	const {figures} = JSON.parse(readFileSync(latest, 'utf8')) as {figures: {id: string; ok: boolean}[]};
	expect(figures.map(figure => figure.id)).toEqual([
		'idle-bytes',
		'stalled-queue',
		'update-bytes',
		'update-ratio',
		'nothing-bytes',
		'unequal-cells',
		'heap-slope',
	]);
});
