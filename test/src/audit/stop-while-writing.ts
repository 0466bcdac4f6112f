/**
 * A child process that writes records to the log of a state directory, and stops itself once with SIGSTOP at the given step of the second
 * record: right before the lock, the line, its sync, the check afterwards or the mirror.
 */
import fs, {type FileHandle} from 'node:fs/promises';
import {syncBuiltinESMExports} from 'node:module';
import {fileURLToPath} from 'node:url';

const [stateDir = '', step = '', leaseMs = ''] = process.argv.slice(2);

let armed = false;
const stopAt = (name: string): void => {
	if (!armed || name !== step) return;
	armed = false;
	process.stdout.write('stopping\n');
	process.kill(process.pid, 'SIGSTOP');
};

const {link, rename} = fs;
fs.link = async (from, to) => {
	stopAt('lock');
	return link(from, to);
};
fs.rename = async (from, to) => {
	stopAt(String(to).endsWith('head.json') ? 'mirror' : 'lock');
	return rename(from, to);
};
syncBuiltinESMExports();

const probe = await fs.open(fileURLToPath(import.meta.url));
const handles = Object.getPrototypeOf(probe) as FileHandle;
await probe.close();
const {writeFile, sync} = handles;
let synced = 0;
handles.writeFile = async function (this: FileHandle, ...given: Parameters<FileHandle['writeFile']>) {
	stopAt('line');
	return writeFile.apply(this, given);
};
handles.sync = async function (this: FileHandle) {
	stopAt('sync');
	await sync.call(this);
	synced += 1;
	if (synced === 1) stopAt('look');
};

const {createAudit} = await import('../../../src/audit/audit-log.ts');
const {systemClock} = await import('../../../src/time/clock.ts');
const {actor} = await import('../state/test-actor.ts');

const lockTimes = {leaseMs: Number(leaseMs), renewMs: Number(leaseMs) / 5, waitMs: 20_000};
const audit = createAudit({stateDir, clock: systemClock, actor, app: '0.1.0', lockTimes});
await audit.append({kind: 'resolve', note: 'sleeper 1'});
armed = true;
synced = 0;
await audit.append({kind: 'resolve', note: 'sleeper 2'});
await audit.append({kind: 'resolve', note: 'sleeper 3'});
