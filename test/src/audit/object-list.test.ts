import {mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {maxListedObjects} from '../../../src/audit/object-list.ts';
import {verifyDirectory} from '../../../src/audit/verify-log.ts';
import {createRunnerFixture} from '../remedy/runner-fixture.ts';

const names = (count: number) => Array.from({length: count}, (_, index) => `pod shop/api-${index}`);

/** One act on so many objects, of which the screen lists the first. */
async function actOn(count: number) {
	const bench = await createRunnerFixture();
	bench.valve.objects = names(count);
	bench.valve.touches = [...names(3), `${count - 3} more`];
	await bench.propose();
	const demand = bench.now()?.demand;
	if (demand?.kind !== 'type-count-reason') throw new Error(`demands ${demand?.kind}`);
	await bench.clock.advance(demand.delayMs);
	await bench.runner.confirm({kind: 'typed', text: demand.text, count: String(count), reason: 'too many of them'});
	const intent = (await bench.audit.recent(10)).find(({kind}) => kind === 'intent');
	return {...bench, intent, demand};
}

describe('the record of an act on many objects', () => {
	test('holds all of them, whatever the screen lists, and the true number is demanded', async () => {
		const {intent, demand, now} = await actOn(maxListedObjects);
		expect(now()?.state).toBe('done');
		expect(demand.count).toBe(maxListedObjects);
		expect(intent?.preview).toMatchObject({count: maxListedObjects, touches: names(maxListedObjects)});
		expect(intent?.preview?.all).toBeUndefined();
	});

	test('names a file with all of them and its digest when they are too many for a line', async () => {
		const {intent, stateDir} = await actOn(maxListedObjects + 1);
		const {touches, all, count} = intent?.preview ?? {};
		expect(count).toBe(maxListedObjects + 1);
		expect(touches).toEqual(names(10));
		expect(all).toMatchObject({count: maxListedObjects + 1, sha256: expect.stringMatching(/^[0-9a-f]{64}$/)});
		const path = join(stateDir, 'kept', all?.file ?? '');
		expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(names(maxListedObjects + 1));

		const look = async () => (await verifyDirectory(join(stateDir, 'audit')))[0];
		expect(await look()).toMatchObject({faults: [], notes: []});
		await writeFile(path, JSON.stringify(names(5)));
		expect((await look())?.faults).toEqual([
			{line: expect.any(Number), text: `${path} is not the list of 201 objects that was recorded`},
		]);
		await rm(path);
		expect(await look()).toMatchObject({
			faults: [],
			notes: [{text: `the list of 201 objects cannot be compared: ${path} is not there`}],
		});
	});

	test('is not begun when the file cannot be written', async () => {
		const bench = await createRunnerFixture();
		await mkdir(bench.stateDir, {recursive: true});
		await writeFile(join(bench.stateDir, 'kept'), 'in the way');
		bench.valve.objects = names(300);
		await bench.propose();
		await bench.clock.advance(3000);
		await bench.runner.confirm({kind: 'typed', text: 'valve', count: '300', reason: 'too many of them'});
		expect(bench.now()).toMatchObject({
			state: 'refused',
			reason: expect.stringContaining('nothing was sent: objects.json cannot be kept'),
		});
		expect(bench.valve.runs).toEqual([]);
	});
});
