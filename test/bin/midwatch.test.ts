import {chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer, type Server} from 'node:net';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {exitCodes, exitCodeTable} from '../../bin/cli/exit-codes.ts';
import {keysReference} from '../../bin/cli/reference-docs.ts';
import {panes} from '../../bin/panes.ts';
import {systems} from '../../bin/systems.ts';
import {createAudit} from '../../src/audit/audit-log.ts';
import {type AuditRecord, canonicalJson, sealRecord} from '../../src/audit/audit-record.ts';
import {systemClock} from '../../src/time/clock.ts';
import {type BuiltProgram, buildAlone} from '../e2e/built-program.ts';

let midwatch: BuiltProgram;
beforeAll(() => {
	midwatch = buildAlone();
});
afterAll(() => midwatch.remove());

const packageJson = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

/** Writes a file to the home directory. @returns its path. */
function writeHomeFile(name: string, text: string): string {
	const file = join(midwatch.home, name);
	writeFileSync(file, text);
	chmodSync(file, 0o600);
	return file;
}

describe('a state directory of a newer midwatch', () => {
	test.each([
		[['--demo']],
		[['snapshot', '--json', '--demo']],
		[['doctor', '--demo']],
		[['audit', 'verify']],
		[['audit', 'show', '01']],
	])('is refused by %j with one line and 78', async args => {
		const state = mkdtempSync(join(midwatch.home, 'newer-'));
		mkdirSync(join(state, 'midwatch'));
		const file = join(state, 'midwatch', 'state.json');
		writeFileSync(file, '{"version":2}');
		expect(await midwatch.run(args, {env: {XDG_STATE_HOME: state}})).toEqual({
			code: 78,
			stdout: '',
			stderr: `midwatch: ${file}: version is 2, written by a newer midwatch, and must be at most 1: use that midwatch, or another directory with XDG_STATE_HOME\n`,
		});
		expect(readdirSync(join(state, 'midwatch'))).toEqual(['state.json']);
	});

	test('changes nothing for commands that do not read it', async () => {
		const state = mkdtempSync(join(midwatch.home, 'newer-'));
		mkdirSync(join(state, 'midwatch'));
		writeFileSync(join(state, 'midwatch', 'state.json'), '{"version":2}');
		expect((await midwatch.run(['keys', '--markdown'], {env: {XDG_STATE_HOME: state}})).code).toBe(0);
	});
});

describe('a wrong command line exits with 64 and prints one line', () => {
	test.each([
		[['snapsot'], 'midwatch: the command snapsot is not known; did you mean snapshot? See midwatch --help.'],
		[['--demmo'], 'midwatch: the option --demmo is not known; did you mean --demo? See midwatch --help.'],
		[['--demo', 'lokcs'], 'midwatch: the demo has no scenario lokcs; did you mean locks? See midwatch --help.'],
		[
			['doctor', '--demo=storms'],
			'midwatch: the demo has no scenario storms; did you mean storm? See midwatch --help.',
		],
		[['--target'], 'midwatch: --target needs a value. See midwatch --help.'],
		[['--read-only=no'], 'midwatch: --read-only takes no value. See midwatch --help.'],
		[['--config', 'a', '--config', 'b'], 'midwatch: --config is given twice. See midwatch --help.'],
		[
			['doctor', '--grants', '--json'],
			'midwatch: doctor --grants has no --json: its lines are statements to run. See midwatch --help.',
		],
		[['--json'], 'midwatch: --json does not go with the console. See midwatch --help.'],
		[['snapshot'], 'midwatch: snapshot is used as: midwatch snapshot --json [--pane P]. See midwatch --help.'],
		[
			['doctor', 'orders'],
			'midwatch: midwatch doctor takes no further word, and "orders" was given. See midwatch --help.',
		],
		[
			['audit'],
			'midwatch: audit is used as: midwatch audit verify [FILE | --against COPY] [--json], or midwatch audit show RECORD [--json]. See midwatch --help.',
		],
		[['keys'], 'midwatch: keys is used as: midwatch keys --markdown. See midwatch --help.'],
		[
			['snapshot', '--json', '--demo', '--pane', 'podz'],
			`midwatch: there is no pane podz; there are ${panes.map(({id}) => id).join(', ')}. See midwatch --help.`,
		],
		[
			['doctor', '--demo', '--target', 'prodeu'],
			'midwatch: no target is called prodeu; did you mean prod-eu? See midwatch --help.',
		],
	])('%j', async (args, message) => {
		expect(await midwatch.run(args)).toEqual({code: 64, stdout: '', stderr: `${message}\n`});
	});

	test.each([[['doctor']], [['snapshot', '--json']]])('%j with nothing to watch', async args => {
		const {code, stdout, stderr} = await midwatch.run(args);
		expect({code, stdout}).toEqual({code: 78, stdout: ''});
		expect(stderr).toMatch(/^midwatch: nothing to watch: .+ Try --demo\. See midwatch --help\.\n$/);
	});

	test('a configuration with mistakes prints one line for each', async () => {
		const config = writeHomeFile(
			'mistakes.yaml',
			'them: 1\ntargets:\n  - {name: a, kind: redis, host: h, password: hunter2}\n',
		);
		const {code, stdout, stderr} = await midwatch.run(['doctor', '--config', config]);
		expect({code, stdout}).toEqual({code: 78, stdout: ''});
		expect(stderr.split('\n')).toEqual([expect.stringContaining(`${config}:1:1: "them" is not known`), '']);
		const secret = writeHomeFile('secret.yaml', 'targets:\n  - {name: a, kind: redis, host: h, password: hunter2}\n');
		const second = await midwatch.run(['snapshot', '--json'], {env: {MIDWATCH_CONFIG: secret}});
		expect(second).toMatchObject({code: 78, stdout: ''});
		expect(second.stderr).toContain(`${secret}:2:47: password holds the secret itself`);
		expect(second.stderr).not.toContain('hunter2');
	});

	test('a configuration that does not exist', async () => {
		const config = join(midwatch.home, 'missing.yaml');
		const {code, stdout, stderr} = await midwatch.run(['snapshot', '--json', '--config', config]);
		expect({code, stdout}).toEqual({code: 78, stdout: ''});
		expect(stderr).toContain(`${config}: there is no such file`);
	});

	test('a configuration file in the current directory is not read', async () => {
		for (const name of ['config.yaml', 'midwatch.yaml', '.midwatch.yaml']) writeHomeFile(name, 'nonsense: 1');
		expect((await midwatch.run(['doctor'])).stderr).toContain('nothing to watch');
	});
});

