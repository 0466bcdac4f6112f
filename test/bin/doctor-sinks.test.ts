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

test('doctor prints the destination of each sink, its delivered records, and whether it can be reached', async () => {
	const stateDir = await scratchDir();
	const log = createAudit({stateDir, clock: systemClock, actor, app: '0.1.0'});
	const port = await logServer();
	const sinks = [sink(port)];
	expect((await checkSinks(sinks, stateDir, log.dir)).lines).toEqual([
		`copies to siem, syslog at 127.0.0.1:${port}, required, by the policy of this machine, with reason`,
		'  has accepted no record yet',
		'  can be reached',
	]);
	const setup = await createAuditSetup({
		sinks,
		log,
		stateDir,
		clock: systemClock,
		policy: () => undefined,
		keymap: createKeymap(),
	});
	await setup.audit.append({kind: 'intent', target: 'redis-main'});
	await setup.close();
	await log.append({kind: 'stop'});
	expect((await checkSinks(sinks, stateDir, log.dir)).lines[1]).toBe('  has accepted all records up to 1, 1 wait');
	const unreachable = await checkSinks([sink(1)], stateDir, log.dir);
	expect(unreachable.code).toBe(1);
	expect(unreachable.lines[2]).toMatch(/cannot be reached: .*ECONNREFUSED.*no action can run until it can/);
	expect((await checkSinks([sink(1, false)], stateDir, log.dir)).code).toBe(0);
});

test('when the policy names other sinks than at the start, every action is refused until a restart', async () => {
	const stateDir = await scratchDir();
	const log = createAudit({stateDir, clock: systemClock, actor, app: '0.1.0'});
	const policyWith = (...names: readonly string[]): Policy =>
		createPolicy({readOnly: false, targets: [], file: {audit: {sinks: names.map(name => ({name}))}}});
	let policy = policyWith('siem');
	const setup = await createAuditSetup({
		sinks: [],
		log,
		stateDir,
		clock: systemClock,
		policy: () => policy,
		keymap: createKeymap(),
	});
	await setup.audit.append({kind: 'intent', target: 'redis-main'});
	policy = policyWith('siem', 'second');
	await expect(setup.audit.append({kind: 'intent', target: 'redis-main'})).rejects.toMatchObject({
		name: 'AuditError',
		message: 'the policy of this machine names other copies of the audit now',
		hint: 'restart midwatch',
	});
	// Records that are no intents are still written.
	await setup.audit.append({kind: 'stop'});
	expect((await log.recent(9)).map(({kind}) => kind)).toEqual(['stop', 'intent']);
	await setup.close();
});
