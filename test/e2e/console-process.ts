import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect} from 'vitest';
import {panes} from '../../bin/panes.ts';
import {systems} from '../../bin/systems.ts';
import type {ScenarioName} from '../../demo/scenario.ts';
import {createKeymap, type KeyIntent, type PaneNumber} from '../../src/input/keymap.ts';
import type {WatchedServer} from '../estate/estate-record.ts';
import {type ConfigOptions, writeConfig} from '../estate/target-config.ts';
import {commandInNamespaces} from '../src/state/namespaces.ts';
import {expectFrame} from './frames.ts';
import {type Exit, type Pty, type ScreenCondition, startPty} from './pty.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const start = join(repository, 'scripts', 'start.mjs');
const keymap = createKeymap({}, panes);
const declared = systems.flatMap(system => [...system.actions, ...system.inspections]);

export type ConsoleOptions = {
	/** 120 by 40 when absent. */
	readonly columns?: number;
	readonly rows?: number;
	/** A scenario of the demo, or real servers. */
	readonly demo?: ScenarioName;
	readonly servers?: readonly WatchedServer[];
	readonly config?: Partial<Omit<ConfigOptions<WatchedServer>, 'folder'>>;
	/** A configuration file of the test's own. */
	readonly file?: string;
	readonly arguments?: readonly string[];
	/** Added to, or in place of, what a plain terminal has. */
	readonly env?: Readonly<Record<string, string>>;
	/** The home of another deck: both then share state and audit. */
	readonly home?: string;
	/** Runs it as in a container of this host name, see `commandElsewhere`. */
	readonly host?: string;
};

/** One line of the audit, as it stands in the file. */
export type AuditLine = {readonly kind: string; readonly target?: string; readonly result?: string} & Record<
	string,
	unknown
>;

/** A console in a real terminal, told what a person means rather than which key that is. Every step waits for what it says. */
export type ConsoleProcess = {
	readonly pty: Pty;
	readonly home: string;
	/** Keys by their intents. */
	press(...intents: readonly KeyIntent[]): void;
	/** The key of a declared action or inspection. Nothing says that it is allowed now. */
	pressDeclared(id: string): void;
	type(text: string): void;
	/** Waits until the screen shows it. */
	expect(wanted: ScreenCondition, seconds?: number): Promise<string>;
	/** Waits until the screen no longer shows it. */
	expectAbsent(text: string, seconds?: number): Promise<string>;
	/** Shows one pane alone, by its number, and waits for its title. */
	zoom(pane: PaneNumber, title: string): Promise<void>;
	/** Puts the cursor on the row that shows the text. Of the pane that is zoomed, so that there is one cursor. */
	select(text: string): Promise<void>;
	/** Filters the pane that has the focus, so that the list is short and holds still. */
	filter(text: string): Promise<void>;
	/** Arms the target of the selected row. */
	arm(target: string): Promise<void>;
	/** Presses keys until the screen shows that they were taken: not before the question was on it. */
	answer(intents: readonly KeyIntent[], taken: (screen: string) => boolean): Promise<void>;
	/** Types into the field of a confirmation, each key in a read of its own. */
	typeKeys(text: string): Promise<void>;
	/** Answers the demand on the screen as it asks: by the key and Enter, or by typing the name, the count and the reason. */
	confirm(reason?: string): Promise<void>;
	/** Opens an action on the selected row, confirms it and waits for its end. */
	action(id: string, reason?: string): Promise<string>;
	/** Compares the screen with its golden file, see `expectFrame`. */
	frame(name: string, masks?: readonly RegExp[]): Promise<void>;
	/** Everything on record in this home, the oldest first. */
	audit(): readonly AuditLine[];
	/** `midwatch` with other words, in the same home. */
	runCommand(...words: readonly string[]): {readonly code: number | null; readonly out: string; readonly err: string};
	/** Leaves by the key, and gives the exit code. */
	quit(): Promise<Exit>;
	/** Hangs up when it still runs, and deletes the home when it is not another deck's. */
	close(): Promise<void>;
};

