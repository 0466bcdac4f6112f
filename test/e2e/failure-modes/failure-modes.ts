import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {afterAll, beforeAll, expect, test} from 'vitest';
import type {Login, ProxiedListener, WatchedServer} from '../../estate/estate-record.ts';
import {type Address, targetEntry, writeSecret, writeTargets} from '../../estate/target-config.ts';
import {type FaultProxy, startFaultProxy} from '../../faults/fault-proxy.ts';
import {timeLeftMs} from '../../time-left.ts';
import {type ConsoleProcess, startConsole} from '../console-process.ts';

/** How a server or the connection to it can fail. docs/failure-modes.md lists the test of each for each system. */
export const failureModes = [
	'refused',
	'silent after connect',
	'half-open',
	'reset',
	'2 s slow',
	'wrong password',
	'expired TLS',
	'denied permission',
	'malformed reply',
	'restarted server',
	'5 MB query or value',
] as const;

type FailureMode = (typeof failureModes)[number];

/** One target and its failure, which is injected while the target is healthy. */
export type FaultCase = {
	readonly mode: FailureMode;
	/** The target's entry in the configuration; secrets are written to files in the folder. */
	entry(name: string, folder: string): object;
	/** The proxy in front of the target, where faults are injected by one. */
	readonly proxy?: FaultProxy;
	inject(home: string): Promise<void>;
	end(home: string): Promise<void>;
	/** What the pane reports, and what it says to do. */
	readonly expectedMessage: RegExp;
	readonly expectedHint: RegExp;
	/** `failed`: reads fail and the data becomes stale · `partly`: the rest is read and stays fresh · `slowly`: everything is read, more slowly. */
	readonly reads: 'failed' | 'partly' | 'slowly';
};

type ExpectedTexts = Pick<FaultCase, 'expectedMessage' | 'expectedHint'> & Partial<Pick<FaultCase, 'reads'>>;
const links = {
	refused: {mode: 'refuse'},
	'silent after connect': {mode: 'silent'},
	'half-open': {mode: 'silent'},
	reset: {mode: 'reset'},
	'2 s slow': {latencyMs: 1000},
	'malformed reply': {garble: true},
} as const;

/** The configuration entry of a target that is reached at an address. */
type Entry = (name: string, folder: string, at: Address) => object;

export const entryOf =
	(server: WatchedServer, login?: Login): Entry =>
	(name, folder, at) =>
		targetEntry(server, {name, folder, at, login});

/**
 * The failure modes of a connection, each made by a proxy of its own. Open connections are broken too, so that none of before is reused.
 * @param server for Kafka, which sends its clients to the address that it advertises, one listener for each mode.
 */
export function linkFaultCases(
	server: Address | readonly (Address & ProxiedListener)[],
	entry: Entry,
	expected: Readonly<Record<keyof typeof links, ExpectedTexts>>,
): Promise<readonly FaultCase[]> {
	const modes = Object.keys(links) as readonly (keyof typeof links)[];
	return Promise.all(
		modes.map(async (mode, index) => {
			const listener = 'port' in server ? {...server, advertisedPort: 0} : server[index];
			if (listener === undefined) throw new Error(`there is no listener for ${mode}`);
			const proxy = await startFaultProxy(listener, listener.advertisedPort);
			return {
				...{mode, proxy, reads: 'failed' as const, ...expected[mode]},
				entry: (name: string, folder: string) => entry(name, folder, proxy),
				async inject() {
					await proxy.set(links[mode]);
					if (mode === 'half-open') proxy.halfOpen();
					else if (mode !== '2 s slow' && mode !== 'malformed reply') proxy.resetAll();
				},
				end: () => proxy.heal(),
			};
		}),
	);
}

