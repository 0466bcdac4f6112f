import {createElement} from 'react';
import type {Audit} from '../src/audit/audit-log.ts';
import {messageOf} from '../src/errors.ts';
import {click} from '../src/input/click.ts';
import {createDeck, type Deck} from '../src/input/deck.ts';
import {paste, press, wheel} from '../src/input/dispatch-key.ts';
import {openOnTrouble} from '../src/input/start-action.ts';
import {policyChange} from '../src/policy/policy-text.ts';
import type {Arming} from '../src/remedy/arming.ts';
import {hintOf} from '../src/remedy/remedy-failure.ts';
import {isSettling} from '../src/remedy/remedy-state.ts';
import type {Runner} from '../src/remedy/runner.ts';
import {cleanLine} from '../src/text/clean.ts';
import type {Clock} from '../src/time/clock.ts';
import {App} from '../views/app.tsx';
import {mount} from '../views/mount.tsx';
import {paneAt} from '../views/table/pane-at.ts';
import {colourLevel} from '../views/terminal/colour-level.ts';
import {openTty, type Tty} from '../views/terminal/tty.ts';
import {createTheme} from '../views/theme.ts';
import {isAsciiOnly} from './ascii-only.ts';
import type {Options} from './cli/arguments.ts';
import {reportBehind, reportJumps} from './clock-reports.ts';
import {keepCode, runningCode} from './code-cache.ts';
import {createCore} from './console-core.ts';
import {copyTo} from './copy-to-clipboard.ts';
import {panes} from './panes.ts';
import {openEstate} from './run-config.ts';
import {saveText} from './save-text.ts';
import {keepHeapSmall} from './small-heap.ts';
import {onAnswer} from './target-answers.ts';

/** Milliseconds that the first frame may take before reading begins without it. */
const firstFrameMs = 500;

/** Milliseconds from the first frame until what Node compiled is kept: the first reads are over by then. */
const keepCodeMs = 3000;

/** Milliseconds from a signal to the end, with a remedy under way, of which the last look may take five seconds, and without. */
const longestGraceMs = 8000;
const shortestGraceMs = 1500;

/**
 * Opens the console and stays until it is left.
 * @returns the exit code: 0 when left by key, 2 when there is no terminal to draw on.
 */
export async function runConsole(options: Options): Promise<number> {
	keepHeapSmall();
	const estate = await openEstate(options);
	const {state, clock, keymap, audit, copies, arming, watch, runner, surroundings} = await createCore(estate, options);

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
		await Promise.all([surroundings.close(), watch.close(), copies.close()]);
		arming.close();
	};

	/** Who looked, from when to when. Looking goes on where it cannot be recorded; acting does not. */
	const noted = (kind: 'start' | 'stop') => audit.append({kind, note: estate.from});

	const opened = openTty({
		mouse: estate.mouse,
		leaving: shutDown,
		// What was sent is finished and recorded; with nothing under way a closed window is not waited for.
		graceMs: () => (runner.underWay().length > 0 ? longestGraceMs : shortestGraceMs),
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
		presence: surroundings,
		unresolved: surroundings.unresolved,
		copies: copies.shown,
		keymap,
		clock,
		effects: {
			copy: text => copyTo(tty, state, text),
			save: (name, lines) => saveText(state, name, lines, clock.now()),
			quit: () => leave(0),
			suspend: () => tty.suspend(),
			lendTerminal: work => tty.lend(work),
			redraw: () => mounted.redraw(),
			noise: tty.noise,
		},
		labels: [
			...(options.demo === undefined ? [] : [`demo: ${options.demo}`]),
			...(options.readOnly ? ['read-only'] : []),
		],
		remarks: [estate.from, ...estate.remarks],
	});
	const colourless = estate.theme === 'none' || colourLevel(process.env) === 0;
	const theme = createTheme(colourless ? 'none' : 'colour', isAsciiOnly(process.env));
	const mounted = mount(
		createElement(App, {
			deck,
			theme,
			afterPaint: call => {
				mounted.flush().then(call, error => deck.say(messageOf(error), 'warn'));
			},
		}),
		tty,
	);
	const stopPolicy = showPolicy(arming, deck, audit);
	const stopGaps = showGaps(audit, deck);
	listen(tty, deck);
	openOnTrouble(deck);
	let stopKeeping = () => {};
	let stopAnswers = () => {};
	/** All that reads, loads and writes: what the first frame needs none of. */
	const begin = () => {
		if (phase !== 'opening') return;
		phase = 'watching';
		watch.start();
		surroundings.look();
		copies.start();
		stopAnswers = onAnswer(watch, surroundings.answers);
		const begun = noted('start').then(record => reportBehind({clock, deck, audit}, record));
		begun.catch((error: unknown) =>
			deck.say(`nothing can be done from here: ${messageOf(error)}; ${hintOf(error)}`, 'warn'),
		);
		stopKeeping = clock.after(keepCodeMs, () => void keepCode(runningCode));
	};
	// A terminal that stands still is not waited for.
	const stopWaiting = clock.after(firstFrameMs, begin);
	mounted.flush().then(begin, begin);
	const stopClock = everySecond(clock.after, deck.bump);
	const stopJumps = reportJumps({clock, watch, arming, deck, audit});

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
	await finishing(runner, tty, shutDown);
	return code;
}

/** Gives the screen back. What was sent still waits for its answer: whoever presses Ctrl-C then would take its record away. */
async function finishing(runner: Runner, tty: Tty, work: () => Promise<void>): Promise<void> {
	let sent = runner.underWay().filter(remedy => !isSettling(remedy));
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

function listen(tty: Tty, deck: Deck): void {
	let clicked = false;
	tty.onKey(event => {
		if (event.type === 'key') press(deck, event.key, event.text, event.alone);
		else if (event.type === 'paste') paste(deck, event.text);
		else if (event.type === 'wheel') wheel(deck, event.direction);
		else if (event.type === 'click') {
			const hit = paneAt(deck, tty.size(), event);
			if (hit !== undefined) click(deck, hit.pane, hit.line);
			// Whoever wanted to select text with it has just found that it does not.
			if (!clicked) deck.say('the mouse moves the cursor here: hold shift, on a Mac option, to select text');
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
		deck.say(change.text, change.isWrong ? 'crit' : 'warn');
		void audit.append({kind: 'policy', note: change.text}).catch(() => {});
	});
}

/** That records were lost is shown when it is found, which is when the next one is written. */
const showGaps = ({gap}: Pick<Audit, 'gap'>, deck: Deck): (() => void) =>
	gap.subscribe(() => deck.say(`audit: ${gap.get()?.note ?? 'records were lost'}`, 'crit'));

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
