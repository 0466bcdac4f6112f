import {createAudit} from '../../../src/audit/audit-log.ts';
import {defineAction} from '../../../src/contract/define.ts';
import type {Row} from '../../../src/contract/row.ts';
import {createPolicy} from '../../../src/policy/policy.ts';
import type {PolicyFile} from '../../../src/policy/rules.ts';
import {createArming} from '../../../src/remedy/arming.ts';
import {createObjectLocks, type ObjectLocks} from '../../../src/remedy/object-lock.ts';
import type {PolicySource} from '../../../src/remedy/policy-reload.ts';
import {createRunner} from '../../../src/remedy/runner.ts';
import {createFakeClock, type FakeClock} from '../../fake-clock.ts';
import {scratchDir} from '../state/scratch-dir.ts';
import {actor} from '../state/test-actor.ts';
import {createFakeServer, type FakeServer, fakeServerAction, serverRow} from './fake-server.ts';

export type RunnerFixtureOptions = {
	readonly stateDir?: string;
	readonly production?: boolean;
	readonly readOnly?: boolean;
	readonly file?: PolicyFile;
	/** Where the policy is read again. */
	readonly source?: PolicySource;
	readonly clock?: FakeClock;
	readonly locks?: ObjectLocks;
	/** What the target answers with, where it is no valve. */
	readonly port?: unknown;
};

/** A runner on a real record in a scratch directory, on a clock that stands still. */
export async function createRunnerFixture(options: RunnerFixtureOptions = {}) {
	const stateDir = options.stateDir ?? (await scratchDir());
	const clock = options.clock ?? createFakeClock();
	const audit = createAudit({stateDir, clock, actor, app: '0.1.0'});
	const valve = createFakeServer();
	const production = options.production ?? false;
	const targets = [{name: 'tank', production}];
	const policy = createPolicy({readOnly: options.readOnly ?? false, targets, file: options.file});
	const arming = createArming({clock, audit, policy, source: options.source});
	const target = {name: 'tank', kind: 'probe', production, settings: {}} as const;
	const runner = createRunner({
		clock,
		audit,
		arming,
		locks: options.locks ?? createObjectLocks(stateDir),
		resolve: async () => ({
			port: options.port ?? valve,
			target,
			who: 'wheelman',
			server: {host: 'tank.example', port: 7, id: 'tank-1'},
		}),
	});
	const action = defineAction<Row, FakeServer>()(fakeServerAction(async () => (await audit.recent(1))[0]));
	return {
		stateDir,
		clock,
		audit,
		valve,
		arming,
		runner,
		action,
		propose: (to = '40') => runner.propose(action, [serverRow], {to}),
		yes: (reason?: string) => runner.confirm({kind: 'key', key: 'y', ...(reason === undefined ? {} : {reason})}),
		now: () => runner.state.get(),
		/** Lets time pass until this is over. */
		async pass(flow: Promise<void>): Promise<void> {
			let over = false;
			const end = flow.finally(() => {
				over = true;
			});
			// The disk takes its own time: give it a turn for each tenth of a second of ours.
			while (!over) {
				await new Promise(resolve => setTimeout(resolve, 1));
				await clock.advance(100);
			}
			return end;
		},
		/** `kind result` of all records, oldest first. */
		async told(): Promise<readonly string[]> {
			const records = await audit.recent(100);
			return records.toReversed().map(record => [record.kind, record.result].filter(Boolean).join(' '));
		},
	};
}
