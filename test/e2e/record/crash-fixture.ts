import {mkdtempSync, readFileSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {Client} from 'pg';
import {expect} from 'vitest';
import {createOpenIntentReader} from '../../../src/audit/open-intents.ts';
import {verifyDirectory} from '../../../src/audit/verify-log.ts';
import type {PostgresServer, RedisServer} from '../../estate/estate-record.ts';
import {pgConfig, runQuery} from '../../estate/postgres.ts';
import {sendCommand} from '../../estate/redis.ts';
import {type AuditLine, type ConsoleProcess, readAudit, startConsole} from '../console-process.ts';

/** An action on a real server while whose run a console is killed, and how the server itself shows what was done. */
export type CrashScenario = {
	readonly server: PostgresServer | RedisServer;
	/** Opens the confirmation of the action number `run`. */
	open(midwatch: ConsoleProcess, run: number): Promise<void>;
	/** Waits until the server has nothing of a killed console left to read. */
	settle(): Promise<void>;
	/** How often the server has received the action. */
	sent(run: number): Promise<number>;
	/** Whether a record is about the action of this run. */
	isOf(record: AuditLine, run: number): boolean;
	/** Removes what `open` created on the server. */
	end(run: number): Promise<void>;
};

/** Each run has a size of its own, which was never the limit of anything else. */
const bytesOf = (run: number): number => (1000 + run) * 1024 * 1024;

/** Ground truth: SLOWLOG with a threshold of 0, since MONITOR leaves CONFIG out. The server is to be started with `slowlogOfAll`. */
export const slowlogOfAll = ['slowlog-log-slower-than 0', 'slowlog-max-len 1000000'] as const;

export function maxmemoryScenario(server: RedisServer): CrashScenario {
	return {
		server,
		async open(midwatch, run) {
			await midwatch.zoom(4, 'Redis memory');
			await midwatch.select('noeviction');
			await midwatch.openDeclared('redis.set-maxmemory', 'New maxmemory');
			midwatch.press('field.clear');
			midwatch.type(`${1000 + run}mb`);
			await midwatch.expect(`${1000 + run}mb▏`);
			midwatch.press('field.accept');
		},
		async settle() {
			const clients = async () => String(await sendCommand(server, ['CLIENT', 'LIST']));
			await expect.poll(clients).not.toContain('name=midwatch');
		},
		async sent(run) {
			const log = (await sendCommand(server, ['SLOWLOG', 'GET', '-1'])) as unknown as readonly (readonly unknown[])[];
			const words = log.map(entry => (entry[3] as readonly string[]).join(' ').toLowerCase());
			return words.filter(line => line === `config set maxmemory ${bytesOf(run)}`).length;
		},
		isOf: (record, run) => JSON.stringify(record['params'] ?? {}).includes(`"${1000 + run}mb"`),
		end: async () => {},
	};
}

/** Ground truth: the server's log, with log_statement = all, as all servers of the estate have it. */
export function terminateScenario(server: PostgresServer): CrashScenario {
	const name = (run: number) => `crash-${run}-idle`;
	const victims = new Map<number, {readonly client: Client; readonly pid: number}>();
	return {
		server,
		async open(midwatch, run) {
			const client = new Client({...pgConfig(server, 'app', 'shop'), application_name: name(run)});
			client.on('error', () => {});
			await client.connect();
			await client.query('begin');
			const {rows} = await client.query<{pid: number}>('select pg_backend_pid() as pid');
			victims.set(run, {client, pid: rows[0]?.pid ?? 0});
			await midwatch.zoom(3, 'Slow queries');
			await midwatch.filter(name(run));
			await midwatch.select(name(run));
			await midwatch.openDeclared('postgres.terminate', 'will run');
		},
		async settle() {
			const sessions = () =>
				runQuery(
					server,
					"select pid from pg_stat_activity where application_name like 'midwatch%' and pid <> pg_backend_pid()",
				);
			await expect.poll(sessions).toEqual([]);
		},
		async sent(run) {
			const {pid} = victims.get(run) ?? {pid: 0};
			const said = readFileSync(server.log, 'utf8').split('\n');
			const lines = said.filter(line => /midwatch/.test(line) && /pg_terminate_backend/.test(line));
			// The parameters of a statement are logged in the line after it.
			return lines.filter(line => new RegExp(`\\b${pid}\\b`).test(line + (said[said.indexOf(line) + 1] ?? ''))).length;
		},
		isOf: (record, run) => String(record['object']).includes(String(victims.get(run)?.pid)),
		async end(run) {
			await victims
				.get(run)
				?.client.end()
				.catch(() => undefined);
		},
	};
}

export type Figures = {nothing: number; intentOnly: number; intentAndSent: number; outcome: number; seen: number};

const noFigures = (): Figures => ({nothing: 0, intentOnly: 0, intentAndSent: 0, outcome: 0, seen: 0});

/** A home directory that several consoles use one after the other. */
export type CrashHome = {
	readonly folder: string;
	readonly audit: string;
	/** `host`: in a pid namespace of its own, under this host name. */
	open(around: CrashScenario, host?: string): Promise<ConsoleProcess>;
	/** Ids of the intents without a known end. */
	unresolved(): Promise<readonly string[]>;
	/** Expects an unbroken hash chain. */
	expectSound(): Promise<void>;
	remove(): void;
};

export function createCrashHome(): CrashHome {
	const folder = mkdtempSync(join(tmpdir(), 'midwatch-crash-'));
	const audit = join(folder, 'state', 'midwatch', 'audit');
	return {
		folder,
		audit,
		open: ({server}, host) =>
			startConsole({servers: [server], config: {open: [server.name]}, home: folder, columns: 160, ...(host && {host})}),
		async unresolved() {
			const records = await createOpenIntentReader(audit).read();
			return [...new Set(records.filter(one => one.kind === 'intent').map(one => one.id))];
		},
		async expectSound() {
			for (const {faults, inconclusive} of await verifyDirectory(audit))
				expect({faults, inconclusive}).toEqual({faults: [], inconclusive: []});
		},
		remove: () => rmSync(folder, {recursive: true, force: true}),
	};
}

/** Waits until the header counts as many unknown outcomes as the log has. */
export async function expectListed(midwatch: ConsoleProcess, count: number): Promise<void> {
	const counted = (screen: string) => Number(/(\d+) unknown/.exec(screen)?.[1] ?? 0);
	await midwatch.expect(screen => counted(screen) === count);
}

/** Bytes of this month's records. */
const sizeOf = ({audit}: CrashHome): number =>
	statSync(join(audit, `${new Date().toISOString().slice(0, 7)}.jsonl`), {throwIfNoEntry: false})?.size ?? 0;

/**
 * Kills a console at a random moment around an action, again and again on one state: by the time since the answer, or, every other time,
 * since the intent was on disk, where the moments between intent and sending are too short to be met otherwise.
 * @returns how far they came.
 */
export async function crashDuringAction(around: CrashScenario, runs: readonly number[]): Promise<Figures> {
	const home = createCrashHome();
	const figures = noFigures();
	/** Milliseconds in which most of them come to their end; it follows what this machine needs. */
	let span = 400;
	try {
		for (const run of runs) {
			const midwatch = await home.open(around);
			try {
				await expectListed(midwatch, (await home.unresolved()).length);
				await around.open(midwatch, run);
				const before = sizeOf(home);
				await midwatch.confirm();
				if (run % 2 === 0) {
					const giveUp = performance.now() + 5000;
					while (sizeOf(home) === before && performance.now() < giveUp) await pause(0);
					await pause(Math.random() * span * 0.2);
				} else await pause(Math.random() * span);
				midwatch.pty.signal('SIGKILL');
				await midwatch.pty.exited;
			} finally {
				await midwatch.close();
			}
			const end = await judge(around, run, home, figures);
			span *= end === 'seen' ? 0.9 : end === 'nothing' ? 1.1 : 1;
		}
		const last = await home.open(around);
		await expectListed(last, (await home.unresolved()).length);
		expect(last.runCommand('audit', 'verify')).toMatchObject({code: 0, err: ''});
		await last.close();
		return figures;
	} finally {
		home.remove();
	}
}

/** Expects what must hold after any crash, and counts how far the action came. */
async function judge(around: CrashScenario, run: number, home: CrashHome, figures: Figures): Promise<string> {
	await around.settle();
	const sent = await around.sent(run);
	await around.end(run);
	await home.expectSound();
	const records = recordsOf(home).filter(record => around.isOf(record, run));
	const intents = records.filter(({kind}) => kind === 'intent');
	expect({run, sent: sent <= 1, intents: intents.length <= 1}).toEqual({run, sent: true, intents: true});
	if (sent > 0) expect({run, intents: intents.length}).toEqual({run, intents: 1});
	const [intent] = intents;
	const isSeen = records.some(({kind}) => kind === 'verify');
	if (intent !== undefined) {
		const listed = (await home.unresolved()).includes(String(intent['id']));
		expect({run, listed}).toEqual({run, listed: !isSeen && !records.some(({result}) => result === 'stale')});
	}
	const outcome = records.find(({kind}) => kind === 'outcome');
	if (outcome?.result === 'sent') expect({run, sent}).toEqual({run, sent: 1});
	const end =
		intent === undefined
			? 'nothing'
			: isSeen
				? 'seen'
				: outcome !== undefined
					? 'outcome'
					: sent === 1
						? 'intentAndSent'
						: 'intentOnly';
	figures[end] += 1;
	return end;
}

export const recordsOf = ({audit}: CrashHome): readonly AuditLine[] => readAudit(audit);
