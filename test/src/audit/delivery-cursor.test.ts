import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {createDeliveryCursor} from '../../../src/audit/delivery-cursor.ts';
import {scratchDir} from '../state/scratch-dir.ts';

test('several consoles can move the cursor of a sink at once, also with the same pid in different containers', async () => {
	const stateDir = await scratchDir();
	const cursors = Array.from({length: 8}, () => createDeliveryCursor(stateDir, 'siem'));
	await Promise.all(
		cursors.flatMap((cursor, at) => [1, 2, 3].map(turn => cursor.write({seq: turn * 10 + at, hash: 'h'}, 'back'))),
	);
	expect(await cursors[0]?.read()).toMatchObject({hash: 'h'});
	expect(await readdir(join(stateDir, 'outbound'))).toEqual(['siem.json']);
});
