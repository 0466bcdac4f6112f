import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {inspect} from 'node:util';
import {describe, expect, test} from 'vitest';
import {parseSecretReference, type SecretReference, secretFromReference} from '../../../src/config/secrets.ts';
import {AdapterError} from '../../../src/errors.ts';
import {createFakeClock} from '../../fake-clock.ts';
import {eventually} from '../../time-left.ts';
import {createTestEnvironment, writeTestFile} from './test-environment.ts';

const read = (text: string): SecretReference => {
	const reference = parseSecretReference(text);
	if (typeof reference !== 'object') throw new Error(`not read: ${reference}`);
	return reference;
};

const refusal = async (promise: Promise<string>): Promise<AdapterError> => {
	const error = await promise.then(
		value => new Error(`gave ${value}`),
		(thrown: unknown) => thrown,
	);
	if (!(error instanceof AdapterError)) throw error;
	expect(error.kind).toBe('denied');
	return error;
};

describe('a reference', () => {
	test.each([
		['${env:DB_PASSWORD}', {kind: 'env', name: 'DB_PASSWORD'}],
		['${file:/run/secrets/db}', {kind: 'file', path: '/run/secrets/db'}],
		['${file:~/db}', {kind: 'file', path: '~/db'}],
		['${exec:[vault, read, -field=x, a b]}', {kind: 'exec', argv: ['vault', 'read', '-field=x', 'a b']}],
		['${exec:["pass", "show", "1"]}', {kind: 'exec', argv: ['pass', 'show', '1']}],
		['${exec:[sleep, 1, true]}', {kind: 'exec', argv: ['sleep', '1', 'true']}],
	])('%s is read', (text, reference) => {
		expect(parseSecretReference(text)).toEqual(reference);
	});

	test.each(['hunter2', '$env:X', '{env:X}', 'a ${env:X}', ''])('%s is not a reference', text => {
		expect(parseSecretReference(text)).toBeUndefined();
	});

	test.each([
		'${env:a b}',
		'${env:}',
		'${file:secret}',
		'${exec:cat /x}',
		'${exec:[]}',
		'${exec:[a, [b]]}',
		'${exec:[a}',
		'${exec:[./a, b]}',
		'${exec:[bin/a]}',
		'${vault:x}',
	])('%s is a mistake', text => {
		const words = parseSecretReference(text);
		expect(words).toEqual(expect.stringMatching(/reference|command/));
		expect(words).not.toContain(text.slice(2, -1));
	});
});

test('a secret shows where it comes from and nothing more', async () => {
	const secret = secretFromReference(read('${env:PW}'), {env: {PW: 's3cret'}});
	expect(await secret.reveal()).toBe('s3cret');
	expect(`${JSON.stringify(secret)} ${inspect(secret, {depth: 9, showHidden: true})}`).not.toContain('s3cret');
	expect(secret.source).toBe('${env:PW}');
});

test('a variable that is not set is reported by name', async () => {
	const error = await refusal(secretFromReference(read('${env:PW}'), {env: {}}).reveal());
	expect(error.message).toBe('${env:PW}: the environment variable PW is not set');
});

describe('a file', () => {
	test('is read at each use, without its last line end', async () => {
		const environment = createTestEnvironment();
		writeTestFile(environment, 'secret', 'one\n');
		const secret = secretFromReference(read('${file:~/secret}'), environment);
		expect(await secret.reveal()).toBe('one');
		writeTestFile(environment, 'secret', 'two\r\n');
		expect(await secret.reveal()).toBe('two');
	});

	test.each([0o640, 0o604, 0o644])('is refused when others can read it: %o', async mode => {
		const environment = createTestEnvironment();
		const file = writeTestFile(environment, 'secret', 's3cret', mode);
		const error = await refusal(secretFromReference(read(`\${file:${file}}`), environment).reveal());
		expect(error.message).toBe(`${file}: can be read by others (mode ${mode.toString(8)}): chmod 600 ${file}`);
	});

	test('that is missing or empty is reported', async () => {
		const environment = createTestEnvironment();
		const missing = await refusal(secretFromReference(read('${file:~/none}'), environment).reveal());
		expect(missing.message).toBe('${file:~/none}: there is no such file');
		writeTestFile(environment, 'empty', '\n');
		const empty = await refusal(secretFromReference(read('${file:~/empty}'), environment).reveal());
		expect(empty.message).toBe('${file:~/empty}: the file is empty');
	});
});

/** Whether a process still runs. A zombie, whose parent has not read its status yet, does not. */
const runs = (pid: string): boolean => {
	try {
		return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
	} catch {
		return false;
	}
};

