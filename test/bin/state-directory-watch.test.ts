import {afterEach, expect, it} from 'vitest';
import {createStateDirectoryWatch, type StateDirectoryWatch} from '../../bin/state-directory-watch.ts';
import {createAudit} from '../../src/audit/audit-log.ts';
import {systemClock} from '../../src/time/clock.ts';
import {scratchDir} from '../src/state/scratch-dir.ts';
import {actor} from '../src/state/test-actor.ts';

let open: StateDirectoryWatch | undefined;

afterEach(() => open?.close());

it('lists what has no known end: nothing that is still under way here, and nothing any longer whose end came late', async () => {
	const stateDir = await scratchDir();
	const audit = createAudit({stateDir, clock: systemClock, actor, app: '0.1.0'});
	const begin = () =>
		audit.append({kind: 'intent', target: 'tank', object: 'valve', action: {id: 'turn', title: 'Turn'}});
	const {id: settling} = await begin();
	const {id: late} = await begin();
	const {id: lost} = await begin();
	const environment = createStateDirectoryWatch({
		stateDir,
		audit,
		clock: systemClock,
		actor,
		locks: {refresh: async () => {}},
		underWay: () => new Set([settling]),
		lookAgain: async () => undefined,
	});
	open = environment;
	environment.start();
	const listed = () => environment.unresolved.get().map(one => one.id);
	await expect.poll(listed).toEqual([lost, late]);
	const receipt = {summary: 'turned to 40', before: {}};
	await audit.append({kind: 'outcome', target: 'tank', of: lost, result: 'sent', receipt});
	await audit.append({kind: 'verify', target: 'tank', of: lost, result: 'unknown', note: 'the console was closed'});
	await audit.append({kind: 'verify', target: 'tank', of: late, result: 'done'});
	await expect.poll(listed).toEqual([lost]);
	await audit.append({kind: 'verify', target: 'tank', of: settling, result: 'unknown', note: 'nobody looked'});
	await expect
		.poll(() => environment.unresolved.get())
		.toMatchObject([
			{
				id: lost,
				why: 'the outcome is not known: the console was closed',
				whatToCheck: 'look on tank whether it came to what was meant: turned to 40',
			},
		]);
});
