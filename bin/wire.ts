import {createElement} from 'react';
import {readActor} from '../src/audit/actor.ts';
import {type Audit, createAudit} from '../src/audit/log.ts';
import {demoStateDir, stateDir} from '../src/audit/state-dir.ts';
import {click} from '../src/deck/click.ts';
import {createDeck, type Deck} from '../src/deck/deck.ts';
import {openOnTrouble} from '../src/deck/perform.ts';
import {paste, press, wheel} from '../src/deck/press.ts';
import {messageOf} from '../src/errors.ts';
import {createKeymap} from '../src/keymap.ts';
import {policyChange} from '../src/policy/words.ts';
import {stoppedClock, systemClock} from '../src/poll/clock.ts';
import {type Arming, createArming} from '../src/remedy/arming.ts';
import {failedLook, lookAgain} from '../src/remedy/look-again.ts';
import {isSettling} from '../src/remedy/machine.ts';
import {createObjectLocks} from '../src/remedy/object-lock.ts';
import {createRunner, type Runner} from '../src/remedy/runner.ts';
import {serverNames} from '../src/remedy/server-names.ts';
import {hintOf} from '../src/remedy/trouble.ts';
import {cleanLine} from '../src/text/clean.ts';
import {createWatch} from '../src/watch.ts';
import {App} from '../views/app.tsx';
import {mount} from '../views/mount.tsx';
import {paneAt} from '../views/pane-at.ts';
import {colourLevel} from '../views/terminal/colour-level.ts';
import {createTheme} from '../views/theme.ts';
import {openTty, type Tty} from '../views/tty.ts';
import {onAnswer} from './answering.ts';
import type {Options} from './arguments.ts';
import {isAsciiOnly} from './ascii-only.ts';
import {createAuditCopies} from './audit-copies.ts';
import {reportBehind, reportJumps} from './clock-reports.ts';
import {keepCode, runningCode} from './code-cache.ts';
import {copyTo} from './copy.ts';
import {openEstate} from './estate.ts';
import {metricsOf} from './metrics.ts';
import {panes} from './panes.ts';
import {policyOf} from './policy-of.ts';
import {saveText} from './save-text.ts';
import {keepHeapSmall} from './small-heap.ts';
import {createSurroundings} from './surroundings.ts';
import {systems} from './systems.ts';
import {version} from './version.ts';
import {viaOf} from './via.ts';

/** Milliseconds that the first frame may take before reading begins without it. */
const firstFrameMs = 500;

/** Milliseconds from the first frame until what Node compiled is kept: the first reads are over by then. */
const keepCodeMs = 3000;

const actionOf = (id: string) => systems.flatMap(({actions}) => actions).find(action => action.id === id);

/** Milliseconds from a signal to the end, with a remedy under way, of which the last look may take five seconds, and without. */
const longestGraceMs = 8000;
const shortestGraceMs = 1500;

/**
 * Opens the console and stays until it is left: the only place where the parts are put together.
 * @returns the exit code: 0 when left by key, 2 when there is no terminal to draw on.
 */
export async function runConsole(options: Options): Promise<number> {
	keepHeapSmall();
	const estate = await openEstate(options);
	// In `still` nothing may change, the clock in the corner included: that is what it is for.
	const clock = options.demo === 'still' ? stoppedClock(systemClock) : systemClock;
	// What is done to the demo is recorded like anything else, apart from what was done to real systems.
	const own = stateDir(process.env);
	const state = options.demo === undefined ? own : demoStateDir(own);
	const actor = readActor(process.env);
	const log = createAudit({stateDir: state, clock, actor, app: version});
	const keymap = createKeymap(estate.keys);
	const policy = policyOf(estate, options.readOnly);
	let policyNow = () => policy;
	const copies = await createAuditCopies({
		sinks: estate.sinks,
		log,
		stateDir: state,
		clock,
		policy: () => policyNow(),
		keymap,
	});
	const {audit} = copies;
	const readOnly = policy.readOnly !== undefined;
	const arming = createArming({clock, audit, policy, source: estate.policy});
	policyNow = () => arming.policy.get();
	const watch = createWatch({targets: estate.targets, clock, readOnly, via: viaOf, metrics: metricsOf});
	const locks = createObjectLocks(state, {
		serversOf(name) {
			const watched = estate.targets.find(one => one.target.name === name);
			return watched === undefined ? [name] : serverNames(watched.target, watch.identity(name)?.server);
		},
	});
	const resolve = async (name: string) => {
		const {port, target} = await watch.connection(name);
		const {who, server} = watch.identity(name) ?? {};
		return {port, target, who, server};
	};
	const runner = createRunner({clock, audit, arming, locks, resolve});
	const surroundings = createSurroundings({
		stateDir: state,
		audit,
		locks,
		clock,
		actor,
		underWay: () => new Set(runner.underWay().map(({id}) => id)),
		lookAgain: open => lookAgain(open, {clock, actionOf, resolve}).catch(failedLook),
	});

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
function everySecond(after: typeof systemClock.after, call: () => void): () => void {
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
