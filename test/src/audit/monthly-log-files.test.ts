import {appendFile, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {basename, join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {createAudit} from '../../../src/audit/audit-log.ts';
import {verifyDirectory} from '../../../src/audit/verify-log.ts';
import {createFakeClock} from '../../fake-clock.ts';
import {scratchDir} from '../state/scratch-dir.ts';
import {actor} from '../state/test-actor.ts';

const november = Date.UTC(2026, 10, 21, 14, 5, 22);
const month = '2026-11.jsonl';

const logs = async (dir: string) => (await readdir(dir)).filter(name => name.endsWith('.jsonl'));

describe('after one start with a clock that is ahead', () => {
	const march = Date.UTC(2027, 2, 9);
	async function ahead() {
		const clock = createFakeClock(november);
		const audit = createAudit({stateDir: await scratchDir(), clock, actor, app: '0.1.0'});
		const at = async (ms: number) => {
			clock.set(ms - clock.now());
			return audit.append({kind: 'start'});
		};
		await at(november);
		await at(march);
		return {audit, at};
	}
	const spans = async (dir: string) =>
		(await verifyDirectory(dir)).map(({path, firstSeq, lastSeq, faults, inconclusive: doubts}) => [
			basename(path),
			firstSeq,
			lastSeq,
			faults.length + doubts.length,
		]);

	test('each record is in a file of its own month, and the chain is sound', async () => {
		const {audit, at} = await ahead();
		await at(november + 60_000);
		await at(november + 120_000);
		await at(Date.UTC(2026, 11, 2));
		// When the month of the wrong clock begins, its file is not the end of the chain.
		await at(march);
		await at(march + 60_000);
		expect(await spans(audit.dir)).toEqual([
			[month, 1, 1, 0],
			['2027-03.jsonl', 2, 2, 0],
			['2026-11.2.jsonl', 3, 4, 0],
			['2026-12.jsonl', 5, 5, 0],
			['2027-03.2.jsonl', 6, 7, 0],
		]);
		expect((await audit.recent(10)).map(record => record.seq)).toEqual([7, 6, 5, 4, 3, 2, 1]);
	});

	test('a file that an earlier version filled with later records is left at once', async () => {
		const {audit, at} = await ahead();
		// As an earlier version did: a record of November after that of March.
		await at(november);
		const path = join(audit.dir, '2027-03.jsonl');
		await writeFile(
			path,
			(await readFile(path, 'utf8')) + (await readFile(join(audit.dir, '2026-11.2.jsonl'), 'utf8')),
		);
		await rm(join(audit.dir, '2026-11.2.jsonl'));
		await at(november + 60_000);
		expect(await spans(audit.dir)).toEqual([
			[month, 1, 1, 0],
			['2027-03.jsonl', 2, 3, 0],
			['2026-11.2.jsonl', 4, 4, 0],
		]);
	});

	test('a deleted or truncated file is reported', async () => {
		const {audit, at} = await ahead();
		await at(november + 60_000);
		await at(Date.UTC(2026, 11, 2));
		await rm(join(audit.dir, '2027-03.jsonl'));
		expect(await spans(audit.dir)).toEqual([
			[month, 1, 1, 0],
			['2026-11.2.jsonl', 3, 3, 1],
			['2026-12.jsonl', 4, 4, 0],
		]);
		await rm(join(audit.dir, '2026-12.jsonl'));
		expect((await spans(audit.dir)).at(-1)?.[3]).toBe(2);
	});

	test('a line that a crash cut is reported in its own file, also the first of a further one', async () => {
		const {audit, at} = await ahead();
		await appendFile(join(audit.dir, '2027-03.jsonl'), '{"v":1,"seq":3');
		await at(november + 60_000);
		await writeFile(join(audit.dir, '2026-11.2.jsonl'), '{"v":1,"se');
		await at(november + 120_000);
		await at(november + 180_000);
		expect(await spans(audit.dir)).toEqual([
			[month, 1, 1, 0],
			['2027-03.jsonl', 2, 4, 0],
			['2026-11.2.jsonl', 5, 7, 0],
		]);
	});

	test('an empty file of another month does not change where records go', async () => {
		const {audit, at} = await ahead();
		await writeFile(join(audit.dir, '2020-01.jsonl'), '');
		await writeFile(join(audit.dir, '2028-01.3.jsonl'), '');
		await at(november + 60_000);
		await at(november + 120_000);
		expect((await logs(audit.dir)).toSorted()).toEqual(
			['2020-01.jsonl', month, '2026-11.2.jsonl', '2027-03.jsonl', '2028-01.3.jsonl'].toSorted(),
		);
		expect((await spans(audit.dir)).map(([, , , wrong]) => wrong)).toEqual([0, 0, 0, 0, 0]);
	});
});
