import {mkdir, readdir, writeFile} from 'node:fs/promises';
import {hostname} from 'node:os';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {createPresence, liveSessions} from '../../../src/audit/presence.ts';
import {createFakeClock} from '../../fake-clock.ts';
import {scratchDir} from './scratch.ts';

const actor = {user: 'mira', uid: 1000, host: hostname(), pid: process.pid, tty: '/dev/pts/3', ssh_client: '10.0.0.7'};

const turn = () => new Promise(resolve => setTimeout(resolve, 5));

describe('presence', () => {
	test('tells the second of the first, and the first of the second', async () => {
		const stateDir = await scratchDir();
		const clock = createFakeClock();
		const first = await createPresence({stateDir, session: 'A', clock, actor});
		expect(first.others.get()).toEqual([]);
		const since = clock.now();
		await clock.advance(1000);
		const second = await createPresence({stateDir, session: 'B', clock, actor: {...actor, tty: '/dev/pts/4'}});
		expect(second.others.get()).toEqual([
			{session: 'A', pid: process.pid, tty: '/dev/pts/3', sshClient: '10.0.0.7', since},
		]);
		while (first.others.get().length === 0) {
			await clock.advance(5000);
			await turn();
		}
		expect(first.others.get()).toMatchObject([{session: 'B', tty: '/dev/pts/4'}]);
		expect(await liveSessions(stateDir, actor.host)).toEqual(new Set(['A', 'B']));
		await second.close();
		while (first.others.get().length > 0) {
			await clock.advance(5000);
			await turn();
		}
		await first.close();
		await first.close();
		expect(await liveSessions(stateDir, actor.host)).toEqual(new Set());
		await clock.advance(60_000);
		await turn();
		expect(clock.waiting).toBe(0);
	});

	test('takes down the sign of a console that is gone, and leaves one of another host', async () => {
		const stateDir = await scratchDir();
		const dir = join(stateDir, 'consoles');
		await mkdir(dir);
		const sign = {pid: process.pid, start: 'another boot/1', since: 1};
		await writeFile(join(dir, 'gone.json'), JSON.stringify({...sign, session: 'gone', host: actor.host}));
		await writeFile(join(dir, 'far.json'), JSON.stringify({...sign, session: 'far', host: 'elsewhere'}));
		await writeFile(join(dir, 'cut.json'), '{"session":');
		const presence = await createPresence({stateDir, session: 'A', clock: createFakeClock(), actor});
		expect(presence.others.get().map(other => other.session)).toEqual(['far']);
		expect(await readdir(dir)).not.toContain('gone.json');
		await presence.close();
	});

	test('is silent where signs cannot be put up', async () => {
		const stateDir = await scratchDir();
		await writeFile(join(stateDir, 'consoles'), '');
		const presence = await createPresence({stateDir, session: 'A', clock: createFakeClock(), actor});
		expect(presence.others.get()).toEqual([]);
		await presence.close();
	});
});
