import {appendFile, readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {createAudit} from '../../../src/audit/audit-log.ts';
import {createDeliveryCursor, readRecordsAfter} from '../../../src/audit/delivery-cursor.ts';
import {listLogFiles} from '../../../src/audit/monthly-log-files.ts';
import {createFakeClock} from '../../fake-clock.ts';
import {scratchDir} from '../state/scratch-dir.ts';
import {actor} from '../state/test-actor.ts';

test('several consoles can move the cursor of a sink at once, also with the same pid in different containers', async () => {
	const stateDir = await scratchDir();
	const cursors = Array.from({length: 8}, () => createDeliveryCursor(stateDir, 'siem'));
	await Promise.all(
		cursors.flatMap((cursor, at) => [1, 2, 3].map(turn => cursor.write({seq: turn * 10 + at, hash: 'h'}, 'back'))),
	);
	expect(await cursors[0]?.read()).toMatchObject({hash: 'h'});
	expect(await readdir(join(stateDir, 'outbound'))).toEqual(['siem.json']);
});

test('the records after a position are read oldest first, over months, up to a limit, without invalid lines', async () => {
	const clock = createFakeClock();
	const audit = createAudit({stateDir: await scratchDir(), clock, actor, app: '0.1.0'});
	for (let seq = 1; seq <= 9; seq += 1) {
		await audit.append({kind: 'refuse', note: `number ${seq}`});
		if (seq % 3 === 0) clock.set(40 * 86_400_000);
	}
	const paths = await listLogFiles(audit.dir);
	expect(paths).toHaveLength(3);
	await appendFile(paths.at(-1) ?? '', 'a line without a number\nanother,"seq":10}\n');
	const after = async (seq: number, limit: number) =>
		(await readRecordsAfter(audit.dir, seq, limit)).map(record => [record.seq, record.note]);
	const records = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(seq => [seq, `number ${seq}`]);
	expect(await after(0, 100)).toEqual(records);
	expect(await after(2, 100)).toEqual(records.slice(2));
	expect(await after(2, 5)).toEqual(records.slice(2, 7));
	expect(await after(8, 100)).toEqual(records.slice(8));
	expect(await after(9, 100)).toEqual([]);
});
