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

/** What may befall a server or the way to it. docs/bad-days.md tells what proves each, for each system. */
export const badDays = [
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

type BadDay = (typeof badDays)[number];

/** One target and its bad day, which begins while all is well. */
export type FaultCase = {
	readonly day: BadDay;
	/** The target as the configuration has it; secrets go to files of the folder. */
	entry(name: string, folder: string): object;
	/** What stands before the target, when faults do. */
	readonly proxy?: FaultProxy;
	inject(home: string): Promise<void>;
	end(home: string): Promise<void>;
	/** What the pane says of it, and what to do. */
	readonly expectedMessage: RegExp;
	readonly expectedHint: RegExp;
	/** `failed`: nothing is read any more, so what is shown grows old · `partly`: the rest is read and stays new · `slowly`: all of it is. */
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

/** How a target that is reached at an address is written in the configuration. */
type Entry = (name: string, folder: string, at: Address) => object;

export const entryOf =
	(server: WatchedServer, login?: Login): Entry =>
	(name, folder, at) =>
		targetEntry(server, {name, folder, at, login});

/**
 * The days that are nothing but a bad link. What stands is broken as well, so that nothing lives on from before. A server that tells its
 * clients where it is has a door for each of them, on which the proxy stands.
 */
export function linkFaultCases(
	server: Address | readonly (Address & ProxiedListener)[],
	entry: Entry,
	expected: Readonly<Record<keyof typeof links, ExpectedTexts>>,
): Promise<readonly FaultCase[]> {
	const days = Object.keys(links) as readonly (keyof typeof links)[];
	return Promise.all(
		days.map(async (day, at) => {
			const door = 'port' in server ? {...server, advertisedPort: 0} : server[at];
			if (door === undefined) throw new Error(`there is no door for ${day}`);
			const proxy = await startFaultProxy(door, door.advertisedPort);
			return {
				...{day, proxy, reads: 'failed' as const, ...expected[day]},
				entry: (name: string, folder: string) => entry(name, folder, proxy),
				async inject() {
					await proxy.set(links[day]);
					if (day === 'half-open') proxy.halfOpen();
					else if (day !== '2 s slow' && day !== 'malformed reply') proxy.resetAll();
				},
				end: () => proxy.heal(),
			};
		}),
	);
}

/** Two servers behind one address: the certificate expires, and is renewed. */
export async function expiringCertificate(
	valid: Address & Partial<ProxiedListener>,
	expired: Address,
	entry: Entry,
	told: ExpectedTexts,
): Promise<FaultCase> {
	const behind = {host: valid.host, port: valid.port};
	const proxy = await startFaultProxy(behind, valid.advertisedPort);
	const move = async (to: Address) => {
		behind.port = to.port;
		proxy.resetAll();
	};
	return {
		...{day: 'expired TLS', proxy, reads: 'failed', ...told},
		entry: (name, folder) => entry(name, folder, proxy),
		inject: () => move(expired),
		end: () => move(valid),
	};
}

const wrong = 'bad-days-wrong-password';

/** The password in the file is not the server's any more. */
export async function wrongPassword(
	server: WatchedServer,
	login: Login,
	told: ExpectedTexts,
	door: Address & Partial<ProxiedListener> = server,
): Promise<FaultCase> {
	const proxy = await startFaultProxy(door, door.advertisedPort);
	const write = (home: string, password: string) =>
		writeSecret(home, `${nameOf('wrong password')}.${login.user}`, password);
	return {
		...{day: 'wrong password', proxy, reads: 'failed', ...told},
		entry: (name, folder) => targetEntry(server, {name, folder, at: proxy, login}),
		async inject(home) {
			write(home, wrong);
			proxy.resetAll();
		},
		end: async home => void write(home, login.password),
	};
}

/** Short enough to be shown whole. */
const nameOf = (day: BadDay): string => day.replace('2 s ', '').split(' ')[0]?.toLowerCase() ?? day;

/** Everything in a folder and below, as text. */
function textsIn(folder: string): string {
	return readdirSync(folder, {recursive: true, withFileTypes: true})
		.filter(entry => entry.isFile())
		.map(entry => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
		.join('\n');
}

/** What no terminal and no file of ours may hold, and what only something that writes past the screen would leave behind. */
export async function expectClean(console: ConsoleProcess, secrets: readonly string[]): Promise<void> {
	const output = console.pty.output();
	for (const secret of [...secrets, wrong]) {
		expect(output).not.toContain(secret);
		expect(textsIn(join(console.home, 'state'))).not.toContain(secret);
	}
	expect(output).not.toMatch(/\(node:\d+\)|Unhandled|ioredis\]|^ +at .*:\d+:\d+/m);
	await expectFramed(console);
}

/** The first line is the header and the last one the footer, whatever has been written in between. */
export async function expectFramed(console: ConsoleProcess): Promise<void> {
	const framed = (lines: readonly string[]) =>
		/^ midwatch .*\d\d:\d\d:\d\dZ$/.test(lines[0] ?? '') && /help/.test(lines.at(-1) ?? '');
	await console.expect(screen => framed(screen.split('\n')));
}

/** Keys are answered: help opens and closes. */
export async function expectUsable(console: ConsoleProcess): Promise<void> {
	console.press('deck.help');
	await console.expect('Next pane');
	console.press('deck.back');
	await console.expectAbsent('Next pane');
}

/** Where a system is shown, what only shows when it is read, and how many connections a target has. */
type SystemExpectations = {
	readonly title: string;
	readonly pane: 1 | 2 | 3 | 4 | 5 | 6;
	readonly healthy: RegExp;
	readonly connections: number;
};

/** One console on all cases of one system at once, all of them well, then ill together; each is then looked at, and healed. */
export function describeFaultCases(
	{title, pane, healthy, connections}: SystemExpectations,
	make: () => Promise<{
		readonly cases: readonly FaultCase[];
		readonly secrets: readonly string[];
		end(): Promise<void>;
	}>,
): void {
	let open: ConsoleProcess;
	let home: string;
	let made: Awaited<ReturnType<typeof make>>;

	beforeAll(async () => {
		made = await make();
		const {cases} = made;
		home = mkdtempSync(join(tmpdir(), 'midwatch-bad-days-'));
		const file = writeTargets(
			home,
			cases.map(one => one.entry(nameOf(one.day), home)),
		);
		open = await startConsole({columns: 160, rows: 40, home, file});
		await open.zoom(pane, title);
		await open.expect(screen => screen.includes(`${cases.length} targets`) && !screen.includes('connecting'));
		for (const one of cases) await one.inject(open.home);
	}, 300_000);

	afterAll(async () => {
		await open?.close();
		if (home !== undefined) rmSync(home, {recursive: true, force: true});
		for (const {proxy} of made?.cases ?? []) await proxy?.close();
		await made?.end();
	});

	const only = async (name: string) => {
		open.press('deck.targets');
		await open.expect('Watched systems');
		open.press('list.first');
		const index = made.cases.findIndex(one => nameOf(one.day) === name);
		for (let step = 0; step < index; step++) open.press('list.down');
		await open.expect(screen => screen.split('\n').some(line => line.includes('▸') && line.includes(` ${name} `)));
		open.press('list.choose');
		await open.expect(`only ${name}`);
	};

	/** What is said of how the servers are read, however its lines are broken. The text stays as it is while it is open. */
	const reads = async (): Promise<string> => {
		open.press('deck.sources');
		const screen = await open.expect(/, every \d+s/);
		open.press('deck.back');
		await open.expectAbsent(', every ');
		return screen.replaceAll(/\s+/g, ' ');
	};

	/** Never given up while the text is open, which would be in the way of every test that follows. */
	const readsUntil = async (wanted: (said: string) => boolean) => {
		const end = Date.now() + timeLeftMs();
		for (let said = await reads(); !wanted(said); said = await reads()) {
			if (Date.now() > end) throw new Error(`it is still read as before:\n${said}`);
			await pause(500);
		}
	};

	/** The others go on being ill, and the header tells of that: only what the pane shows is about this one. */
	const paneOf = (screen: string) => screen.slice(screen.indexOf(`${pane} ${title} ─`));

	const fallen = async (one: FaultCase) => {
		const {expectedMessage: says, expectedHint: todo} = one;
		if (one.reads === 'slowly') {
			await readsUntil(said => says.test(said) && todo.test(said));
			return;
		}
		if (one.reads === 'partly') {
			await open.expect(screen => says.test(paneOf(screen)) && todo.test(paneOf(screen)));
			return;
		}
		// A long reason stands on a line of its own, and the age of the data at the head of the pane alone.
		const since = '\\s+since \\d\\d:\\d\\d:\\d\\dZ(?:, showing \\w+ old data, again in \\d+s|; )';
		const told = `\\? ${nameOf(one.day)}: .*(?:${says.source}).*${since}`;
		await open.expect(new RegExp(` \\w+ old ─[\\s\\S]*${told}[\\s\\S]*(?:${todo.source})`));
	};

	const risen = async (one: FaultCase) => {
		if (one.reads === 'slowly') {
			await readsUntil(said => !one.expectedMessage.test(said));
			return;
		}
		const ill = (shown: string) => one.expectedMessage.test(shown) || shown.includes('old data');
		await open.expect(screen => !ill(paneOf(screen)) && healthy.test(paneOf(screen)));
	};

	const days = badDays.filter(day => day !== '5 MB query or value');
	test.each(days)(
		'%s: told with its time and what to do, and well again by the next read',
		{timeout: 300_000},
		async day => {
			const one = made.cases.find(each => each.day === day);
			if (one === undefined) throw new Error(`nobody has the day ${day}`);
			await only(nameOf(day));
			await fallen(one);
			await expectUsable(open);
			await expectFramed(open);
			await one.end(open.home);
			const before = one.proxy?.accepted ?? 0;
			await risen(one);
			// Each connection was opened once and was good at once: a second try would be one after another interval.
			expect((one.proxy?.accepted ?? 0) - before).toBeLessThanOrEqual(connections);
		},
	);

	test('nothing was written past the screen, and no secret anywhere', async () => {
		await expectClean(open, made.secrets);
		expect(await open.quit()).toEqual({code: 0});
	});
}
