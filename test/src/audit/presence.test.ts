import {mkdir, readdir, rename, rm, writeFile} from 'node:fs/promises';
import {hostname} from 'node:os';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {createPresence} from '../../../src/audit/presence.ts';
import {ownIdentity} from '../../../src/state/process-identity.ts';
import {createFakeClock} from '../../fake-clock.ts';
import {scratchDir} from '../state/scratch-dir.ts';

const actor = {user: 'mira', uid: 1000, host: hostname(), pid: process.pid, tty: '/dev/pts/3', ssh_client: '10.0.0.7'};

const turn = () => new Promise(resolve => setTimeout(resolve, 5));

describe('presence', () => {
	test('shows the first console to the second, and the second to the first', async () => {
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
			await clock.advance(3000);
			await turn();
		}
		expect(first.others.get()).toMatchObject([{session: 'B', tty: '/dev/pts/4'}]);
		await second.close();
		while (first.others.get().length > 0) {
			await clock.advance(3000);
			await turn();
		}
		await first.close();
		await first.close();
		expect(await readdir(join(stateDir, 'consoles'))).toEqual([]);
		await clock.advance(60_000);
		await turn();
		expect(clock.waiting).toBe(0);
	});

	/** The content of the presence file of another console. */
	const presenceFile = (session: string, holder: object, state = '1') =>
		`${JSON.stringify({...ownIdentity(), host: hostname(), about: 'a console', token: session, session, since: 1, ...holder})}\n${state}`;

	test('deletes the file of a console that has ended, even when the host was renamed', async () => {
		const stateDir = await scratchDir();
		const dir = join(stateDir, 'consoles');
		await mkdir(dir);
		await writeFile(join(dir, 'ended.json'), presenceFile('ended', {start: '1', host: 'laptop-a'}));
		await writeFile(join(dir, 'here.json'), presenceFile('here', {host: 'laptop-a'}));
		const presence = await createPresence({stateDir, session: 'A', clock: createFakeClock(), actor});
		expect(presence.others.get().map(other => other.session)).toEqual(['here']);
		expect(await readdir(dir)).toEqual(['A.json', 'here.json']);
		await presence.close();
	});

	test('trusts the file of another machine or pid namespace while it is renewed, and ignores any other file', async () => {
		const stateDir = await scratchDir();
		const dir = join(stateDir, 'consoles');
		await mkdir(dir);
		const clock = createFakeClock();
		// Replaced, because a look at an empty file would find no console.
		const far = async (state: string) => {
			await writeFile(join(dir, 'far.new'), presenceFile('far', {namespace: 'pid:[1]'}, state));
			await rename(join(dir, 'far.new'), join(dir, 'far.json'));
		};
		await far('1');
		await writeFile(join(dir, 'cut.json'), '{"session":');
		const presence = await createPresence({stateDir, session: 'A', clock, actor});
		const others = () => presence.others.get().map(other => other.session);
		for (let state = 2; state < 12; state++) {
			await far(String(state));
			await clock.advance(3000);
			await turn();
			expect(others()).toEqual(['far']);
		}
		while (others().length > 0) {
			await clock.advance(3000);
			await turn();
		}
		expect(await readdir(dir)).toEqual(['A.json']);
		await presence.close();
	});

	test('writes its file again when it slept so long that another console deleted it', async () => {
		const stateDir = await scratchDir();
		const clock = createFakeClock();
		const presence = await createPresence({stateDir, session: 'A', clock, actor});
		await rm(join(stateDir, 'consoles', 'A.json'));
		await clock.advance(3000);
		await expect.poll(() => readdir(join(stateDir, 'consoles'))).toEqual(['A.json']);
		await presence.close();
		expect(await readdir(join(stateDir, 'consoles'))).toEqual([]);
	});

	test('reports nothing where files cannot be written', async () => {
		const stateDir = await scratchDir();
		await writeFile(join(stateDir, 'consoles'), '');
		const presence = await createPresence({stateDir, session: 'A', clock: createFakeClock(), actor});
		expect(presence.others.get()).toEqual([]);
		await presence.close();
	});
});
