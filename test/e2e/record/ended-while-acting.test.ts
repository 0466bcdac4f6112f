import {afterEach, expect, test} from 'vitest';
import {describeRedis} from '../../estate/describe-server.ts';
import {infoField, sendCommand} from '../../estate/redis.ts';
import {type FaultProxy, startFaultProxy} from '../../faults/fault-proxy.ts';
import {type ConsoleProcess, startConsole} from '../console-process.ts';
import {expectRestored} from './expect-restored.ts';

const open: ConsoleProcess[] = [];
afterEach(async () => {
	for (const one of open.splice(0)) await one.close();
});

async function opened(options: Parameters<typeof startConsole>[0]): Promise<ConsoleProcess> {
	const one = await startConsole(options);
	open.push(one);
	return one;
}

describeRedis('redis', 'a console that is ended while it acts', server => {
	const limit = async () => infoField(await sendCommand(server, ['INFO', 'memory']), 'maxmemory');
	const wanted = String(100 * 1024 * 1024);

	/** Holds the program up right after each line on stderr: an answer to the line that comes at once meets it in that very moment. */
	const heldUp = `--import=data:text/javascript,${encodeURIComponent(
		`const write = process.stderr.write.bind(process.stderr);
		process.stderr.write = (...words) => {
			const done = write(...words);
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150);
			return done;
		};`,
	)}`;

	/** Raises the limit over a slow link, and ends the console as soon as that is on record as intended. `then` happens to the link at that moment. */
	async function ended(signal: NodeJS.Signals | 'ctrl+c twice', then: (proxy: FaultProxy) => Promise<void>) {
		const before = await limit();
		const proxy = await startFaultProxy(server);
		try {
			const one = await opened({
				servers: [{...server, host: proxy.host, port: proxy.port}],
				config: {open: [server.name]},
				...(signal === 'ctrl+c twice' ? {env: {NODE_OPTIONS: heldUp}} : {}),
			});
			await one.zoom(4, 'Redis memory');
			await one.select('allkeys-lru');
			await one.openDeclared('redis.set-maxmemory', 'New maxmemory');
			one.press('field.clear');
			one.type('100mb');
			one.press('field.accept');
			await one.expect(', to confirm');
			await proxy.set({latencyMs: 400});
			await one.confirm();
			const kinds = () => one.audit().map(line => line.kind);
			await expect.poll(kinds, {interval: 10}).toContain('intent');
			// What was intended cannot have been answered: the answer takes 800 ms.
			expect(kinds()).not.toContain('outcome');
			await then(proxy);
			if (signal === 'ctrl+c twice') {
				one.pty.type('\u0003');
				await one.expect('is in progress: it is finished and recorded first');
				one.pty.type('\u0003');
			} else one.pty.signal(signal);
			const exit = await one.pty.exited;
			expectRestored(one);
			expect(one.runCommand('audit', 'verify')).toMatchObject({code: 0, err: ''});
			return {one, exit, lines: one.audit(), now: await limit()};
		} finally {
			await proxy.close();
			await sendCommand(server, ['CONFIG', 'SET', 'maxmemory', before]);
		}
	}

	test.each([
		['SIGTERM', 143],
		['SIGHUP', 129],
		['ctrl+c twice', 0],
	] as const)('%s: the step is finished and its outcome recorded before the end', async (signal, code) => {
		const {exit, lines, now} = await ended(signal, async () => {});
		expect(exit).toEqual({code});
		expect(now).toBe(wanted);
		const intent = lines.findIndex(line => line.kind === 'intent');
		const outcome = lines.findIndex(line => line.kind === 'outcome');
		expect(outcome).toBeGreaterThan(intent);
		expect(lines[outcome]).toMatchObject({of: lines[intent]?.['id'], result: 'sent'});
		expect(lines.at(-1)).toMatchObject({kind: 'stop'});
	});

	test('SIGTERM, and the read just before it has no answer: nothing was sent, and the record says so', async () => {
		const {one, exit, lines, now} = await ended('SIGTERM', async proxy => proxy.set({mode: 'hold'}));
		expect(exit).toEqual({code: 143});
		expect(now).not.toBe(wanted);
		expect(lines.find(line => line.kind === 'outcome')).toMatchObject({
			result: 'failed',
			error: {message: expect.stringContaining('nothing was sent')},
		});
		expect(lines.at(-1)).toMatchObject({kind: 'stop'});
		const next = await opened({servers: [server], home: one.home});
		expect(await next.expect(/redis +·/)).not.toContain('unknown outcome');
	});

	test('SIGTERM, and the change does not get through: its outcome is on record as unknown, and the next console says so', async () => {
		const {one, exit, lines, now} = await ended('SIGTERM', async proxy => {
			await proxy.set({holdAt: '\r\nmaxmemory\r\n'});
		});
		expect(exit).toEqual({code: 143});
		expect(now).not.toBe(wanted);
		expect(lines.find(line => line.kind === 'outcome')).toMatchObject({result: 'unknown'});
		expect(lines.at(-1)).toMatchObject({kind: 'stop'});
		const next = await opened({servers: [server], home: one.home});
		await next.expect('1 unknown outcome');
	});

	test('SIGTERM, and only the answer is lost: it was done, its outcome is unknown, and the next console says what to look at', async () => {
		const {one, exit, lines, now} = await ended('SIGTERM', async proxy => {
			// Slow enough to stop the answer on its way once the server has done what it was sent.
			await proxy.set({latencyMs: 1200});
			await expect.poll(limit, {interval: 20}).toBe(wanted);
			await proxy.set({mode: 'hold'});
		});
		expect(exit).toEqual({code: 143});
		expect(now).toBe(wanted);
		const intent = lines.find(line => line.kind === 'intent');
		const outcomes = lines.filter(line => line.kind === 'outcome');
		expect(outcomes).toMatchObject([{of: intent?.['id'], result: 'unknown'}]);
		expect(lines.filter(line => line.kind === 'verify')).toEqual([]);
		const next = await opened({servers: [server], home: one.home, columns: 200});
		await next.expect('1 unknown outcome');
		next.press('deck.audit');
		await next.expect(/redis\.set-maxmemory on .*the outcome is not known: .*unknown, space resolves it/);
		next.press('list.resolve');
		await next.expectAbsent('1 unknown outcome');
		expect(next.audit().at(-1)).toMatchObject({kind: 'resolve', of: intent?.['id']});
		expect(next.runCommand('audit', 'verify')).toMatchObject({code: 0, err: ''});
	});
});
