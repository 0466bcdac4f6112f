import type {Socket} from 'node:net';
import {afterEach, describe, expect, test} from 'vitest';
import {AdapterError} from '../../../src/errors.ts';
import type {MaxmemoryChange, RedisSettings} from '../../../src/port/redis.ts';
import {describeRedis} from '../../estate/describe-server.ts';
import {type FakeTcpServer, startFakeTcpServer} from '../../faults/fake-tcp-server.ts';
import {
	actionOf,
	openRedis,
	type RedisFixture,
	readInfoField,
	settingsFor,
	startDedicatedRedis,
	testContext,
} from './redis-fixture.ts';

const fixtures: RedisFixture[] = [];
const servers: FakeTcpServer[] = [];

async function open(settings: RedisSettings): Promise<RedisFixture> {
	const fixture = await openRedis(settings);
	fixtures.push(fixture);
	return fixture;
}

/** Something that is not Redis, on a port of its own. */
async function listen(talk: (socket: Socket) => void): Promise<RedisSettings> {
	const server = await startFakeTcpServer(talk);
	servers.push(server);
	return settingsFor(server);
}

afterEach(async () => {
	for (const fixture of fixtures.splice(0)) await fixture.connection.close();
	for (const server of servers.splice(0)) server.close();
});

const failure = async (work: Promise<unknown>): Promise<AdapterError> => {
	const error = await work.then(
		() => undefined,
		thrown => thrown,
	);
	expect(error).toBeInstanceOf(AdapterError);
	return error;
};

/** Redis as far as `INFO`, with a reply of ours. */
const impostor = (info: string) => (socket: Socket) => {
	socket.on('data', data => {
		for (const word of data.toString().match(/\r\n(INFO|CLIENT|SLOWLOG|ACL)\r\n/g) ?? []) {
			socket.write(word.includes('INFO') ? info : '-ERR unknown command\r\n');
		}
	});
};

describe('a reply that would overflow the stack or the memory', () => {
	test.each([
		['lists within lists', '*1\r\n'.repeat(20_000), 'a reply nested more than 32 levels deep'],
		[
			'a list of more members than memory holds',
			'*33000000\r\n'.repeat(1000),
			'a reply with more than 2000000 members',
		],
		['a string of gigabytes', '$2147483647\r\n', 'a reply of more than 128 MB'],
	])('%s', async (_, reply, said) => {
		const fixture = await open(await listen(impostor(reply)));
		const error = await failure(fixture.read('redis.server'));
		expect(error.kind).toBe('malformed');
		expect(error.message).toContain(`sends ${said}`);
		expect(error.hint).toContain('check host and port');
	});
});

