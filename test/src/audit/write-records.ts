/** A child process that writes a number of records to the log of a state directory. */
import {once} from 'node:events';
import {createAudit} from '../../../src/audit/audit-log.ts';
import {systemClock} from '../../../src/time/clock.ts';
import {actor} from '../state/test-actor.ts';

const [stateDir = '', count = '0', leaseMs] = process.argv.slice(2);
const lockTimes = leaseMs === undefined ? {} : {leaseMs: Number(leaseMs), renewMs: Number(leaseMs) / 5};
const audit = createAudit({stateDir, clock: systemClock, actor, app: '0.1.0', lockTimes});
// Processes start at different speeds: each reports that it is ready, and waits for the signal to write at once.
process.stdout.write('ready\n');
await once(process.stdin, 'data');
process.stdin.unref();
for (let at = 0; at < Number(count); at += 1) {
	await audit.append({kind: 'intent', note: `${at} of ${audit.session}`, target: 'orders-db'});
}
