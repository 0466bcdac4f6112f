import {rmSync} from 'node:fs';
import {afterEach, expect, test} from 'vitest';
import {describeRedis} from '../../estate/describe-server.ts';
import {startDisposableRedis} from '../../estate/disposable-server.ts';
import {createCrashHome, maxmemoryScenario, slowlogOfAll} from './crash-fixture.ts';

const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
	for (const close of closing.splice(0).toReversed()) await close();
});

describeRedis('redis', 'a log that is removed while a confirmation waits', like => {
	test('is reported on the screen and by audit verify', async () => {
		const redis = await startDisposableRedis(like, slowlogOfAll);
		closing.push(() => redis.end());
		const home = createCrashHome();
		closing.push(async () => home.remove());
		const around = maxmemoryScenario(redis.current());
		const midwatch = await home.open(around);
		closing.push(() => midwatch.close());
		await around.open(midwatch, 1);
		rmSync(home.audit, {recursive: true});
		await midwatch.confirm();
		await midwatch.expect(/record \d+, which this console wrote, is no longer in the log/);
		await expect.poll(() => midwatch.audit().map(({kind}) => kind)).toContain('verify');
		expect(midwatch.audit()[0]).toMatchObject({kind: 'gap'});
		expect(midwatch.runCommand('audit', 'verify').code).not.toBe(0);
	});
});
