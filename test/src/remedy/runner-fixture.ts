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
	/** Where the policy file is read from while the runner runs. */
	readonly source?: PolicySource;
	readonly clock?: FakeClock;
	readonly locks?: ObjectLocks;
	/** The port of the target; default: a `FakeServer`. */
	readonly port?: unknown;
};

/** A runner with a real audit log in a scratch directory, on a fake clock. */
export async function createRunnerFixture(options: RunnerFixtureOptions = {}) {
	const stateDir = options.stateDir ?? (await scratchDir());
	const clock = options.clock ?? createFakeClock();
	const audit = createAudit({stateDir, clock, actor, app: '0.1.0'});
	const server = createFakeServer();
	const production = options.production ?? false;
	const targets = [{name: 'demo-target', production}];
	const policy = createPolicy({readOnly: options.readOnly ?? false, targets, file: options.file});
	const arming = createArming({clock, audit, policy, source: options.source});
	const target = {name: 'demo-target', kind: 'probe', production, settings: {}} as const;
	const runner = createRunner({
		clock,
		audit,
		arming,
		locks: options.locks ?? createObjectLocks(stateDir),
		resolve: async () => ({
			port: options.port ?? server,
			target,
			targetUser: 'operator',
			server: {host: 'server.example', port: 7, id: 'server-1'},
		}),
	});
	const action = defineAction<Row, FakeServer>()(fakeServerAction(async () => (await audit.recent(1))[0]));
	return {
		stateDir,
		clock,
		audit,
		server,
		arming,
		runner,
		action,
		propose: (to = '40') => runner.propose(action, [serverRow], {to}),
		confirm: (reason?: string) => runner.confirm({kind: 'key', key: 'y', ...(reason === undefined ? {} : {reason})}),
		now: () => runner.state.get(),
		/** Advances the clock until this has settled. */
		async pass(flow: Promise<void>): Promise<void> {
			let settled = false;
			const end = flow.finally(() => {
				settled = true;
			});
			// Files are written in real time: yield for each 100 ms of the fake clock.
			while (!settled) {
				await new Promise(resolve => setTimeout(resolve, 1));
				await clock.advance(100);
			}
			return end;
		},
		/** `kind result` of all audit records, oldest first. */
		async recorded(): Promise<readonly string[]> {
			const records = await audit.recent(100);
			return records.toReversed().map(record => [record.kind, record.result].filter(Boolean).join(' '));
		},
	};
}
