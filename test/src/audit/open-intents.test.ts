import {appendFile, copyFile, mkdir, readFile, rename, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {createAudit} from '../../../src/audit/audit-log.ts';
import {createOpenIntentReader} from '../../../src/audit/open-intents.ts';
import {createFakeClock} from '../../fake-clock.ts';
import {scratchDir} from '../state/scratch-dir.ts';
import {actor} from '../state/test-actor.ts';

const id = (at: number): string => `01KC${String(at).padStart(22, '0')}`;
const line = (record: object): string => `${JSON.stringify({v: 1, session: 'S', actor, ...record})}\n`;
const intent = (at: number): string => line({kind: 'intent', id: id(at), target: 'db'});
const end = (at: number, result: string): string =>
	line({kind: result === 'sent' ? 'outcome' : 'verify', id: `${id(at)}x`, of: id(at), result});

async function log(text: string) {
	const dir = join(await scratchDir(), 'audit');
	await mkdir(dir);
	const path = join(dir, '2026-11.jsonl');
	await writeFile(path, text);
	const intents = createOpenIntentReader(dir);
	const open = async () => (await intents.read()).map(record => record.id);
	return {dir, path, open};
}

describe('unresolved intents', () => {
	test('are found in every month, however old they are', async () => {
		const many = Array.from({length: 20_000}, (_, at) => intent(at + 10) + end(at + 10, 'sent') + end(at + 10, 'done'));
		const {dir, open} = await log(intent(1) + many.join(''));
		await writeFile(join(dir, '2026-10.jsonl'), intent(0));
		await writeFile(join(dir, '2026-12.jsonl'), intent(2) + end(2, 'sent'));
		expect(await open()).toEqual([id(0), id(1), id(2), `${id(2)}x`]);
	});

	test('are no longer listed once a user has resolved them, also in another console', async () => {
		const {path, open} = await log(intent(1) + intent(2) + end(2, 'unknown'));
		expect(await open()).toEqual([id(1), id(2), `${id(2)}x`]);
		const settle = line({kind: 'resolve', id: id(9), of: id(2)});
		await appendFile(path, settle.slice(0, 30));
		expect(await open()).toHaveLength(3);
		await appendFile(path, settle.slice(30) + intent(3));
		expect(await open()).toEqual([id(1), id(3)]);
		await writeFile(path.replace('11', '12'), end(1, 'done'));
		expect(await open()).toEqual([id(3)]);
	});

	test('are read again when the file was replaced', async () => {
		const {path, open} = await log(intent(1) + intent(2));
		expect(await open()).toEqual([id(1), id(2)]);
		await copyFile(path, `${path}.new`);
		await rename(`${path}.new`, path);
		await appendFile(path, end(1, 'done'));
		expect(await open()).toEqual([id(2)]);
	});

	test('are read from a real log, and invalid lines are skipped', async () => {
		const stateDir = await scratchDir();
		const audit = createAudit({stateDir, clock: createFakeClock(), actor, app: '0.1.0'});
		const {id: first} = await audit.append({kind: 'intent', note: 'says "of":"nothing"'});
		await audit.append({kind: 'refuse', note: '"kind":"intent"'});
		await appendFile(join(audit.dir, '2026-11.jsonl'), 'cut "kind":"intent"\n"of":"');
		expect(await readFile(join(audit.dir, '2026-11.jsonl'), 'utf8')).toContain('cut');
		expect((await createOpenIntentReader(audit.dir).read()).map(record => record.id)).toEqual([first]);
	});

	test('are not those of another version or without an id, and only a record ends one', async () => {
		const {open} = await log(
			intent(1) +
				line({v: 2, kind: 'intent', id: id(2)}) +
				line({kind: 'intent', id: 3}) +
				line({kind: 4, id: id(4), of: id(1)}) +
				line({v: 2, kind: 'outcome', id: id(5), of: id(1), result: 'done'}) +
				'[{"kind":"intent"}]\n',
		);
		expect(await open()).toEqual([id(1)]);
	});

	test('are empty without a log', async () => {
		expect(await createOpenIntentReader(join(await scratchDir(), 'audit')).read()).toEqual([]);
	});
});
