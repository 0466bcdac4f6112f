import {chmod, mkdir, readFile, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {createAudit} from '../../../src/audit/audit-log.ts';
import {createFakeClock} from '../../fake-clock.ts';
import {scratchDir} from '../state/scratch-dir.ts';
import {actor} from '../state/test-actor.ts';

async function scratchAudit() {
	const stateDir = await scratchDir();
	return {stateDir, audit: createAudit({stateDir, clock: createFakeClock(), actor, app: '0.1.0'})};
}

test('saves a file of a record for this user alone, whatever characters its name has', async () => {
	const {audit, stateDir} = await scratchAudit();
	const path = await audit.saveFile('R1', '../../etc/päss wd.csv', 'orders,0,17\n');
	expect(path).toBe(join(stateDir, 'saved-files', 'R1-.._.._etc_p_ss_wd.csv'));
	expect(await readFile(path, 'utf8')).toBe('orders,0,17\n');
	expect((await stat(path)).mode & 0o777).toBe(0o600);
	expect((await stat(join(stateDir, 'saved-files'))).mode & 0o777).toBe(0o700);
});

test('never overwrites a saved file', async () => {
	const {audit} = await scratchAudit();
	const path = await audit.saveFile('R1', 'a', 'first');
	await expect(audit.saveFile('R1', 'a', 'second')).rejects.toMatchObject({name: 'AuditError'});
	expect(await readFile(path, 'utf8')).toBe('first');
});

test('says what to do where it cannot be written', async () => {
	const {audit, stateDir} = await scratchAudit();
	await mkdir(stateDir, {recursive: true});
	await writeFile(join(stateDir, 'saved-files'), 'in the way');
	await chmod(join(stateDir, 'saved-files'), 0o600);
	await expect(audit.saveFile('R1', 'a', 'text')).rejects.toMatchObject({
		message: expect.stringMatching(/^a cannot be saved: /),
		hint: expect.stringContaining('something else is in its place'),
	});
});