/** Two servers behind one address: the certificate expires and is renewed. */
export async function expiringCertificate(
	valid: Address & Partial<ProxiedListener>,
	expired: Address,
	entry: Entry,
	expected: ExpectedTexts,
): Promise<FaultCase> {
	const behind = {host: valid.host, port: valid.port};
	const proxy = await startFaultProxy(behind, valid.advertisedPort);
	const move = async (to: Address) => {
		behind.port = to.port;
		proxy.resetAll();
	};
	return {
		...{mode: 'expired TLS', proxy, reads: 'failed', ...expected},
		entry: (name, folder) => entry(name, folder, proxy),
		inject: () => move(expired),
		end: () => move(valid),
	};
}

const wrong = 'failure-modes-wrong-password';

/** The password in the file is no longer the one of the server. */
export async function wrongPassword(
	server: WatchedServer,
	login: Login,
	expected: ExpectedTexts,
	listener: Address & Partial<ProxiedListener> = server,
): Promise<FaultCase> {
	const proxy = await startFaultProxy(listener, listener.advertisedPort);
	const write = (home: string, password: string) =>
		writeSecret(home, `${nameOf('wrong password')}.${login.user}`, password);
	return {
		...{mode: 'wrong password', proxy, reads: 'failed', ...expected},
		entry: (name, folder) => targetEntry(server, {name, folder, at: proxy, login}),
		async inject(home) {
			write(home, wrong);
			proxy.resetAll();
		},
		end: async home => void write(home, login.password),
	};
}

/** A target name short enough that the pane never cuts it. */
const nameOf = (mode: FailureMode): string => mode.replace('2 s ', '').split(' ')[0]?.toLowerCase() ?? mode;

/** The text of all files in a folder and its subfolders. */
function textsIn(folder: string): string {
	return readdirSync(folder, {recursive: true, withFileTypes: true})
		.filter(entry => entry.isFile())
		.map(entry => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
		.join('\n');
}

/** Expects no secret in the terminal or the state directory, and no output of anything that writes past the screen. */
export async function expectClean(midwatch: ConsoleProcess, secrets: readonly string[]): Promise<void> {
	const output = midwatch.pty.output();
	for (const secret of [...secrets, wrong]) {
		expect(output).not.toContain(secret);
		expect(textsIn(join(midwatch.home, 'state'))).not.toContain(secret);
	}
	expect(output).not.toMatch(/\(node:\d+\)|Unhandled|ioredis\]|^ +at .*:\d+:\d+/m);
	await expectFramed(midwatch);
}

/** The first line is the header and the last one the footer, whatever has been written in between. */
export async function expectFramed(midwatch: ConsoleProcess): Promise<void> {
	const framed = (lines: readonly string[]) =>
		/^ midwatch .*\d\d:\d\d:\d\dZ$/.test(lines[0] ?? '') && /help/.test(lines.at(-1) ?? '');
	await midwatch.expect(screen => framed(screen.split('\n')));
}

/** Keys are answered: help opens and closes. */
export async function expectUsable(midwatch: ConsoleProcess): Promise<void> {
	midwatch.press('deck.help');
	await midwatch.expect('Next pane');
	midwatch.press('deck.back');
	await midwatch.expectAbsent('Next pane');
}

/** Where a system is shown, what shows only when it is read, and how many connections a target has. */
type SystemExpectations = {
	readonly title: string;
	readonly pane: 1 | 2 | 3 | 4 | 5 | 6;
	readonly healthy: RegExp;
	readonly connections: number;
};

