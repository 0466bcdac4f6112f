import {once} from 'node:events';
import {type AddressInfo, createServer} from 'node:net';
import {expect, onTestFinished, test} from 'vitest';
import {createAuditSetup} from '../../bin/audit-setup.ts';
import {checkSinks} from '../../bin/cli/doctor-sinks.ts';
import {createAudit} from '../../src/audit/audit-log.ts';
import type {NamedSink} from '../../src/config/audit-sinks.ts';
import {createKeymap} from '../../src/input/keymap.ts';
import {createPolicy, type Policy} from '../../src/policy/policy.ts';
import {systemClock} from '../../src/time/clock.ts';
import {scratchDir} from '../src/state/scratch-dir.ts';
import {actor} from '../src/state/test-actor.ts';

async function logServer(): Promise<number> {
	const server = createServer(socket => socket.resume());
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	onTestFinished(() => void server.close());
	return (server.address() as AddressInfo).port;
}

const sink = (port: number, required = true): NamedSink => ({
	name: 'siem',
	destination: `127.0.0.1:${port}`,
	required,
	include: ['reason'],
	byPolicy: true,
	settings: {kind: 'syslog', to: {over: 'tcp', host: '127.0.0.1', port}, facility: 4, tls: {}},
});

test('doctor says where copies go, how far they are, and whether the place can be reached', async () => {
	const stateDir = await scratchDir();
	const log = createAudit({stateDir, clock: systemClock, actor, app: '0.1.0'});
	const port = await logServer();
	const sinks = [sink(port)];
	expect((await checkSinks(sinks, stateDir, log.dir)).lines).toEqual([
		`copies to siem, syslog at 127.0.0.1:${port}, required, by the policy of this machine, with reason`,
		'  has taken nothing yet',
		'  can be reached',
	]);
	const copies = await createAuditSetup({
		sinks,
		log,
		stateDir,
		clock: systemClock,
		policy: () => undefined,
		keymap: createKeymap(),
	});
	await copies.audit.append({kind: 'intent', target: 'tank'});
	await copies.close();
	await log.append({kind: 'stop'});
	expect((await checkSinks(sinks, stateDir, log.dir)).lines[1]).toBe('  has taken all up to record 1, 1 wait');
	const dead = await checkSinks([sink(1)], stateDir, log.dir);
	expect(dead.code).toBe(1);
	expect(dead.lines[2]).toMatch(/cannot be reached: .*ECONNREFUSED.*nothing can be changed until it can/);
	expect((await checkSinks([sink(1, false)], stateDir, log.dir)).code).toBe(0);
});

test('a console whose policy names other copies than at its start does nothing until it is started again', async () => {
	const stateDir = await scratchDir();
	const log = createAudit({stateDir, clock: systemClock, actor, app: '0.1.0'});
	const under = (...names: readonly string[]): Policy =>
		createPolicy({readOnly: false, targets: [], file: {audit: {sinks: names.map(name => ({name}))}}});
	let policy = under('siem');
	const copies = await createAuditSetup({
		sinks: [],
		log,
		stateDir,
		clock: systemClock,
		policy: () => policy,
		keymap: createKeymap(),
	});
	await copies.audit.append({kind: 'intent', target: 'tank'});
	policy = under('siem', 'second');
	await expect(copies.audit.append({kind: 'intent', target: 'tank'})).rejects.toMatchObject({
		name: 'AuditError',
		message: 'the policy of this machine names other copies of the audit now',
		hint: 'start midwatch again',
	});
	// Looking goes on, and is recorded.
	await copies.audit.append({kind: 'stop'});
	expect((await log.recent(9)).map(({kind}) => kind)).toEqual(['stop', 'intent']);
	await copies.close();
});
