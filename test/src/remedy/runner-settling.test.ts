import {rename, writeFile} from 'node:fs/promises';
import {describe, expect, test} from 'vitest';
import {createRunnerFixture} from './runner-fixture.ts';

type RunnerFixture = Awaited<ReturnType<typeof createRunnerFixture>>;

const verdicts = async (fixture: RunnerFixture) =>
	(await fixture.recorded()).filter(one => one.startsWith('verify')).toSorted();

describe('a remedy that is being verified', () => {
	async function settling(fixture: RunnerFixture, to?: string) {
		fixture.server.slow = true;
		await fixture.propose(to);
		const going = fixture.confirm();
		while (fixture.now()?.state !== 'verifying') await new Promise(resolve => setTimeout(resolve, 1));
		return {id: fixture.now()?.id ?? '', going};
	}

	test('does not delay the next one, also on the same object, and each has its own outcome', async () => {
		const fixture = await createRunnerFixture();
		const ends: string[] = [];
		fixture.runner.onEnd(({id, state}) => ends.push(`${id} ${state}`));
		const first = await settling(fixture, '40');
		const second = await settling(fixture, '50');
		expect(fixture.runner.inProgress()).toMatchObject([{id: first.id}, {id: second.id, state: 'verifying'}]);
		expect(fixture.server.value).toBe(50);
		fixture.server.slow = false;
		await fixture.pass(Promise.all([first.going, second.going]).then(() => {}));
		expect(fixture.runner.inProgress()).toEqual([]);
		expect(ends.toSorted()).toEqual([`${first.id} superseded`, `${second.id} done`].toSorted());
		expect(fixture.now()).toMatchObject({id: second.id, state: 'done'});
		expect(await verdicts(fixture)).toEqual(['verify done', 'verify superseded']);
	});

	test('can be undone meanwhile, which ends its verification', async () => {
		const fixture = await createRunnerFixture();
		const first = await settling(fixture);
		await fixture.runner.undo(first.id);
		expect(fixture.now()).toMatchObject({state: 'ready', undoOf: first.id});
		expect(fixture.runner.inProgress()).toMatchObject([{id: first.id}]);
		const undoing = fixture.confirm();
		while (fixture.runner.inProgress().some(({id}) => id === first.id))
			await fixture.pass(new Promise(resolve => setTimeout(resolve, 5)));
		await first.going;
		fixture.server.slow = false;
		await fixture.pass(undoing);
		expect(fixture.now()?.state).toBe('done');
		expect(fixture.server.value).toBe(10);
		const verified = (await fixture.audit.recent(100)).find(({kind, of}) => kind === 'verify' && of === first.id);
		expect(verified).toMatchObject({
			result: 'superseded',
			note: 'its undo was sent before the outcome was known: it is being applied',
		});
	});

	test('is verified further when its undo is cancelled, and is undone only once', async () => {
		const fixture = await createRunnerFixture();
		const first = await settling(fixture);
		await fixture.runner.undo(first.id);
		fixture.runner.cancel();
		fixture.runner.dismiss();
		expect(fixture.now()).toBeUndefined();
		expect(fixture.runner.inProgress()).toMatchObject([{id: first.id, state: 'verifying'}]);
		await fixture.runner.undo(first.id);
		const undoing = fixture.confirm();
		while (fixture.now()?.state !== 'verifying') await new Promise(resolve => setTimeout(resolve, 1));
		await fixture.runner.undo(first.id);
		expect(fixture.now()).toMatchObject({state: 'refused', reason: 'it was undone already'});
		await fixture.runner.close();
		await Promise.all([first.going, undoing]);
		expect(fixture.server.runs).toHaveLength(2);
		expect((await fixture.recorded()).filter(one => one.startsWith('verify')).toSorted()).toEqual([
			'verify superseded',
			'verify unknown',
		]);
	});

	test('is not verified while the next action on the same object is being sent', async () => {
		const fixture = await createRunnerFixture();
		const first = await settling(fixture);
		fixture.server.fault = 'silent';
		await fixture.runner.undo(first.id);
		const undoing = fixture.confirm();
		while (fixture.server.runs.length < 2) await new Promise(resolve => setTimeout(resolve, 1));
		// The undo has its effect before it is answered, which it never is.
		fixture.server.value = 10;
		fixture.server.slow = false;
		await fixture.clock.advance(4000);
		expect(fixture.runner.inProgress()).toMatchObject([{id: first.id, state: 'verifying'}, {state: 'running'}]);
		await fixture.pass(Promise.all([first.going, undoing]).then(() => {}));
		expect(fixture.now()?.state).toBe('unknown');
		const verified = (await fixture.audit.recent(100)).find(({kind, of}) => kind === 'verify' && of === first.id);
		expect(verified?.note).toContain('its undo may have been sent before the outcome was known');
	});

	test('is verified further when the next action on the same object did nothing', async () => {
		const fixture = await createRunnerFixture();
		const first = await settling(fixture);
		fixture.server.fault = 'denied';
		await fixture.runner.undo(first.id);
		await fixture.confirm();
		expect(fixture.now()?.state).toBe('failed');
		fixture.server.slow = false;
		await fixture.pass(first.going);
		expect(await verdicts(fixture)).toEqual(['verify done']);
	});

	test('may be undone even when the action is refused as futile', async () => {
		const fixture = await createRunnerFixture();
		fixture.server.ignoresChanges = true;
		for (let time = 0; time < 3; time += 1) {
			await fixture.propose();
			await fixture.confirm();
			expect(fixture.now()?.state).toBe('ineffective');
		}
		const last = fixture.now()?.id ?? '';
		await fixture.propose();
		expect(fixture.now()).toMatchObject({state: 'refused', preview: {object: 'setting'}});
		await fixture.runner.undo(last);
		expect(fixture.now()).toMatchObject({state: 'ready', undoOf: last});
	});

	test('does not count as ineffective when it is undone before its outcome is known', async () => {
		const fixture = await createRunnerFixture();
		for (let time = 0; time < 4; time += 1) {
			const first = await settling(fixture);
			await fixture.runner.undo(first.id);
			fixture.server.slow = false;
			await fixture.pass(fixture.confirm());
			await fixture.pass(first.going);
		}
		await fixture.propose();
		expect(fixture.now()?.state).toBe('ready');
	});

	test('has a `recordFailure` when its outcome could not be recorded', async () => {
		const fixture = await createRunnerFixture();
		const failures: unknown[] = [];
		fixture.runner.onEnd(({recordFailure}) => failures.push(recordFailure));
		const first = await settling(fixture);
		await fixture.propose('50');
		while ((await fixture.recorded()).length < 2) await new Promise(resolve => setTimeout(resolve, 1));
		await rename(fixture.audit.dir, `${fixture.audit.dir}.away`);
		await writeFile(fixture.audit.dir, 'not a directory');
		fixture.server.slow = false;
		await fixture.pass(first.going);
		expect(failures).toEqual([expect.stringMatching(/ENOTDIR|EEXIST/)]);
	});

	test('is recorded even when its lock cannot be released', async () => {
		const fixture = await createRunnerFixture({
			locks: {
				acquire: async () => ({
					isHeld: async () => true,
					release: () => Promise.reject(new Error('EROFS: read-only file system')),
				}),
				refresh: async () => {},
			},
		});
		await fixture.propose();
		await fixture.confirm();
		expect(fixture.now()?.state).toBe('done');
		expect(fixture.now()?.recordFailure).toBeUndefined();
		expect(await fixture.recorded()).toEqual(['intent', 'outcome sent', 'verify done']);
	});
});
