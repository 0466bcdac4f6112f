/** A separate process: locks objects and prints `held`; when its input ends, prints whether it still holds them. */
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