describe('commands that need no system', () => {
	test('--version and --help, also after a command', async () => {
		expect(await midwatch.run(['--version'])).toEqual({code: 0, stdout: `${packageJson.version}\n`, stderr: ''});
		const help = await midwatch.run(['snapshot', '--help']);
		expect(help).toMatchObject({code: 0, stderr: ''});
		for (const {code, meaning} of exitCodeTable) expect(help.stdout).toContain(`  ${code.padEnd(6)} ${meaning}\n`);
		for (const word of [
			'--config',
			'--demo',
			'--read-only',
			'--target',
			'snapshot --json',
			'doctor',
			'keys --markdown',
			'audit verify',
			'audit show',
		]) {
			expect(help.stdout).toContain(word);
		}
	});

	test('keys --markdown prints docs/keys.md', async () => {
		expect(await midwatch.run(['keys', '--markdown'])).toEqual({
			code: 0,
			stdout: keysReference(systems, panes),
			stderr: '',
		});
	});

	test('audit verify: 0 for no records, 1 for a changed file, 2 for a missing one', async () => {
		const none = await midwatch.run(['audit', 'verify']);
		expect(none).toMatchObject({code: 0, stderr: ''});
		expect(none.stdout).toMatch(/midwatch\/audit: no records yet\n$/);
		const alone = join(midwatch.home, 'state of verify');
		const folder = join(alone, 'midwatch', 'demo', 'audit');
		mkdirSync(folder, {recursive: true});
		writeFileSync(join(folder, '2026-11.jsonl'), '');
		const demo = await midwatch.run(['audit', 'verify'], {env: {XDG_STATE_HOME: alone}});
		expect(demo.stdout).toContain("no records yet; for those of the demo: midwatch audit verify '");
		expect(demo.stdout).toContain('/midwatch/demo/audit/2026-11.jsonl');
		const changed = writeHomeFile('2026-11.jsonl', '{"seq":1}\n');
		const bad = await midwatch.run(['audit', 'verify', changed]);
		expect(bad.code).toBe(1);
		expect(bad.stdout).toContain(`${changed}:1: `);
		expect(bad.stdout).toMatch(/not sound, \d+ faults?\n$/);
		expect((await midwatch.run(['audit', 'verify', join(midwatch.home, 'none.jsonl')])).code).toBe(2);
	});

	test('doctor reports the audit log, and exits with 1 when it cannot be written or is not sound', async () => {
		const alone = {XDG_STATE_HOME: join(midwatch.home, 'state of doctor')};
		const folder = join(alone.XDG_STATE_HOME, 'midwatch', 'demo', 'audit');
		const doctor = (...args: string[]) =>
			midwatch.run(['doctor', '--demo', '--target', 'redis-main', ...args], {env: alone});
		const fresh = await doctor();
		expect(fresh).toMatchObject({code: 0, stderr: ''});
		expect(fresh.stdout).toContain(`audit log: ${folder}\n  no records yet\n  can be written\n`);
		expect(existsSync(alone.XDG_STATE_HOME)).toBe(false);

		mkdirSync(folder, {recursive: true});
		writeFileSync(join(folder, '2026-11.jsonl'), '{"seq":1}\n');
		const changed = await doctor();
		expect(changed.code).toBe(1);
		expect(changed.stdout).toMatch(
			/\n {2}not sound: .+2026-11\.jsonl: .+\n.*\n? {4}copy the directory before .+ midwatch audit verify lists every fault/,
		);
		expect(changed.stdout).toContain('  can be written\n');

		rmSync(folder, {recursive: true});
		writeFileSync(folder, '');
		const stopped = await doctor();
		expect(stopped.stdout).toMatch(
			/\n {2}the record cannot be written: ENOTDIR.+; no action can run until it can be written\n {4}.* must be a directory, but something else/,
		);
		expect(stopped.code).toBeGreaterThan(0);
	});

	test('audit show prints the record with an id and the records that refer to it', async () => {
		const id = '01M7Z6TDY9040G2081040G2081';
		const folder = join(midwatch.home, 'state of show', 'midwatch', 'audit');
		const env = {XDG_STATE_HOME: join(midwatch.home, 'state of show')};
		expect(await midwatch.run(['audit', 'show', id], {env})).toEqual({
			code: 1,
			stdout: `${folder}: no record ${id}\n`,
			stderr: '',
		});
		mkdirSync(folder, {recursive: true});
		const records = [
			{id, kind: 'intent'},
			{id: 'OTHER', kind: 'start'},
			{id: 'THIRD', kind: 'outcome', of: id},
		];
		const actor = {user: 'me', host: 'here', pid: 1};
		let place = {seq: 0, hash: '0'.repeat(64)};
		const lines = records.map(record => {
			const sealed = sealRecord({
				...{
					...record,
					kind: record.kind as AuditRecord['kind'],
					v: 1,
					seq: place.seq + 1,
					ts: '2026-11-22T02:00:00.000Z',
				},
				...{session: 'S', app: '0.1.0', actor: {...actor, uid: 1}, prev: place.hash},
			});
			place = sealed;
			return `${canonicalJson(sealed)}\n`;
		});
		writeFileSync(join(folder, '2026-11.jsonl'), lines.join(''));
		const {code, stdout} = await midwatch.run(['audit', 'show', id.toLowerCase()], {env});
		expect(code).toBe(0);
		expect([...stdout.matchAll(/"kind": "(\w+)"/g)].map(([, kind]) => kind)).toEqual(['intent', 'outcome']);
	});

	test('audit verify --against: 0 for an equal copy, 1 when the log was rolled back, 2 for a missing copy', async () => {
		const alone = {XDG_STATE_HOME: join(midwatch.home, 'state of a copy')};
		const folder = join(alone.XDG_STATE_HOME, 'midwatch', 'audit');
		const audit = createAudit({
			stateDir: join(alone.XDG_STATE_HOME, 'midwatch'),
			clock: systemClock,
			actor: {user: 'mira', uid: 1000, host: 'here', pid: 1},
			app: '0.1.0',
		});
		const early = await audit.append({kind: 'start'});
		const [month = ''] = readdirSync(folder).filter(name => name.endsWith('.jsonl'));
		const before = readFileSync(join(folder, month));
		const head = readFileSync(join(folder, 'head.json'));
		const late = await audit.append({kind: 'stop'});
		const copy = join(midwatch.home, 'copy.log');
		const lines = [early, late].map(({seq, hash}) => `Jan 31 host midwatch - ${JSON.stringify({seq, hash})}\n`);
		writeFileSync(copy, lines.join(''));
		const verify = () => midwatch.run(['audit', 'verify', '--against', copy], {env: alone});
		expect(await verify()).toMatchObject({code: 0, stdout: expect.stringContaining('2 records: same as in the log')});
		writeFileSync(join(folder, month), before);
		writeFileSync(join(folder, 'head.json'), head);
		const rolled = await verify();
		expect(rolled.code).toBe(1);
		expect(rolled.stdout).toContain('record 2 was delivered but is not in the log');
		expect(rolled.stdout).toContain(': sound');
		expect((await midwatch.run(['audit', 'verify', '--against', `${copy}.none`], {env: alone})).code).toBe(2);
	});

	test('audit verify: 1 when it is not known whether the end was cut off', async () => {
		const emptied = writeHomeFile('2026-12.jsonl', '');
		const unknown = await midwatch.run(['audit', 'verify', emptied]);
		expect(unknown.code).toBe(1);
		expect(unknown.stdout).toMatch(/whether its end was cut off .*head\.json/);
		expect(unknown.stdout).toMatch(/: 0 records: not known to be sound\n$/);
	});
});

