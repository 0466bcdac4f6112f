/** Run as a process of its own: writes so many records to the log below a state directory. */
import {createAudit} from '../../../src/audit/log.ts';
import {systemClock} from '../../../src/poll/clock.ts';
import {actor} from './scratch-actor.ts';

const [stateDir = '', count = '0'] = process.argv.slice(2);
const audit = createAudit({stateDir, clock: systemClock, actor, app: '0.1.0'});
for (let at = 0; at < Number(count); at += 1) {
	await audit.append({kind: 'intent', note: `${at} of ${audit.session}`, target: 'orders-db'});
}
