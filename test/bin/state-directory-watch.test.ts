import {afterEach, expect, it} from 'vitest';
import {createStateDirectoryWatch, type StateDirectoryWatch} from '../../bin/state-directory-watch.ts';
import {createAudit} from '../../src/audit/audit-log.ts';
import {systemClock} from '../../src/time/clock.ts';
import {scratchDir} from '../src/state/scratch-dir.ts';
import {actor} from '../src/state/test-actor.ts';

let opened: StateDirectoryWatch | undefined;

afterEach(() => opened?.close());

it('lists unresolved intents, without those in progress here and those whose outcome came late', async () => {
	const stateDir = await scratchDir();
	const audit = createAudit({stateDir, clock: systemClock, actor, app: '0.1.0'});
	const begin = () =>
		audit.append({
			kind: 'intent',
			target: 'k8s',
			object: 'Deployment shop/api',
			action: {id: 'kubernetes.scale', title: 'Scale'},
		});
	const {id: settling} = await begin();
	const {id: late} = await begin();
	const {id: lost} = await begin();
	const watch = createStateDirectoryWatch({
		stateDir,
		audit,
		clock: systemClock,
		actor,
		locks: {refresh: async () => {}},
		inProgressIds: () => new Set([settling]),
		recheck: async () => undefined,
	});
	opened = watch;
	watch.start();
	const listed = () => watch.unresolved.get().map(({id}) => id);
	await expect.poll(listed).toEqual([lost, late]);
	const receipt = {summary: 'scaled to 4', before: {}};
	await audit.append({kind: 'outcome', target: 'k8s', of: lost, result: 'sent', receipt});
	await audit.append({kind: 'verify', target: 'k8s', of: lost, result: 'unknown', note: 'the console was closed'});
	await audit.append({kind: 'verify', target: 'k8s', of: late, result: 'done'});
	await expect.poll(listed).toEqual([lost]);
	await audit.append({kind: 'verify', target: 'k8s', of: settling, result: 'unknown', note: 'it was not verified'});
	await expect
		.poll(() => watch.unresolved.get())
		.toMatchObject([
			{
				id: lost,
				why: 'the outcome is not known: the console was closed',
				whatToCheck: 'check on k8s whether it had its effect: scaled to 4',
			},
		]);
});
