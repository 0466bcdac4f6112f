/** Run as a separate process: takes a lock, prints that, and holds it until its input ends or it is killed. */
import {once} from 'node:events';
import {withLock} from '../../../src/state/lock-file.ts';
import {ownIdentity} from '../../../src/state/process-identity.ts';

const [path = '', leaseMs = ''] = process.argv.slice(2);
const options = {
	about: 'a holder',
	identity: ownIdentity(),
	leaseMs: Number(leaseMs),
	renewMs: Number(leaseMs) / 5,
	waitMs: 20_000,
};
await withLock(path, options, async () => {
	process.stdout.write('held\n');
	process.stdin.resume();
	await once(process.stdin, 'end');
});
