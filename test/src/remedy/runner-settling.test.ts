import {rename, writeFile} from 'node:fs/promises';
import {describe, expect, test} from 'vitest';
import {createRunnerFixture} from './runner-fixture.ts';

type RunnerFixture = Awaited<ReturnType<typeof createRunnerFixture>>;

const verdicts = async (bench: RunnerFixture) =>
	(await bench.told()).filter(one => one.startsWith('verify')).toSorted();

describe('what was sent and settles', () => {
	async function settling(bench: RunnerFixture, to?: string) {
		bench.valve.slow = true;
		await bench.propose(to);
		const going = bench.yes();
		while (bench.now()?.state !== 'verifying') await new Promise(resolve => setTimeout(resolve, 1));
		return {id: bench.now()?.id ?? '', going};
	}

	test('holds nothing up: the next begins beside it, on the same object too, and each comes to its own end', async () => {
		const bench = await createRunnerFixture();
		const ends: string[] = [];
		bench.runner.onEnd(({id, state}) => ends.push(`${id} ${state}`));
		const first = await settling(bench, '40');
		const second = await settling(bench, '50');
		expect(bench.runner.inProgress()).toMatchObject([{id: first.id}, {id: second.id, state: 'verifying'}]);
		expect(bench.valve.value).toBe(50);
		bench.valve.slow = false;
		await bench.pass(Promise.all([first.going, second.going]).then(() => {}));
		expect(bench.runner.inProgress()).toEqual([]);
		expect(ends.toSorted()).toEqual([`${first.id} superseded`, `${second.id} done`].toSorted());
		expect(bench.now()).toMatchObject({id: second.id, state: 'done'});
		expect(await verdicts(bench)).toEqual(['verify done', 'verify superseded']);
	});

	test('is undone while it does, and then not looked at any longer', async () => {
		const bench = await createRunnerFixture();
		const first = await settling(bench);
		await bench.runner.undo(first.id);
		expect(bench.now()).toMatchObject({state: 'ready', undoOf: first.id});
		expect(bench.runner.inProgress()).toMatchObject([{id: first.id}]);
		const undoing = bench.yes();
		while (bench.runner.inProgress().some(({id}) => id === first.id))
			await bench.pass(new Promise(resolve => setTimeout(resolve, 5)));
		await first.going;
		bench.valve.slow = false;
		await bench.pass(undoing);
		expect(bench.now()?.state).toBe('done');
		expect(bench.valve.value).toBe(10);
		const verified = (await bench.audit.recent(100)).find(({kind, of}) => kind === 'verify' && of === first.id);
		expect(verified).toMatchObject({result: 'superseded', note: 'its undo was sent before it showed: it still turns'});
	});

	test('goes on when the undo is cancelled, and is undone only once', async () => {
		const bench = await createRunnerFixture();
		const first = await settling(bench);
		await bench.runner.undo(first.id);
		bench.runner.cancel();
		bench.runner.dismiss();
		expect(bench.now()).toBeUndefined();
		expect(bench.runner.inProgress()).toMatchObject([{id: first.id, state: 'verifying'}]);
		await bench.runner.undo(first.id);
		const undoing = bench.yes();
		while (bench.now()?.state !== 'verifying') await new Promise(resolve => setTimeout(resolve, 1));
		await bench.runner.undo(first.id);
		expect(bench.now()).toMatchObject({state: 'refused', reason: 'it was undone already'});
		await bench.runner.close();
		await Promise.all([first.going, undoing]);
		expect(bench.valve.runs).toHaveLength(2);
		expect((await bench.told()).filter(one => one.startsWith('verify')).toSorted()).toEqual([
			'verify superseded',
			'verify unknown',
		]);
	});

	test('is not judged by what the next act on the same object does, from the moment when that is out', async () => {
		const bench = await createRunnerFixture();
		const first = await settling(bench);
		bench.valve.fault = 'silent';
		await bench.runner.undo(first.id);
		const undoing = bench.yes();
		while (bench.valve.runs.length < 2) await new Promise(resolve => setTimeout(resolve, 1));
		// The undo has its effect before it is answered, which it never is.
		bench.valve.value = 10;
		bench.valve.slow = false;
		await bench.clock.advance(4000);
		expect(bench.runner.inProgress()).toMatchObject([{id: first.id, state: 'verifying'}, {state: 'running'}]);
		await bench.pass(Promise.all([first.going, undoing]).then(() => {}));
		expect(bench.now()?.state).toBe('unknown');
		const verified = (await bench.audit.recent(100)).find(({kind, of}) => kind === 'verify' && of === first.id);
		expect(verified?.note).toContain('its undo may have been sent before it showed');
	});

	test('is looked at on when the next act on the same object did nothing', async () => {
		const bench = await createRunnerFixture();
		const first = await settling(bench);
		bench.valve.fault = 'denied';
		await bench.runner.undo(first.id);
		await bench.yes();
		expect(bench.now()?.state).toBe('failed');
		bench.valve.slow = false;
		await bench.pass(first.going);
		expect(await verdicts(bench)).toEqual(['verify done']);
	});

	test('may be undone as often as it was done in vain', async () => {
		const bench = await createRunnerFixture();
		bench.valve.ignoresChanges = true;
		for (let time = 0; time < 3; time += 1) {
			await bench.propose();
			await bench.yes();
			expect(bench.now()?.state).toBe('ineffective');
		}
		const last = bench.now()?.id ?? '';
		await bench.propose();
		expect(bench.now()).toMatchObject({state: 'refused', preview: {object: 'valve'}});
		await bench.runner.undo(last);
		expect(bench.now()).toMatchObject({state: 'ready', undoOf: last});
	});

	test('and was undone in time counts as nothing that did not help', async () => {
		const bench = await createRunnerFixture();
		for (let time = 0; time < 4; time += 1) {
			const first = await settling(bench);
			await bench.runner.undo(first.id);
			bench.valve.slow = false;
			await bench.pass(bench.yes());
			await bench.pass(first.going);
		}
		await bench.propose();
		expect(bench.now()?.state).toBe('ready');
	});

	test('tells with its end that this is not in the record, when it is not', async () => {
		const bench = await createRunnerFixture();
		const failures: unknown[] = [];
		bench.runner.onEnd(({recordFailure}) => failures.push(recordFailure));
		const first = await settling(bench);
		await bench.propose('50');
		while ((await bench.told()).length < 2) await new Promise(resolve => setTimeout(resolve, 1));
		await rename(bench.audit.dir, `${bench.audit.dir}.away`);
		await writeFile(bench.audit.dir, 'not a directory');
		bench.valve.slow = false;
		await bench.pass(first.going);
		expect(failures).toEqual([expect.stringMatching(/ENOTDIR|EEXIST/)]);
	});

	test('is recorded though its lock cannot be given back', async () => {
		const bench = await createRunnerFixture({
			locks: {
				acquire: async () => ({
					isHeld: async () => true,
					release: () => Promise.reject(new Error('EROFS: read-only file system')),
				}),
				refresh: async () => {},
			},
		});
		await bench.propose();
		await bench.yes();
		expect(bench.now()?.state).toBe('done');
		expect(bench.now()?.recordFailure).toBeUndefined();
		expect(await bench.told()).toEqual(['intent', 'outcome sent', 'verify done']);
	});
});
