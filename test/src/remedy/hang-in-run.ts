/** A separate process: confirms a remedy whose answer never comes, prints `running`, and waits to be killed. */
import {createAudit} from '../../../src/audit/audit-log.ts';
import {createPresence} from '../../../src/audit/presence.ts';
import {defineAction} from '../../../src/contract/define.ts';
import type {Row} from '../../../src/contract/row.ts';
import {createPolicy} from '../../../src/policy/policy.ts';
import {createArming} from '../../../src/remedy/arming.ts';
import {createObjectLocks} from '../../../src/remedy/object-lock.ts';
import {createRunner} from '../../../src/remedy/runner.ts';
import {systemClock} from '../../../src/time/clock.ts';
import {actor} from '../state/test-actor.ts';
import {createFakeServer, type FakeServer, fakeServerAction, serverRow} from './fake-server.ts';

const [stateDir = ''] = process.argv.slice(2);
const clock = systemClock;
const audit = createAudit({stateDir, clock, actor, app: '0.1.0'});
await createPresence({stateDir, session: audit.session, clock, actor});
const target = {name: 'demo-target', kind: 'probe', production: false, settings: {}} as const;
const server: FakeServer = {...createFakeServer(), fault: 'silent'};
const runner = createRunner({
	clock,
	audit,
	arming: createArming({clock, audit, policy: createPolicy({readOnly: false, targets: [target]})}),
	locks: createObjectLocks(stateDir),
	resolve: async () => ({port: server, target}),
});
const announce = async (): Promise<undefined> => {
	process.stdout.write('running\n');
	return undefined;
};
process.stdin.resume();
await runner.propose(defineAction<Row, FakeServer>()(fakeServerAction(announce)), [serverRow], {to: '40'});
void runner.confirm({kind: 'key', key: 'y'});