test('every exit code of ours has a meaning, and no two have the same number', () => {
	const numbers = Object.values(exitCodes).map(String);
	expect(exitCodeTable.map(({code}) => code).filter(code => /^\d+$/.test(code))).toEqual(numbers);
	expect(new Set(numbers).size).toBe(numbers.length);
});

test('an unexpected error exits with 70 and prints its stack', async () => {
	const breaks = "process.stdout.write = () => { throw new Error('out of order'); };";
	const node = ['--import', `data:text/javascript,${encodeURIComponent(breaks)}`];
	const {code, stderr} = await midwatch.run(['--version'], {node});
	expect(code).toBe(70);
	expect(stderr).toMatch(/^midwatch stopped because of a bug in midwatch:\nError: out of order\n {4}at /);
});

describe.concurrent('snapshot --json on the demo', () => {
	const snapshot = async (...args: readonly string[]) => {
		const {code, stdout, stderr} = await midwatch.run(['snapshot', '--json', ...args]);
		expect(stderr).toBe('');
		const {data, ...envelope} = JSON.parse(stdout);
		return {code, envelope, data};
	};

	test('calm: nothing is wrong, everything is read twice', async () => {
		const {code, envelope, data} = await snapshot('--demo', 'calm');
		expect(code).toBe(0);
		expect(envelope).toMatchObject({midwatch: packageJson.version, exitCode: 0});
		expect(data.unread).toEqual([]);
		expect(data.findings.filter((finding: {severity: string}) => finding.severity === 'crit')).toEqual([]);
		const kinds = new Set(data.readings.map((reading: {kind: string}) => reading.kind));
		for (const {sections} of panes) for (const {kind} of sections) expect(kinds).toContain(kind);
		for (const reading of data.readings) expect(reading).toMatchObject({state: 'live', readAt: expect.any(String)});
	});

	test('storm: something is critical', async () => {
		const {code, envelope, data} = await snapshot('--demo', 'storm');
		expect(code).toBe(1);
		expect(envelope.exitCode).toBe(1);
		expect(data.findings[0]).toMatchObject({
			severity: 'crit',
			sentence: expect.any(String),
			evidence: expect.any(Array),
		});
	});

	test('--pane and --target limit the document to what they show', async () => {
		const {data} = await snapshot('--demo', 'calm', '--pane', 'consumer-lag', '--target', 'kafka-main');
		expect(data.targets.map(({name}: {name: string}) => name)).toEqual(['kafka-main']);
		expect(new Set(data.readings.map(({kind}: {kind: string}) => kind))).toEqual(new Set(['kafka.lag', 'kafka.topic']));
		expect(data.readings[0].rows.length).toBeGreaterThan(0);
	});
});

