import {createElement} from 'react';
import type {Audit} from '../src/audit/audit-log.ts';
import {messageOf} from '../src/errors.ts';
import {handleClick} from '../src/input/click.ts';
import {createDeck, type Deck} from '../src/input/deck.ts';
import {describeKey, dispatchKey, handlePaste, handleWheel} from '../src/input/dispatch-key.ts';
import {focusFirstFinding} from '../src/input/start-action.ts';
import {policyChange} from '../src/policy/policy-text.ts';
import type {Arming} from '../src/remedy/arming.ts';
import {isSettling} from '../src/remedy/remedy-state.ts';
import type {Runner} from '../src/remedy/runner.ts';
import {cleanLine, cleanText} from '../src/text/clean.ts';
import {type Clock, systemClock} from '../src/time/clock.ts';
import {App} from '../views/app.tsx';
import {mountOnScreen} from '../views/mount.tsx';
import {paneAt} from '../views/table/pane-at.ts';
import {colourLevel} from '../views/terminal/colour-level.ts';
import {openTty, type Tty} from '../views/terminal/tty.ts';
import {createTheme} from '../views/theme.ts';
import {isAsciiOnly} from './ascii-only.ts';
import {createBackgroundWork} from './background-work.ts';
import type {Options} from './cli/arguments.ts';
import {exitCodes} from './cli/exit-codes.ts';
import {reportClockJumps} from './clock-reports.ts';
import {type ConsoleCore, createConsoleCore} from './console-core.ts';
import {copyToClipboard} from './copy-to-clipboard.ts';
import {type DebugLog, openDebugLog} from './debug-log.ts';
import {describeRun} from './log-events.ts';
import {loadRunConfig, type RunConfig} from './run-config.ts';
import {saveText} from './save-text.ts';
import {limitYoungGeneration} from './small-heap.ts';

/** Milliseconds that the first frame may take before the reads start without it: a stopped terminal must not delay them. */
const firstFrameMs = 500;

/** Milliseconds from a signal to the exit, with a remedy in progress (its last verification may take five seconds) and without. */
const maxGraceMs = 8000;
const minGraceMs = 3000;

/**
 * Opens the console and runs it until the user leaves it.
 * @returns the exit code.
 */
export async function runConsole(options: Options): Promise<number> {
	limitYoungGeneration();
	const log = openDebugLog(options.log);
	const config = await loadRunConfig(options);
	log?.write('start', describeRun(config));
	const core = await createConsoleCore(config, options, log);
	const {clock, auditSetup, arming, watch, runner} = core;
	const work = createBackgroundWork(core, config.from);
	const opened = openTty({
		program: 'midwatch',
		cleanText,
		mouse: config.mouse,
		beforeExit: work.close,
		// Actions that were sent are finished and recorded; with none in progress a closed window exits soon.
		graceMs: () => (runner.inProgress().length > 0 ? maxGraceMs : minGraceMs),
		...(config.theme === 'basic' ? {maxColours: 16 as const} : {}),
	});
	if (!opened.ok) {
		process.stderr.write(`midwatch: ${opened.reason}\n`);
		return exitCodes.unknown;
	}
	const {tty} = opened;
	const {promise: left, resolve: leave} = Promise.withResolvers<number>();
	const {deck, screen} = openScreen({config, core, options, tty, quit: () => leave(exitCodes.ok)});
	dispatchTerminalEvents(tty, deck, log);
	focusFirstFinding(deck);
	const start = () => work.start(deck);
	const stops = [
		showPolicyChanges(arming, deck, auditSetup.audit),
		showLostRecords(auditSetup.audit, deck),
		everySecond(clock.after, deck.notifyChanged),
		reportClockJumps({clock, watch, arming, deck, audit: auditSetup.audit}),
		clock.after(firstFrameMs, start),
	];
	screen.flush().then(start, start);

	const code = await left;
	for (const stop of stops) stop();
	screen.unmount();
	deck.close();
	await restoreTerminalWhile(runner, tty, work.close);
	log?.write('stop', {code});
	return code;
}

type ScreenOptions = {
	readonly config: RunConfig;
	readonly core: ConsoleCore;
	readonly options: Options;
	readonly tty: Tty;
	readonly quit: () => void;
};

