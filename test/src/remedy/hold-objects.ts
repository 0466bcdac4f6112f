/** Run as a process of its own: takes locks on objects, says so, and says once its input ends whether it still has them. */
import {once} from 'node:events';
import {createObjectLocks} from '../../../src/remedy/object-lock.ts';

const [stateDir = '', leaseMs = '', ...objects] = process.argv.slice(2);
const locks = createObjectLocks(stateDir, {leaseMs: Number(leaseMs), renewMs: Number(leaseMs) / 5});
const taken = await locks.acquire('db', objects, 'a holder');
if (!('release' in taken)) throw new Error(taken.reason);
process.stdout.write('held\n');
process.stdin.resume();
await once(process.stdin, 'end');
process.stdout.write((await taken.isHeld()) ? 'still held\n' : 'lost\n');
await taken.release();