describe('a server that is down or does not answer', () => {
	test('is unreachable at once when its port refuses connections', async () => {
		const fixture = await open(settingsFor({host: '127.0.0.1', port: 1}));
		expect(await failure(fixture.read('redis.server'))).toMatchObject({
			kind: 'unreachable',
			message: '127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1',
			hint: 'Nothing listens there: start the server, or correct host and port.',
		});
	});

	test('ends in the timeout of the connection when it accepts and stays silent', async () => {
		const fixture = await open(await listen(() => {}));
		expect((await failure(fixture.read('redis.server'))).kind).toBe('timeout');
	});

	test('does not delay an abort while it is silent', async () => {
		const fixture = await open(await listen(() => {}));
		const abort = new AbortController();
		const read = failure(fixture.read('redis.server', {...testContext, signal: abort.signal}));
		abort.abort();
		expect((await read).kind).toBe('timeout');
		expect((await failure(fixture.read('redis.server', {...testContext, signal: abort.signal}))).kind).toBe('timeout');
	});

	test('is unreachable when it closes the connection, and the hint mentions TLS', async () => {
		const fixture = await open(await listen(socket => socket.destroy()));
		const error = await failure(fixture.read('redis.server'));
		expect(error.kind).toBe('unreachable');
		expect(error.hint).toMatch(/tls/);
	});

	test('is reported as malformed when it speaks HTTP', async () => {
		const fixture = await open(await listen(socket => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')));
		expect((await failure(fixture.read('redis.server'))).kind).toBe('malformed');
	});

	test.each([
		['a web page', '$6\r\n<html>\r\n'],
		['INFO without memory', '$42\r\nredis_version:7.0.15\r\nuptime_in_seconds:7\r\n\r\n'.replace('$42', '$44')],
		['a word for a figure', '$62\r\nredis_version:7.0.15\r\nuptime_in_seconds:7\r\nused_memory:much\r\n\r\n'],
	])('is reported as malformed when it sends %s in place of INFO', async (_, reply) => {
		const body = reply.slice(reply.indexOf('\n') + 1, -2);
		const fixture = await open(await listen(impostor(`$${Buffer.byteLength(body)}\r\n${body}\r\n`)));
		expect((await failure(fixture.read('redis.server'))).kind).toBe('malformed');
	});

	test('does not delay closing a hanging connection, also twice', async () => {
		const fixture = await open(await listen(() => {}));
		const read = failure(fixture.read('redis.server'));
		await fixture.connection.close();
		await fixture.connection.close();
		expect((await read).kind).toMatch(/unreachable|timeout/);
		expect((await failure(fixture.read('redis.server'))).kind).toBe('unreachable');
	});
});

describe('an action on a server that stops answering', () => {
	const info = [
		...['redis_version:7.0.15', 'run_id:r1', 'uptime_in_seconds:7', 'used_memory:1000', 'maxmemory:0'],
		...['maxmemory_policy:noeviction', 'role:master', ''],
	].join('\r\n');
	const client = 'id=7 addr=127.0.0.1:9 name= age=5 idle=1 flags=N db=0 cmd=get user=default\n';
	const bulk = (text: string) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;

	/** Redis, until one of these commands comes. */
	const until = (silent: RegExp) => (socket: Socket) => {
		socket.on('data', data => {
			const text = data.toString();
			for (const [command] of text.matchAll(/(?<=\r\n)(?:INFO|CONFIG|HELLO|SELECT|CLIENT\r\n\$\d+\r\n\w+)(?=\r\n)/g)) {
				const word = command.split('\n').at(-1) ?? '';
				if (silent.test(word)) return socket.pause();
				socket.write(word === 'INFO' ? bulk(info) : word === 'LIST' ? bulk(client) : '+OK\r\n');
			}
			return undefined;
		});
	};
	const change: MaxmemoryChange = {
		bytes: 2 ** 26,
		expected: {runId: 'r1', maxmemory: 0, policy: 'noeviction', role: 'primary', fits: true},
	};

	test.each([
		['INFO', 'denied', true],
		['CONFIG', 'timeout', false],
	])('at %s, which sets maxmemory or comes before that', async (silent, kind, harmless) => {
		const fixture = await open(await listen(until(new RegExp(silent))));
		const error = await failure(fixture.connection.port.setMaxmemory(change, {...testContext, record: 'r'}));
		expect(error).toMatchObject({kind, harmless});
		expect(error.message.startsWith('nothing was sent: ')).toBe(harmless);
	});

	test.each([
		['INFO', 'denied', true],
		['LIST', 'denied', true],
		['KILL', 'timeout', false],
	])('at %s, which kills a client or comes before that', async (silent, kind, harmless) => {
		const fixture = await open(await listen(until(new RegExp(silent))));
		const victim = {
			runId: 'r1',
			id: 7,
			address: '127.0.0.1:9',
			user: 'default',
			name: '',
			kind: '',
			ageSeconds: 5,
		} as const;
		const error = await failure(fixture.connection.port.killClient(victim, {...testContext, record: 'r'}));
		expect(error).toMatchObject({kind, harmless});
	});
});

describeRedis('redis', 'a server that stops answering', estate => {
	test('runs into the timeout, an action on it sends nothing, and the next read works again', async () => {
		const server = await startDedicatedRedis(estate, 'silence');
		try {
			const fixture = await open(settingsFor(server, server.logins.default));
			const {rows} = await fixture.read('redis.server');
			const action = actionOf('redis.set-maxmemory');
			const {plan} = await action.preview(rows, {size: '64mb'}, fixture.actionContext());
			process.kill(server.pid, 'SIGSTOP');
			const errors = await Promise.all([
				failure(fixture.read('redis.server')),
				failure(fixture.read('redis.prefix')),
				failure(fixture.read('redis.client')),
				failure(action.run(plan, fixture.actionContext())),
			]);
			expect(errors.map(error => error.kind)).toEqual(['timeout', 'timeout', 'timeout', 'denied']);
			expect(errors.map(error => error.harmless)).toEqual([false, false, false, true]);
			expect(errors[3]?.message).toMatch(/^nothing was sent: /);
			process.kill(server.pid, 'SIGCONT');
			let healed = await fixture.read('redis.server').catch(() => undefined);
			for (let turn = 0; healed === undefined && turn < 50; turn += 1) {
				await new Promise(resolve => setTimeout(resolve, 100));
				healed = await fixture.read('redis.server').catch(() => undefined);
			}
			expect(healed?.rows).toHaveLength(1);
			expect(readInfoField(server, 'maxmemory')).toBe('0');
		} finally {
			await server.end();
		}
	});

	test('that is stopped and started again is read by the next polls', async () => {
		const server = await startDedicatedRedis(estate, 'ended');
		const fixture = await open(settingsFor(server, server.logins.default));
		await fixture.read('redis.server');
		await server.end();
		expect((await failure(fixture.read('redis.server'))).kind).toBe('unreachable');
		expect((await failure(fixture.read('redis.server'))).message).toMatch(/ECONNREFUSED/);
	});
});

describeRedis('redis-tls', 'TLS', server => {
	const withTls = (tls: RedisSettings['tls']) => ({...settingsFor(server, server.logins.default), tls});

	test('with a configured CA it reads', async () => {
		const fixture = await open(withTls({ca: server.tls?.ca}));
		expect((await fixture.read('redis.server')).rows).toHaveLength(1);
	});

	test('without a CA the error names the setting', async () => {
		const error = await failure((await open(withTls({}))).read('redis.server'));
		expect(error).toMatchObject({kind: 'unreachable', hint: /tls\.ca/});
	});

	test('without TLS the error says that the port may require it', async () => {
		const error = await failure((await open(settingsFor(server, server.logins.default))).read('redis.server'));
		expect(error).toMatchObject({kind: 'unreachable', hint: /tls/});
	});
});

describeRedis('redis-tls-expired', 'TLS', server => {
	test('an expired certificate is reported as expired', async () => {
		const tls = {ca: server.tls?.ca};
		const error = await failure(
			(await open({...settingsFor(server, server.logins.default), tls})).read('redis.server'),
		);
		expect(error).toMatchObject({kind: 'unreachable', hint: /has expired/});
	});
});