describe('a command', () => {
	/** A command that counts its runs in a file and then runs `script`. */
	const counting = (script: string) => {
		const environment = createTestEnvironment();
		const log = join(environment.home, 'runs');
		const code = `require('fs').appendFileSync(${JSON.stringify(log)}, 'x'); const runs = require('fs').readFileSync(${JSON.stringify(log)}, 'utf8').length; ${script}`;
		const clock = createFakeClock();
		const secret = secretFromReference({kind: 'exec', argv: [process.execPath, '-e', code]}, {clock});
		return {secret, clock, runs: () => readFileSync(log, 'utf8').length};
	};

	test('is run once for concurrent callers, and again after a minute', async () => {
		const {secret, clock, runs} = counting('console.log(`s3cret-${runs}`)');
		expect(await Promise.all([secret.reveal(), secret.reveal(), secret.reveal()])).toEqual([
			's3cret-1',
			's3cret-1',
			's3cret-1',
		]);
		await clock.advance(59_999);
		expect(await secret.reveal()).toBe('s3cret-1');
		await clock.advance(1);
		expect(await secret.reveal()).toBe('s3cret-2');
		expect(runs()).toBe(2);
	});

	test('is run again after a minute also when the clock was set back', async () => {
		const {secret, clock} = counting('console.log(`s3cret-${runs}`)');
		expect(await secret.reveal()).toBe('s3cret-1');
		clock.set(-7_200_000);
		await clock.advance(60_000);
		expect(await secret.reveal()).toBe('s3cret-2');
	});

	test('whose secret has an expiry is run again a minute before it', async () => {
		const start = createFakeClock().now();
		const expires = new Date(start + 900_000).toISOString();
		const {secret, clock} = counting(`console.log(JSON.stringify({secret: 'run' + runs, expires: '${expires}'}))`);
		expect(await secret.reveal()).toBe('run1');
		await clock.advance(839_999);
		expect(await secret.reveal()).toBe('run1');
		await clock.advance(1);
		expect(await secret.reveal()).toBe('run2');
	});

	test('that fails later leaves a cached secret in use until it expires, and not longer', async () => {
		const expires = new Date(createFakeClock().now() + 900_000).toISOString();
		const {secret, clock, runs} = counting(
			`if (runs > 1) process.exit(3); console.log(JSON.stringify({secret: 'first', expires: '${expires}'}))`,
		);
		expect(await secret.reveal()).toBe('first');
		await clock.advance(850_000);
		expect(await secret.reveal()).toBe('first');
		expect(runs()).toBe(2);
		await clock.advance(50_000);
		expect((await refusal(secret.reveal())).message).toContain('ended with status 3');
	});

	test('that fails is reported without its stdout', async () => {
		const {secret} = counting(`console.log('s3cret'); console.error('s3cret'); process.exit(3)`);
		const error = await refusal(secret.reveal());
		expect(error.message).toMatch(/ended with status 3$/);
		expect(`${error.stack} ${inspect(error, {depth: 9})}`.replaceAll(error.message, '')).not.toContain('s3cret');
	});

	test('without output is killed after 10 seconds, with the children that hold its stdout', async () => {
		const environment = createTestEnvironment();
		const clock = createFakeClock();
		const pids = join(environment.home, 'pids');
		const script = `sleep 600 & echo $! $$ > ${pids}.new; mv ${pids}.new ${pids}; wait`;
		const waiting = refusal(secretFromReference({kind: 'exec', argv: ['sh', '-c', script]}, {clock}).reveal());
		const started = await eventually(() => readFileSync(pids, 'utf8'));
		await clock.advance(10_000);
		expect((await waiting).message).toMatch(/: no answer in 10 s$/);
		await eventually(() => expect(started.trim().split(' ').filter(runs)).toEqual([]));
	});

	test('that prints without end is killed', async () => {
		const error = await refusal(secretFromReference(read('${exec:["yes"]}')).reveal());
		expect(error.message).toBe('${exec:[yes]}: printed more than 64 kB');
	});

	test('is not given to a shell', async () => {
		const secret = secretFromReference({kind: 'exec', argv: ['echo', '$(id) `id` ; id']});
		expect(await secret.reveal()).toBe('$(id) `id` ; id');
	});

	test('that does not exist, or prints nothing, is reported', async () => {
		const missing = await refusal(secretFromReference(read('${exec:[/nowhere/tool]}')).reveal());
		expect(missing.message).toBe('${exec:[/nowhere/tool]}: cannot be run: ENOENT');
		const silent = await refusal(secretFromReference(read('${exec:["true"]}')).reveal());
		expect(silent.message).toBe('${exec:[true]}: printed nothing');
	});
});
