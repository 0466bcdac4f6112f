import {mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {maxListedObjects} from '../../../src/audit/object-list.ts';
import {verifyDirectory} from '../../../src/audit/verify-log.ts';
import {createRunnerFixture} from '../remedy/runner-fixture.ts';

const names = (count: number) => Array.from({length: count}, (_, index) => `pod shop/api-${index}`);

/** Runs one action on `count` objects, of which `touches` lists the first three. */
async function actOn(count: number) {
	const fixture = await createRunnerFixture();
	fixture.server.objects = names(count);
	fixture.server.touches = [...names(3), `${count - 3} more`];
	await fixture.propose();
	const demand = fixture.now()?.demand;
	if (demand?.kind !== 'type-count-reason') throw new Error(`demands ${demand?.kind}`);
	await fixture.clock.advance(demand.delayMs);
	await fixture.runner.confirm({kind: 'typed', text: demand.text, count: String(count), reason: 'too many of them'});
	const intent = (await fixture.audit.recent(10)).find(({kind}) => kind === 'intent');
	return {...fixture, intent, demand};
}

describe('the record of an action on many objects', () => {
	test('lists all of them, and the demand has the true number', async () => {
		const {intent, demand, now} = await actOn(maxListedObjects);
		expect(now()?.state).toBe('done');
		expect(demand.count).toBe(maxListedObjects);
		expect(intent?.preview).toMatchObject({count: maxListedObjects, touches: names(maxListedObjects)});
		expect(intent?.preview?.all).toBeUndefined();
	});

	test('names a file with all of them and its digest when they do not fit into the record', async () => {
		const {intent, stateDir} = await actOn(maxListedObjects + 1);
		const {touches, all, count} = intent?.preview ?? {};
		expect(count).toBe(maxListedObjects + 1);
		expect(touches).toEqual(names(10));
		expect(all).toMatchObject({count: maxListedObjects + 1, sha256: expect.stringMatching(/^[0-9a-f]{64}$/)});
		const path = join(stateDir, 'saved-files', all?.file ?? '');
		expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(names(maxListedObjects + 1));

		const verify = async () => (await verifyDirectory(join(stateDir, 'audit')))[0];
		expect(await verify()).toMatchObject({faults: [], notes: []});
		await writeFile(path, JSON.stringify(names(5)));
		expect((await verify())?.faults).toEqual([
			{line: expect.any(Number), text: `${path} is not the list of 201 objects that was recorded`},
		]);
		await rm(path);
		expect(await verify()).toMatchObject({
			faults: [],
			notes: [{text: `the list of 201 objects cannot be compared: ${path} does not exist`}],
		});
	});

	test('is refused when the file cannot be written', async () => {
		const fixture = await createRunnerFixture();
		await mkdir(fixture.stateDir, {recursive: true});
		await writeFile(join(fixture.stateDir, 'saved-files'), 'in the way');
		fixture.server.objects = names(300);
		await fixture.propose();
		await fixture.clock.advance(3000);
		await fixture.runner.confirm({kind: 'typed', text: 'setting', count: '300', reason: 'too many of them'});
		expect(fixture.now()).toMatchObject({
			state: 'refused',
			reason: expect.stringContaining('nothing was sent: objects.json cannot be saved'),
		});
		expect(fixture.server.runs).toEqual([]);
	});
});