/** Opens a console and waits for its first frame. */
export async function startConsole(options: ConsoleOptions): Promise<ConsoleProcess> {
	const {columns = 120, rows = 40} = options;
	const home = options.home ?? mkdtempSync(join(tmpdir(), 'midwatch-e2e-'));
	const state = join(home, 'state');
	const env = {
		PATH: process.env['PATH'] ?? '',
		HOME: home,
		XDG_STATE_HOME: state,
		XDG_CONFIG_HOME: join(home, 'config'),
		TERM: 'xterm-256color',
		COLORTERM: 'truecolor',
		LANG: 'C.UTF-8',
		TZ: 'UTC',
		USER: 'tester',
		...options.env,
	};
	const words = [...source(options, home), ...(options.arguments ?? [])];
	const command = [process.execPath, start, ...words] as const;
	const pty = await startPty(options.host === undefined ? command : commandInNamespaces(options.host, command), {
		columns,
		rows,
		env,
	});
	const size = {columns, rows};

	const close = async () => {
		await pty.close();
		if (options.home === undefined) rmSync(home, {recursive: true, force: true});
	};
	// The build may come first, when a source is newer.
	await pty
		.waitFor(() => pty.alternate && pty.screen().includes('midwatch'), 60)
		.catch(async (error: unknown) => {
			await close();
			throw error;
		});

	const self: ConsoleProcess = {
		pty,
		home,
		press: (...intents) => pty.press(...intents.map(intent => keymap.keyOf(intent, ''))),
		pressDeclared(id) {
			const entry = declared.find(each => each.id === id);
			if (entry === undefined) throw new Error(`no action or inspection is called ${id}`);
			pty.press(keymap.keyOf(id, entry.key));
		},
		type: text => pty.type(text),
		expect: (wanted, seconds) => pty.waitFor(wanted, seconds),
		expectAbsent: (text, seconds) => pty.waitFor(screen => !screen.includes(text), seconds),
		async zoom(pane, title) {
			self.press(`pane.${pane}`);
			self.press('pane.zoom');
			const others = /^\d \S/gm;
			await pty.waitFor(screen => screen.includes(`${pane} ${title}`) && (screen.match(others)?.length ?? 0) <= 1);
		},
		async select(text) {
			const at = (screen: string) => screen.split('\n').find(line => line.includes('▸')) ?? '';
			await pty.waitFor(text);
			self.press('row.first');
			// A table that changes meanwhile moves rows, not the cursor from its row: so look again after each step.
			for (let step = 0; step < 500; step++) {
				const screen = await pty.waitUntilIdle(60);
				// Twice: on a busy machine the first look may come before the key before it was handled.
				if (at(screen).includes(text) && at(await pty.waitUntilIdle(150)).includes(text)) return;
				self.press('row.down');
				await pty.waitFor(now => at(now) !== at(screen), 5);
			}
			throw new Error(`no row shows ${text}:\n${pty.screen()}`);
		},
		async filter(text) {
			self.press('pane.filter');
			pty.type(text);
			self.press('field.accept');
			await pty.waitFor(text);
		},
		async arm(target) {
			await self.answer(['deck.arm'], screen => /press enter to arm it/.test(screen));
			// What comes before the question was painted is not taken.
			await self.answer(['field.accept'], screen => !screen.includes('to arm it'));
			await pty.waitFor(`${target} is armed`);
		},
		async answer(intents, taken) {
			for (let tries = 0; tries < 50; tries++) {
				if (taken(pty.screen())) return;
				if (intents.includes('confirm.yes') && pty.screen().includes('not taken')) {
					// After a y that was not taken, another y is not taken either: only a key of another kind begins again.
					self.press('field.erase');
					await self.expectAbsent('not taken');
				}
				self.press(...intents);
				await pty.waitFor(now => taken(now) || now.includes('not taken'));
				if (!taken(pty.screen())) await pty.waitUntilIdle(100);
			}
			throw new Error(`the question takes no answer:\n${pty.screen()}`);
		},
		async typeKeys(text) {
			const typed = (count: number) => (screen: string) =>
				screen.split('\n').some(line => line.includes('> ') && line.includes(`${text.slice(0, count)}▏`));
			for (const [index, character] of [...text].entries()) {
				// Each key in a read of its own: the next when this one is on the screen.
				for (let tries = 0; !typed(index + 1)(pty.screen()); tries++) {
					if (tries > 50) throw new Error(`${text} is not taken:\n${pty.screen()}`);
					pty.type(character);
					await pty.waitFor(screen => typed(index + 1)(screen) || screen.includes('not taken'));
					if (!typed(index + 1)(pty.screen())) await pty.waitUntilIdle(100);
				}
			}
		},
		async confirm(reason = 'e2e test') {
			const screen = await pty.waitFor(/press \S+, then \S+, to do it|type \S+, |nothing was sent/, 20);
			const grave = /type (\S+), the number of objects \((\d+)\)/.exec(screen);
			const typed = grave?.[1] ?? /type (\S+), then \S+, to do it/.exec(screen)?.[1];
			if (typed === undefined) {
				const key = /press (\S+), then \S+, to do it/.exec(screen)?.[1];
				if (key === undefined) throw new Error(`there is nothing to confirm:\n${screen}`);
				await self.answer(['confirm.yes'], now => now.includes(`> ${key}▏`) || !now.includes('to do it'));
			} else {
				await self.typeKeys(typed);
				if (grave?.[2] !== undefined) {
					self.press('field.next');
					// Keys that come in one read are not taken.
					await pty.waitFor(/^.*> number/m);
					await self.typeKeys(grave[2]);
					self.press('field.next');
					await pty.waitFor(/^.*> reason/m);
					pty.type(reason);
					await pty.waitFor(`${reason}▏`);
					await self.expectAbsent('it can be sent in');
				}
			}
			self.press('field.accept');
		},
		async action(id, reason) {
			self.pressDeclared(id);
			await self.confirm(reason);
			return pty.waitFor(
				/\b(?:Done|Failed|Refused|Blocked|Cancelled|Expired)\b|outcome is not known|has changed since/,
				30,
			);
		},
		frame: (name, masks) => expectFrame(pty.screen(), name, size, masks),
		audit: () => readAudit(join(state, 'midwatch', options.demo === undefined ? '' : 'demo', 'audit')),
		runCommand(...given) {
			const done = spawnSync(process.execPath, [start, ...given], {
				env,
				encoding: 'utf8',
				cwd: home,
				maxBuffer: 64 * 1024 * 1024,
			});
			return {code: done.status, out: done.stdout, err: done.stderr};
		},
		async quit() {
			self.press('deck.quit');
			const exit = await pty.exited;
			expect(pty.alternate).toBe(false);
			return exit;
		},
		close,
	};
	return self;
}

/** All records of a log, in their order; none where there is no log. */
export function readAudit(folder: string): readonly AuditLine[] {
	if (!existsSync(folder)) return [];
	return readdirSync(folder)
		.filter(file => file.endsWith('.jsonl'))
		.sort()
		.flatMap(file => readFileSync(join(folder, file), 'utf8').split('\n'))
		.filter(line => line !== '')
		.map(line => JSON.parse(line) as AuditLine);
}

function source(options: ConsoleOptions, home: string): readonly string[] {
	if (options.demo !== undefined) return ['--demo', options.demo];
	if (options.file !== undefined) return ['--config', options.file];
	if (options.servers === undefined) return [];
	mkdirSync(home, {recursive: true});
	return ['--config', writeConfig(options.servers, {open: [], ...options.config, folder: home})];
}
