import {createElement} from 'react';
import type {Audit} from '../src/audit/audit-log.ts';
import {messageOf} from '../src/errors.ts';
import {handleClick} from '../src/input/click.ts';
import {createDeck, type Deck} from '../src/input/deck.ts';
import {dispatchKey, handlePaste, handleWheel} from '../src/input/dispatch-key.ts';
import {focusFirstFinding} from '../src/input/start-action.ts';
import {policyChange} from '../src/policy/policy-text.ts';
import type {Arming} from '../src/remedy/arming.ts';
import {errorHint} from '../src/remedy/remedy-failure.ts';
import {isSettling} from '../src/remedy/remedy-state.ts';
import type {Runner} from '../src/remedy/runner.ts';
import {cleanLine} from '../src/text/clean.ts';
import type {Clock} from '../src/time/clock.ts';
import {App} from '../views/app.tsx';
import {mountOnScreen} from '../views/mount.tsx';
import {paneAt} from '../views/table/pane-at.ts';
import {colourLevel} from '../views/terminal/colour-level.ts';
import {openTty, type Tty} from '../views/terminal/tty.ts';
import {createTheme} from '../views/theme.ts';
import {isAsciiOnly} from './ascii-only.ts';
import type {Options} from './cli/arguments.ts';
import {reportClockBehind, reportClockJumps} from './clock-reports.ts';
import {runningCode, saveCodeCache} from './code-cache.ts';
import {createConsoleCore} from './console-core.ts';
import {copyToClipboard} from './copy-to-clipboard.ts';
import {panes} from './panes.ts';
import {loadRunConfig} from './run-config.ts';
import {saveText} from './save-text.ts';
import {limitYoungGeneration} from './small-heap.ts';
import {onTargetAnswer} from './target-answers.ts';

/** Milliseconds that the first frame may take before reading begins without it. */
const firstFrameMs = 500;

/** Milliseconds from the first frame until what Node compiled is kept: the first reads are over by then. */
const saveCodeCacheMs = 3000;

/** Milliseconds from a signal to the end, with a remedy under way, of which the last look may take five seconds, and without. */
const longestGraceMs = 8000;
const shortestGraceMs = 1500;

/**
 * Opens the console and stays until it is left.
 * @returns the exit code: 0 when left by key, 2 when there is no terminal to draw on.
 */
export async function runConsole(options: Options): Promise<number> {
	limitYoungGeneration();
	const estate = await loadRunConfig(options);
	const {
		stateDir: state,
		clock,
		keymap,
		audit,
		auditSetup: copies,
		arming,
		watch,
		runner,
		stateDirectoryWatch,
	} = await createConsoleCore(estate, options);

	let leave: (code: number) => void = () => {};
	const left = new Promise<number>(resolve => {
		leave = resolve;
	});

	let phase: 'opening' | 'watching' | 'leaving' = 'opening';
	const shutDown = async () => {
		const watched = phase === 'watching';
		phase = 'leaving';
		await runner.close();
		if (watched) await noted('stop').catch(() => {});
		await Promise.all([stateDirectoryWatch.close(), watch.close(), copies.close()]);
		arming.close();
	};

	/** Who looked, from when to when. Looking goes on where it cannot be recorded; acting does not. */
	const noted = (kind: 'start' | 'stop') => audit.append({kind, note: estate.from});

	const opened = openTty({
		mouse: estate.mouse,
		beforeExit: shutDown,
		// What was sent is finished and recorded; with nothing under way a closed window is not waited for.
		graceMs: () => (runner.inProgress().length > 0 ? longestGraceMs : shortestGraceMs),
		...(estate.theme === 'basic' ? {mostColours: 16 as const} : {}),
	});
	if (!opened.ok) {
		process.stderr.write(`midwatch: ${opened.reason}\n`);
		return 2;
	}
	const {tty} = opened;
	const configured = new Set(estate.targets.map(one => one.target.kind));
	const deck = createDeck({
		panes: panes.filter(pane => pane.systems.some(kind => configured.has(kind))),
		allPanes: panes,
		watch,
		runner,
		arming,
		audit,
		presence: stateDirectoryWatch,
		unresolved: stateDirectoryWatch.unresolved,
		copies: copies.deckCopies,
		keymap,
		clock,
		effects: {
			copy: text => copyToClipboard(tty, state, text),
			save: (name, lines) => saveText(state, name, lines, clock.now()),
			quit: () => leave(0),
			suspend: () => tty.suspend(),
			lendTerminal: work => tty.lend(work),
			redraw: () => mounted.redraw(),
			strayOutput: tty.strayOutput,
		},
		labels: [
			...(options.demo === undefined ? [] : [`demo: ${options.demo}`]),
			...(options.readOnly ? ['read-only'] : []),
		],
		remarks: [estate.from, ...estate.remarks],
	});
	const colourless = estate.theme === 'none' || colourLevel(process.env) === 0;
	const theme = createTheme(colourless ? 'none' : 'colour', isAsciiOnly(process.env));
	const mounted = mountOnScreen(
		createElement(App, {
			deck,
			theme,
			afterPaint: call => {
				mounted.flush().then(call, error => deck.showNotice(messageOf(error), 'warn'));
			},
		}),
		tty,
	);
	const stopPolicy = showPolicy(arming, deck, audit);
	const stopGaps = showGaps(audit, deck);
	dispatchTerminalEvents(tty, deck);
	focusFirstFinding(deck);
	let stopKeeping = () => {};
	let stopAnswers = () => {};
	/** All that reads, loads and writes: what the first frame needs none of. */
	const begin = () => {
		if (phase !== 'opening') return;
		phase = 'watching';
		watch.start();
		stateDirectoryWatch.start();
		copies.start();
		stopAnswers = onTargetAnswer(watch, stateDirectoryWatch.targetAnswered);
		const begun = noted('start').then(record => reportClockBehind({clock, deck, audit}, record));
		begun.catch((error: unknown) =>
			deck.showNotice(`nothing can be done from here: ${messageOf(error)}; ${errorHint(error)}`, 'warn'),
		);
		stopKeeping = clock.after(saveCodeCacheMs, () => void saveCodeCache(runningCode));
	};
	// A terminal that stands still is not waited for.
	const stopWaiting = clock.after(firstFrameMs, begin);
	mounted.flush().then(begin, begin);
	const stopClock = everySecond(clock.after, deck.notifyChanged);
	const stopJumps = reportClockJumps({clock, watch, arming, deck, audit});

	const code = await left;
	stopWaiting();
	stopKeeping();
	stopAnswers();
	stopClock();
	stopJumps();
	stopPolicy();
	stopGaps();
	mounted.unmount();
	deck.close();
	await restoreTerminalWhile(runner, tty, shutDown);
	return code;
}

