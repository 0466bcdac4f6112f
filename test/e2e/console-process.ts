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
import {type ConfirmationSteps, createConfirmationSteps} from './confirmation-steps.ts';
import {expectFrame} from './frames.ts';
import {type Exit, isShown, type Pty, type ScreenCondition, startPty} from './pty.ts';

/** Shown when the key of an action was ignored because the row under the cursor had just changed. */
const ignoredNotice = 'was ignored: the row under the cursor';

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
	/** Path of a configuration file that the test has written. */
	readonly file?: string;
	readonly arguments?: readonly string[];
	/** Added to the environment of a plain terminal; replaces variables of the same name. */
	readonly env?: Readonly<Record<string, string>>;
	/** The home directory of another console: both then share state directory and audit log. */
	readonly home?: string;
	/** Runs it as in a container with this host name, see `commandInNamespaces`. */
	readonly host?: string;
};

/** One line of the audit log, parsed. */
export type AuditLine = {readonly kind: string; readonly target?: string; readonly result?: string} & Record<
	string,
	unknown
>;

/** Steps that move in the panes. */
type NavigationSteps = {
	/** Shows one pane alone, by its number, and waits for its title. */
	zoom(pane: PaneNumber, title: string): Promise<void>;
	/** Puts the cursor on the row that shows the text. The pane must be zoomed, so that there is one cursor. */
	select(text: string): Promise<void>;
	/** Filters the focused pane, so that its list is short and its rows do not move. */
	filter(text: string): Promise<void>;
};

/** A console in a real terminal. Steps are named by what a user wants to do, not by keys; each waits for its effect on the screen. */
export type ConsoleProcess = NavigationSteps &
	ConfirmationSteps & {
		readonly pty: Pty;
		readonly home: string;
		/** Presses keys by their intents. */
		press(...intents: readonly KeyIntent[]): void;
		/** Presses the key of a declared action or inspection, whether or not it is available now. */
		pressDeclared(id: string): void;
		/**
		 * Presses the key of a declared action or inspection until it opens, and returns the screen. The console ignores the key of an action while
		 * the row under the cursor has just changed. `refusal`: another notice after which it is pressed again.
		 */
		openDeclared(id: string, opened: ScreenCondition, refusal?: string): Promise<string>;
		type(text: string): void;
		/** Waits until the screen shows it. */
		expect(wanted: ScreenCondition): Promise<string>;
		/** Waits until the screen no longer shows it. */
		expectAbsent(text: string): Promise<string>;
		/** Compares the screen with its golden file, see `expectFrame`. */
		frame(name: string, masks?: readonly RegExp[]): Promise<void>;
		/** All audit records in this home directory, the oldest first. */
		audit(): readonly AuditLine[];
		/** Runs `midwatch` with other arguments, in the same home directory. */
		runCommand(...args: readonly string[]): {readonly code: number | null; readonly out: string; readonly err: string};
		/** Leaves by the key and returns the exit code. */
		quit(): Promise<Exit>;
		/** Hangs up when it still runs. Deletes the home directory unless it was given in the options. */
		close(): Promise<void>;
	};

/** Starts a console and waits for its first frame. */
export async function startConsole(options: ConsoleOptions): Promise<ConsoleProcess> {
	const {columns = 120, rows = 40} = options;
	const home = options.home ?? mkdtempSync(join(tmpdir(), 'midwatch-e2e-'));
	const env = environmentFor(home, options);
	const command = [process.execPath, start, ...sourceArguments(options, home), ...(options.arguments ?? [])] as const;
	const isolated = options.host === undefined ? command : commandInNamespaces(options.host, command);
	const pty = await startPty(isolated, {columns, rows, env});
	const close = async () => {
		await pty.close();
		if (options.home === undefined) rmSync(home, {recursive: true, force: true});
	};
	// The start script builds first when a source file is newer than the build.
	await pty
		.waitFor(() => pty.alternate && pty.screen().includes('midwatch'))
		.catch(async (error: unknown) => {
			await close();
			throw error;
		});

	const press = (...intents: readonly KeyIntent[]) => pty.press(...intents.map(intent => keymap.keyOf(intent, '')));
	const pressDeclared = (id: string) => {
		const declaration = declared.find(one => one.id === id);
		if (declaration === undefined) throw new Error(`no action or inspection is called ${id}`);
		pty.press(keymap.keyOf(id, declaration.key));
	};
	const openDeclared = async (id: string, opened: ScreenCondition, refusal = ignoredNotice) => {
		const isRefused = (screen: string) => screen.includes(ignoredNotice) || screen.includes(refusal);
		for (;;) {
			pressDeclared(id);
			const screen = await pty.waitFor(now => isShown(opened, now) || isRefused(now));
			if (isShown(opened, screen)) return screen;
			// Any key takes the notice away.
			press('deck.redraw');
			await pty.waitFor(now => !isRefused(now));
		}
	};
	return {
		pty,
		home,
		press,
		pressDeclared,
		openDeclared,
		type: text => pty.type(text),
		expect: wanted => pty.waitFor(wanted),
		expectAbsent: text => pty.waitFor(screen => !screen.includes(text)),
		...createNavigationSteps(pty, press),
		...createConfirmationSteps(pty, {press, openDeclared}),
		frame: (name, masks) => expectFrame(pty.screen(), name, {columns, rows}, masks),
		audit: () => readAudit(join(home, 'state', 'midwatch', options.demo === undefined ? '' : 'demo', 'audit')),
		runCommand(...args) {
			const bytes = 64 * 1024 * 1024;
			const done = spawnSync(process.execPath, [start, ...args], {env, encoding: 'utf8', cwd: home, maxBuffer: bytes});
			return {code: done.status, out: done.stdout, err: done.stderr};
		},
		async quit() {
			press('deck.quit');
			const exit = await pty.exited;
			expect(pty.alternate).toBe(false);
			return exit;
		},
		close,
	};
}