describe.concurrent('targets that cannot be reached', () => {
	/** Accepts connections and never answers. */
	let silent: Server;
	let port: number;
	beforeAll(async () => {
		silent = createServer(() => {});
		await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve));
		const address = silent.address();
		port = typeof address === 'object' && address !== null ? address.port : 0;
	});
	afterAll(() => silent.close());

	const config = () =>
		writeHomeFile(
			'unreachable.yaml',
			[
				'targets:',
				// Port 1 refuses.
				'  - {name: db, kind: postgres, host: 127.0.0.1, port: 1, user: me, password: "${env:PW}"}',
				`  - {name: cache, kind: redis, host: 127.0.0.1, port: ${port}, password: "\${env:PW}"}`,
			].join('\n'),
		);

	test('doctor names each, with a hint, and exits with 2', async ({expect}) => {
		const {code, stdout, stderr} = await midwatch.run(['doctor', '--config', config()], {env: {PW: 'hunter2'}});
		expect({code, stderr}).toEqual({code: 2, stderr: ''});
		expect(stdout).toMatch(
			/^db, PostgreSQL, 127\.0\.0\.1:1\/me as me, .+guarded\n {2}not reachable \(unreachable\): /m,
		);
		expect(stdout).toMatch(
			/^cache, Redis, 127\.0\.0\.1:\d+ as default, no TLS, guarded\n {2}not reachable \(timeout\): /m,
		);
		expect(stdout).not.toContain('hunter2');
	});

	test('snapshot lists the sources that were not read, and exits with 2', async ({expect}) => {
		const {code, stdout, stderr} = await midwatch.run(['snapshot', '--json', '--config', config()], {
			env: {PW: 'hunter2'},
		});
		expect({code, stderr}).toEqual({code: 2, stderr: ''});
		const {data} = JSON.parse(stdout);
		expect(new Set(data.unread.map(({target}: {target: string}) => target))).toEqual(new Set(['db', 'cache']));
		expect(data.unread[0]).toMatchObject({text: expect.any(String), hint: expect.any(String)});
		expect(stdout).not.toContain('hunter2');
	});
});
