import {setTimeout as pause} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {describePostgres, describeRedis} from '../../estate/describe-server.ts';
import {startDisposablePostgres, startDisposableRedis} from '../../estate/disposable-server.ts';
import {
	crashDuringAction,
	createCrashHome,
	expectListed,
	maxmemoryScenario,
	recordsOf,
	slowlogOfAll,
	terminateScenario,
} from './crash-fixture.ts';

/** How many consoles are killed. `MIDWATCH_CRASHES=200` is a longer run. */
const crashes = Number(process.env['MIDWATCH_CRASHES'] ?? 30);

/** The action has ended, or the Enter that was to confirm it closed a plan that had just become stale. */
const isOver = /Done|Failed|Refused|Blocked|changed since|outcome is not known|Set maxmemory: /;

const numbers = (from: number, count: number): readonly number[] => Array.from({length: count}, (_, at) => from + at);

describePostgres('postgres-15', 'a console that is killed around an action', likePostgres => {
	describeRedis('redis', 'and one', likeRedis => {
		test(`does nothing twice and nothing without its record, ${crashes} times`, {
			timeout: 60_000 + crashes * 20_000,
		}, async () => {
			const [postgres, redis] = await Promise.all([
				startDisposablePostgres(likePostgres),
				startDisposableRedis(likeRedis, slowlogOfAll),
			]);
			try {
				const half = Math.ceil(crashes / 2);
				const [terminated, set] = await Promise.all([
					crashDuringAction(terminateScenario(postgres.current()), numbers(1, half)),
					crashDuringAction(maxmemoryScenario(redis.current()), numbers(1, crashes - half)),
				]);
				process.stdout.write(`${JSON.stringify({terminated, set})}\n`);
			} finally {
				await Promise.all([postgres.end(), redis.end()]);
			}
		});

		test('beside two others that act on the same at the same time, some of which are killed too', {
			timeout: 300_000,
		}, async () => {
			const redis = await startDisposableRedis(likeRedis, slowlogOfAll);
			const around = maxmemoryScenario(redis.current());
			const home = createCrashHome();
			const rounds = Math.max(2, Math.ceil(crashes / 15));
			try {
				for (const round of numbers(0, rounds)) {
					const runs = numbers(round * 3 + 1, 3);
					const consoles = await Promise.all(runs.map(async run => ({run, midwatch: await home.open(around)})));
					await Promise.all(consoles.map(({run, midwatch}) => around.open(midwatch, run)));
					await Promise.all(
						consoles.map(async ({run, midwatch}) => {
							// A plan is stale when another console acted after its preview: then this one sends nothing.
							const isConfirmed = await midwatch.confirmUnlessStale();
							if (run % 3 !== 0) await pause(Math.random() * 200);
							else if (isConfirmed) await midwatch.expect(isOver);
							midwatch.pty.signal('SIGKILL');
							await midwatch.pty.exited;
							await midwatch.close();
						}),
					);
					await home.expectSound();
					await around.settle();
					for (const run of runs) {
						const sent = await around.sent(run);
						const intents = recordsOf(home).filter(one => one.kind === 'intent' && around.isOf(one, run)).length;
						expect({run, sent: sent <= intents && sent <= 1, intents: intents <= 1}).toEqual({
							run,
							sent: true,
							intents: true,
						});
					}
				}
				const last = await home.open(around);
				await expectListed(last, (await home.unresolved()).length);
				expect(last.runCommand('audit', 'verify')).toMatchObject({code: 0, err: ''});
				await last.close();
			} finally {
				home.remove();
				await redis.end();
			}
		});
	});
});
