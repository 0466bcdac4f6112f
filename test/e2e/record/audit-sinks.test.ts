import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer, type Server, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, expect, test} from 'vitest';
import {parse, stringify} from 'yaml';
import {describeRedis} from '../../estate/describe-server.ts';
import {infoField, sendCommand} from '../../estate/redis.ts';
import {freePort} from '../../estate/server-process.ts';
import {writeConfig} from '../../estate/target-config.ts';
import {type ConsoleProcess, startConsole} from '../console-process.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
	for (const close of closing.splice(0).reverse()) await close();
});

/** A syslog server that stores what it receives. */
async function listen(port: number) {
	const sockets = new Set<Socket>();
	let text = '';
	const server: Server = createServer(socket => {
		sockets.add(socket);
		socket.setEncoding('utf8').on('data', (part: string) => (text += part));
		socket.on('error', () => {});
	});
	await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve));
	closing.push(() => {
		server.close();
		for (const socket of sockets) socket.destroy();
	});
	return {
		/** `kind` of each record, by its number. */
		kinds: () => {
			const found = [...text.matchAll(/ - (\{.*?\})(?=\d+ <|$)/gs)].map(
				([, json = '']) => JSON.parse(json) as {seq: number; kind: string},
			);
			return [...new Map(found.map(({seq, kind}) => [seq, kind])).values()];
		},
	};
}

describeRedis('redis', 'a required copy of the audit', server => {
	const limit = async () => infoField(await sendCommand(server, ['INFO', 'memory']), 'maxmemory');

	/** Raises the limit on the selected server, and waits for what the confirmation says in the end. */
	async function raise(midwatch: ConsoleProcess, size: string, end: string): Promise<void> {
		await midwatch.select('allkeys-lru');
		await midwatch.openDeclared('redis.set-maxmemory', 'New maxmemory');
		midwatch.press('field.clear');
		midwatch.type(size);
		midwatch.press('field.accept');
		await midwatch.confirm();
		await midwatch.expect(end);
		midwatch.press('list.choose');
		await midwatch.expectAbsent(end);
	}

	test('lets nothing be done while its log server is down, but by a break-glass; then all of it is delivered', async () => {
		const before = await limit();
		closing.push(() => sendCommand(server, ['CONFIG', 'SET', 'maxmemory', before]));
		const folder = mkdtempSync(join(tmpdir(), 'midwatch-copies-'));
		closing.push(() => rmSync(folder, {recursive: true, force: true}));
		const port = await freePort();
		const file = writeConfig([server], {folder, open: [server.name]});
		const sinks = [{name: 'siem', kind: 'syslog', to: `tcp://127.0.0.1:${port}`, required: true}];
		writeFileSync(file, stringify({...parse(readFileSync(file, 'utf8')), audit: {sinks}}), {mode: 0o600});

		const midwatch = await startConsole({file});
		closing.push(() => midwatch.close());
		await midwatch.zoom(4, 'Redis memory');
		await midwatch.expect('audit not delivered, actions blocked: siem');
		await raise(midwatch, '98mb', 'Refused');
		expect(await limit()).toBe(before);

		midwatch.press('deck.break-glass');
		await midwatch.expect('siem accepts no records');
		await midwatch.typeKeys('break-glass');
		midwatch.press('field.accept');
		await midwatch.expect('> reason');
		await midwatch.typeKeys('orders are down');
		midwatch.press('field.accept');
		await midwatch.expect('BREAK-GLASS');
		await raise(midwatch, '99mb', 'Done');
		expect(await limit()).toBe(String(99 * 1024 * 1024));

		const siem = await listen(port);
		await midwatch.expectAbsent('BREAK-GLASS');
		await raise(midwatch, '97mb', 'Done');
		const kinds = () => midwatch.audit().map(({kind}) => kind);
		expect(kinds()).toContain('break-glass-end');
		await expect.poll(siem.kinds).toEqual(kinds());
		expect(midwatch.runCommand('audit', 'verify')).toMatchObject({code: 0, err: ''});
	});
});