/** Gives the screen back. What was sent still waits for its answer: whoever presses Ctrl-C then would take its record away. */
async function restoreTerminalWhile(runner: Runner, tty: Tty, work: () => Promise<void>): Promise<void> {
	let sent = runner.inProgress().filter(remedy => !isSettling(remedy));
	const say = () => {
		for (const {action, target} of sent)
			process.stderr.write(
				`${cleanLine(`midwatch: ${action.title} on ${target} is under way: it is finished and recorded first`)}\n`,
			);
	};
	// Before the terminal lets go of them, and until the process is gone: there is no moment in which a signal ends it.
	if (sent.length > 0) for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, say);
	tty.close();
	say();
	await work();
	sent = [];
}

function dispatchTerminalEvents(tty: Tty, deck: Deck): void {
	let clicked = false;
	tty.onKey(event => {
		if (event.type === 'key') dispatchKey(deck, event.key, event.text, event.alone);
		else if (event.type === 'paste') handlePaste(deck, event.text);
		else if (event.type === 'wheel') handleWheel(deck, event.direction);
		else if (event.type === 'click') {
			const hit = paneAt(deck, tty.size(), event);
			if (hit !== undefined) handleClick(deck, hit.pane, hit.line);
			// Whoever wanted to select text with it has just found that it does not.
			if (!clicked) deck.showNotice('the mouse moves the cursor here: hold shift, on a Mac option, to select text');
			clicked = true;
		}
	});
}

/** A change of the policy file is shown, and recorded. */
function showPolicy({policy}: Pick<Arming, 'policy'>, deck: Deck, audit: Pick<Audit, 'append'>): () => void {
	let before = policy.get();
	return policy.subscribe(() => {
		const change = policyChange(before, policy.get());
		before = policy.get();
		if (change === undefined) return;
		deck.showNotice(change.text, change.isWrong ? 'crit' : 'warn');
		void audit.append({kind: 'policy', note: change.text}).catch(() => {});
	});
}

/** That records were lost is shown when it is found, which is when the next one is written. */
const showGaps = ({lastGapRecord: gap}: Pick<Audit, 'lastGapRecord'>, deck: Deck): (() => void) =>
	gap.subscribe(() => deck.showNotice(`audit: ${gap.get()?.note ?? 'records were lost'}`, 'crit'));

/** Calls at each full second, so that the clock and the ages on the screen change together. */
function everySecond(after: Clock['after'], call: () => void): () => void {
	let cancel = () => {};
	const next = () => {
		cancel = after(1000 - (Date.now() % 1000), () => {
			call();
			next();
		});
	};
	next();
	return () => cancel();
}