/** The key that brings the cursor nearer to the row with this text. Rows move: one that was passed may be above now. */
function stepTowards(screen: string, text: string): KeyIntent {
	const lines = screen.split('\n');
	const title = lines.findIndex(line => /^\d \S/.test(line));
	const cursor = lines.findIndex(line => line.includes('▸'));
	const isAbove = lines.some((line, index) => index > title && index < cursor && line.includes(text));
	const isBelow = lines.some((line, index) => index > cursor && line.includes(text));
	// Nothing is listed below the last line: from there the search begins again.
	const isLast = /… [\d,]+ above\s*$/m.test(screen) && cursor === lines.findLastIndex(line => /^[·■▲?]/.test(line));
	return isBelow ? 'row.down' : isAbove ? 'row.up' : isLast ? 'row.first' : 'row.down';
}

function createNavigationSteps(pty: Pty, press: (...intents: readonly KeyIntent[]) => void): NavigationSteps {
	return {
		async zoom(pane, title) {
			press(`pane.${pane}`);
			press('pane.zoom');
			const paneTitles = /^\d \S/gm;
			await pty.waitFor(screen => screen.includes(`${pane} ${title}`) && (screen.match(paneTitles)?.length ?? 0) <= 1);
		},
		async select(text) {
			const cursorLine = (screen: string) => screen.split('\n').find(line => line.includes('▸')) ?? '';
			await pty.waitFor(text);
			press('row.first');
			// A table that changes meanwhile moves rows, not the cursor from its row: so look again after each step.
			for (let step = 0; step < 500; step++) {
				const screen = await pty.waitUntilIdle(60);
				// Twice: on a busy machine the first look may come before the previous key was handled.
				if (cursorLine(screen).includes(text) && cursorLine(await pty.waitUntilIdle(150)).includes(text)) return;
				press(stepTowards(screen, text));
				await pty.waitFor(now => cursorLine(now) !== cursorLine(screen));
			}
			throw new Error(`no row shows ${text}:\n${pty.screen()}`);
		},
		async filter(text) {
			press('pane.filter');
			pty.type(text);
			press('field.accept');
			await pty.waitFor(text);
		},
	};
}

/** All records of an audit log in order; empty when there is no log. */
export function readAudit(folder: string): readonly AuditLine[] {
	if (!existsSync(folder)) return [];
	return readdirSync(folder)
		.filter(file => file.endsWith('.jsonl'))
		.sort()
		.flatMap(file => readFileSync(join(folder, file), 'utf8').split('\n'))
		.filter(line => line !== '')
		.map(line => JSON.parse(line) as AuditLine);
}

const environmentFor = (home: string, options: ConsoleOptions): Readonly<Record<string, string>> => ({
	PATH: process.env['PATH'] ?? '',
	HOME: home,
	XDG_STATE_HOME: join(home, 'state'),
	XDG_CONFIG_HOME: join(home, 'config'),
	TERM: 'xterm-256color',
	COLORTERM: 'truecolor',
	LANG: 'C.UTF-8',
	TZ: 'UTC',
	USER: 'tester',
	...options.env,
});

/** The arguments that select what is watched. */
function sourceArguments(options: ConsoleOptions, home: string): readonly string[] {
	if (options.demo !== undefined) return ['--demo', options.demo];
	if (options.file !== undefined) return ['--config', options.file];
	if (options.servers === undefined) return [];
	mkdirSync(home, {recursive: true});
	return ['--config', writeConfig(options.servers, {open: [], ...options.config, folder: home})];
}
