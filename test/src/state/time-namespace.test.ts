import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect, onTestFinished, test} from 'vitest';
import {withLock} from '../../../src/state/lock-file.ts';
import {type Liveness, livenessOf, ownIdentity, type ProcessIdentity} from '../../../src/state/process-identity.ts';
import {commandInTimeNamespace, describeTimeNamespace} from './namespaces.ts';
import {scratchDir} from './scratch-dir.ts';

const checkHolderScript = fileURLToPath(new URL('check-holder.ts', import.meta.url));

type Judged = {readonly own: ProcessIdentity; readonly liveness: Liveness; readonly isTaken: boolean};

/** What another process says of this one while this one holds the lock, and what this one says of it. */
async function judgeEachOther(around: (command: readonly string[]) => readonly string[]) {
	const own = ownIdentity();
	const path = join(await scratchDir(), 'writer.lock');
	return withLock(path, {about: 'the first', identity: own}, async () => {
		const [program = '', ...words] = around([process.execPath, checkHolderScript, JSON.stringify(own), path]);
		const child = spawn(program, words, {stdio: ['pipe', 'pipe', 'inherit']});
		onTestFinished(() => void child.kill('SIGKILL'));
		const [line] = (await once(child.stdout, 'data')) as [Buffer];
		const {own: other, liveness, isTaken} = JSON.parse(line.toString()) as Judged;
		const seen = livenessOf(other, own);
		child.stdin.end();
		return {liveness, isTaken, seen};
	});
}

test('two processes of the same namespaces see that the other one runs', async () => {
	expect(await judgeEachOther(command => command)).toEqual({liveness: 'alive', isTaken: false, seen: 'alive'});
});

describeTimeNamespace('a process in another time namespace', () => {
	test('is checked by its lease, and checks others by theirs: neither takes the lock of the other', async () => {
		expect(await judgeEachOther(commandInTimeNamespace)).toEqual({
			liveness: 'elsewhere',
			isTaken: false,
			seen: 'elsewhere',
		});
	});
});
