import fc from 'fast-check';
import {expect, test} from 'vitest';
import {eventually} from '../../time-left.ts';
import {cachedVersions, fastTimings, startClusterFixture, testContext} from './cluster-fixture.ts';

/** Anything that may happen between a client and its server, one after the other, with changes between. */
const step = fc.oneof(
	{weight: 6, arbitrary: fc.record({does: fc.constantFrom('add', 'remove'), pod: fc.integer({min: 0, max: 30})})},
	fc.record({does: fc.constant('now'), kind: fc.constantFrom('stall', 'half-open', 'reset', 'cut', 'drop-bookmarks')}),
	fc.record({
		does: fc.constant('next'),
		kind: fc.constantFrom('reset', 'cut', 'expired', 'stall'),
		verb: fc.constantFrom('list', 'watch', 'get'),
	}),
	fc.record({does: fc.constant('truncate'), after: fc.integer({min: 0, max: 3000})}),
	fc.record({does: fc.constant('refuse'), code: fc.constantFrom(401, 429, 500, 503, 504)}),
	fc.record({does: fc.constant('compact')}),
	fc.record({does: fc.constant('restart')}),
	fc.record({does: fc.constant('wait'), ms: fc.integer({min: 1, max: 60})}),
);

test('after random faults the shown objects are those of the server', async () => {
	const clusterFixture = await startClusterFixture({timings: fastTimings});
	const {faults} = clusterFixture.api;
	try {
		await fc.assert(
			fc.asyncProperty(fc.array(step, {minLength: 10, maxLength: 40}), async steps => {
				const client = await clusterFixture.createClient();
				await eventually(async () =>
					expect(await cachedVersions(client.port)).toEqual(clusterFixture.actualVersions('pods')),
				);
				for (const each of steps) {
					if ('pod' in each && each.does === 'add') clusterFixture.addPod(`luck-${each.pod}`);
					else if ('pod' in each) clusterFixture.removePod(`luck-${each.pod}`);
					else if (each.does === 'now' && 'kind' in each) {
						faults.injectNow({kind: each.kind} as Parameters<typeof faults.injectNow>[0]);
					} else if ('verb' in each) {
						faults.injectNext({kind: each.kind} as Parameters<typeof faults.injectNext>[0], {verb: each.verb});
					} else if ('after' in each) faults.injectNext({kind: 'truncate', after: each.after}, {resource: 'pods'});
					else if ('code' in each) faults.injectNext({kind: 'refuse', code: each.code}, {resource: 'pods'});
					else if ('ms' in each) await new Promise(resolve => setTimeout(resolve, each.ms));
					else if (each.does === 'compact') faults.compact();
					else await faults.restart();
				}
				faults.clear();
				await eventually(async () => {
					const view = await client.port.readWatched('pods', testContext());
					expect(view.stale).toBeUndefined();
					expect(view.isComplete).toBe(true);
					expect(await cachedVersions(client.port)).toEqual(clusterFixture.actualVersions('pods'));
				});
				client.close();
			}),
			{numRuns: 15, interruptAfterTimeLimit: 90_000},
		);
	} finally {
		await clusterFixture.close();
	}
});