/** One console watches all cases of one system. All are healthy, then all fail together; then each is checked and healed. */
export function describeFaultCases(
	{title, pane, healthy, connections}: SystemExpectations,
	createSetup: () => Promise<{
		readonly cases: readonly FaultCase[];
		readonly secrets: readonly string[];
		end(): Promise<void>;
	}>,
): void {
	let open: ConsoleProcess;
	let home: string;
	let setup: Awaited<ReturnType<typeof createSetup>>;

	beforeAll(async () => {
		setup = await createSetup();
		const {cases} = setup;
		home = mkdtempSync(join(tmpdir(), 'midwatch-failure-modes-'));
		const file = writeTargets(
			home,
			cases.map(one => one.entry(nameOf(one.mode), home)),
		);
		open = await startConsole({columns: 160, rows: 40, home, file});
		await open.zoom(pane, title);
		await open.expect(screen => screen.includes(`${cases.length} targets`) && !screen.includes('connecting'));
		for (const one of cases) await one.inject(open.home);
	}, 300_000);

	afterAll(async () => {
		await open?.close();
		if (home !== undefined) rmSync(home, {recursive: true, force: true});
		for (const {proxy} of setup?.cases ?? []) await proxy?.close();
		await setup?.end();
	});

	const only = async (name: string) => {
		open.press('deck.targets');
		await open.expect('Watched systems');
		open.press('list.first');
		const index = setup.cases.findIndex(one => nameOf(one.mode) === name);
		for (let step = 0; step < index; step++) open.press('list.down');
		await open.expect(screen => screen.split('\n').some(line => line.includes('▸') && line.includes(` ${name} `)));
		open.press('list.choose');
		await open.expect(`only ${name}`);
	};

	/** The text about how the servers are read, without its line breaks. It does not change while it is open. */
	const reads = async (): Promise<string> => {
		open.press('deck.sources');
		const screen = await open.expect(/, every \d+s/);
		open.press('deck.back');
		await open.expectAbsent(', every ');
		return screen.replaceAll(/\s+/g, ' ');
	};

	/** Returns or throws with the text closed: an open one would break every test that follows. */
	const readsUntil = async (wanted: (text: string) => boolean) => {
		const end = Date.now() + timeLeftMs();
		for (let text = await reads(); !wanted(text); text = await reads()) {
			if (Date.now() > end) throw new Error(`it is still read as before:\n${text}`);
			await pause(500);
		}
	};

	/** The other targets are still failing, and the header shows that: only the pane is about this one. */
	const paneOf = (screen: string) => screen.slice(screen.indexOf(`${pane} ${title} ─`));

	const expectFailed = async (one: FaultCase) => {
		const {expectedMessage: message, expectedHint: hint} = one;
		if (one.reads === 'slowly') {
			await readsUntil(text => message.test(text) && hint.test(text));
			return;
		}
		if (one.reads === 'partly') {
			await open.expect(screen => message.test(paneOf(screen)) && hint.test(paneOf(screen)));
			return;
		}
		// A long reason is on a line of its own; then the age of the data is only in the title of the pane.
		const since = '\\s+since \\d\\d:\\d\\d:\\d\\dZ(?:, data is \\w+ old, next try in \\d+s|; )';
		const report = `\\? ${nameOf(one.mode)}: .*(?:${message.source}).*${since}`;
		await open.expect(new RegExp(` \\w+ old ─[\\s\\S]*${report}[\\s\\S]*(?:${hint.source})`));
	};

	const expectRecovered = async (one: FaultCase) => {
		if (one.reads === 'slowly') {
			await readsUntil(text => !one.expectedMessage.test(text));
			return;
		}
		const isFailing = (shown: string) => one.expectedMessage.test(shown) || /data is \w+ old/.test(shown);
		await open.expect(screen => !isFailing(paneOf(screen)) && healthy.test(paneOf(screen)));
	};

	const modes = failureModes.filter(mode => mode !== '5 MB query or value');
	test.each(modes)(
		'%s: reported with its time and what to do, and healthy again at the next read',
		{timeout: 300_000},
		async mode => {
			const one = setup.cases.find(entry => entry.mode === mode);
			if (one === undefined) throw new Error(`no case has the mode ${mode}`);
			await only(nameOf(mode));
			await expectFailed(one);
			await expectUsable(open);
			await expectFramed(open);
			await one.end(open.home);
			const before = one.proxy?.accepted ?? 0;
			await expectRecovered(one);
			// Each connection was opened once and worked: a second attempt would come one interval later.
			expect((one.proxy?.accepted ?? 0) - before).toBeLessThanOrEqual(connections);
		},
	);

	test('nothing was written past the screen, and no secret anywhere', async () => {
		await expectClean(open, setup.secrets);
		expect(await open.quit()).toEqual({code: 0});
	});
}
