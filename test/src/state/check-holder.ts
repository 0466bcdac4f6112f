/** Run as a separate process: prints its identity, whether the given process runs, and whether its lock can be taken. */
import {withLock} from '../../../src/state/lock-file.ts';
import {livenessOf, ownIdentity, type ProcessIdentity} from '../../../src/state/process-identity.ts';

const [other = '', path = ''] = process.argv.slice(2);
const own = ownIdentity();
const isTaken = await withLock(path, {about: 'the other', identity: own, waitMs: 300}, async () => true).catch(
	() => false,
);
const liveness = livenessOf(JSON.parse(other) as ProcessIdentity, own);
process.stdout.write(`${JSON.stringify({own, liveness, isTaken})}\n`);
// Runs until its output was checked.
process.stdin.resume();