/** Creates the deck and draws it on the terminal. */
function openScreen({config, core, options, tty, quit}: ScreenOptions) {
	const {clock, keymap, auditSetup, arming, watch, runner, stateDirectoryWatch, stateDir} = core;
	const {panes} = config.declared;
	const configured = new Set(config.targets.map(({target}) => target.kind));
	const deck = createDeck({
		panes: panes.filter(pane => pane.systems.some(kind => configured.has(kind))),
		allPanes: panes,
		watch,
		runner,
		arming,
		audit: auditSetup.audit,
		presence: stateDirectoryWatch,
		unresolved: stateDirectoryWatch.unresolved,
		copies: auditSetup.deckCopies,
		keymap,
		clock,
		effects: {
			copy: text => copyToClipboard(tty, stateDir, text),
			save: (name, lines) => saveText(stateDir, name, lines, clock.now()),
			quit,
			suspend: () => tty.suspend(),
			lendTerminal: work => tty.lend(work),
			redraw: () => screen.redraw(),
			strayOutput: tty.strayOutput,
		},
		labels: [
			...(options.demo === undefined ? [] : [`demo: ${options.demo}`]),
			...(options.readOnly ? ['read-only'] : []),
		],
		remarks: [config.from, ...config.remarks],
	});
	const isColourless = config.theme === 'none' || colourLevel(process.env) === 0;
	const theme = createTheme(isColourless ? 'none' : 'colour', isAsciiOnly(process.env));
	const afterPaint = (call: () => void) => {
		screen.flush().then(call, error => deck.showNotice(messageOf(error), 'warn'));
	};
	const screen = mountOnScreen(createElement(App, {deck, theme, afterPaint}), tty);
	return {deck, screen};
}

/**
 * Restores the terminal and runs `work`. While a sent action waits for its answer, a signal only prints that: it must not end the process
 * before the outcome is recorded.
 */
async function restoreTerminalWhile(runner: Runner, tty: Tty, work: () => Promise<void>): Promise<void> {
	let sent = runner.inProgress().filter(remedy => !isSettling(remedy));
	const printSent = () => {
		for (const {action, target} of sent)
			process.stderr.write(
				`${cleanLine(`midwatch: ${action.title} on ${target} is in progress: it is finished and recorded first`)}\n`,
			);
	};
	// Set before the terminal drops its own handlers and never removed, so that a signal at no moment ends the process.
	if (sent.length > 0) for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, printSent);
	tty.close();
	printSent();
	await work();
	sent = [];
}

function dispatchTerminalEvents(tty: Tty, deck: Deck, log: DebugLog | undefined): void {
	let hasClicked = false;
	tty.onKey(event => {
		if (event.type === 'key') {
			const described = log && describeKey(deck, event.key, event.text);
			if (described !== undefined) log?.write('key', described);
			dispatchKey(deck, event.key, event.text, event.alone);
		}
		if (event.type === 'paste') handlePaste(deck, event.text);
		else if (event.type === 'wheel') handleWheel(deck, event.direction);
		else if (event.type === 'click') {
			const hit = paneAt(deck, tty.size(), event);
			if (hit !== undefined) handleClick(deck, hit.pane, hit.line);
			if (!hasClicked) deck.showNotice('the mouse moves the cursor here: hold shift, on a Mac option, to select text');
			hasClicked = true;
		}
	});
}

/** Shows and records each change of the policy file. Returns the way to stop. */
function showPolicyChanges({policy}: Pick<Arming, 'policy'>, deck: Deck, audit: Pick<Audit, 'append'>): () => void {
	let before = policy.get();
	return policy.subscribe(() => {
		const change = policyChange(before, policy.get());
		before = policy.get();
		if (change === undefined) return;
		deck.showNotice(change.text, change.isWrong ? 'crit' : 'warn');
		void audit.append({kind: 'policy', note: change.text}).catch(() => {});
	});
}

/** Shows that audit records were lost, which the next append to the log finds. Returns the way to stop. */
const showLostRecords = ({lastGapRecord}: Pick<Audit, 'lastGapRecord'>, deck: Deck): (() => void) =>
	lastGapRecord.subscribe(() => deck.showNotice(`audit: ${lastGapRecord.get()?.note ?? 'records were lost'}`, 'crit'));

/** Calls at each full second, so that the clock and the ages on the screen change together. Returns the way to stop. */
function everySecond(after: Clock['after'], call: () => void): () => void {
	let cancel = () => {};
	const schedule = () => {
		cancel = after(1000 - (systemClock.now() % 1000), () => {
			call();
			schedule();
		});
	};
	schedule();
	return () => cancel();
}
