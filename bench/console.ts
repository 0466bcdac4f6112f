/*
 * A console of the bench, run in a pseudo-terminal: the product's own deck, painters, compositor and terminal on an estate in memory.
 * Its one argument is a JSON plan. It notes what it cost ten times a second and writes that down when it ends.
 */
import {writeFileSync} from 'node:fs';
import {render} from 'ink';
import {createElement} from 'react';
import {limitYoungGeneration} from '../bin/small-heap.ts';
import type {Deck} from '../src/input/deck.ts';
import {dispatchKey} from '../src/input/dispatch-key.ts';
import {cleanText} from '../src/text/clean.ts';
import {systemClock} from '../src/time/clock.ts';
import {App} from '../views/app.tsx';
import {mountOnScreen} from '../views/mount.tsx';
import {createKeyDecoder, type TerminalEvent} from '../views/terminal/decode-keys.ts';
import {openTty} from '../views/terminal/tty.ts';
import {createTheme} from '../views/theme.ts';
import {openBenchDeck} from './bench-deck.ts';
import {type EstateOptions, openBenchEstate} from './estates.ts';

export type ConsolePlan = EstateOptions & {
	/** `plain`: as Ink does it by itself, to its own stdout. `none`: all is read and nothing is drawn. */
	readonly draw: 'compositor' | 'plain' | 'none';
	readonly report: string;
	readonly stateDir: string;
};

/** One tenth of a second. `at` is in epoch milliseconds. */
export type Sample = {
	readonly at: number;
	/** Microseconds of the processor since the start. */
	readonly cpu: number;
	readonly rss: number;
	/** Milliseconds: the longest that the event loop was away. */
	readonly gap: number;
	/** Milliseconds: the most that its thread worked itself between two turns. A gap beyond that is the machine's, which has others to serve. */
	readonly worked: number;
	/** Bytes that waited for the terminal, at most. */
	readonly queued: number;
	/** Bytes of the largest frame so far. */
	readonly frame: number;
	/** Rows known. */
	readonly rows: number;
};

limitYoungGeneration();
const plan = JSON.parse(process.argv[2] ?? '{}') as ConsolePlan;
const {deck, watch} = openBenchDeck({...openBenchEstate(plan), clock: systemClock, stateDir: plan.stateDir});
const element = createElement(App, {deck, theme: createTheme('colour', false), afterPaint: call => call()});

function threadMs(): number {
	const {user, system} = process.threadCpuUsage();
	return (user + system) / 1000;
}

const samples: Sample[] = [];
let gap = 0;
let worked = 0;
let queued = 0;
let frame = 0;
let waiting = () => 0;
let last = performance.now();
let used = threadMs();
setInterval(() => {
	const [now, spent] = [performance.now(), threadMs()];
	gap = Math.max(gap, now - last);
	worked = Math.max(worked, spent - used);
	last = now;
	used = spent;
	queued = Math.max(queued, waiting());
}, 4);
setInterval(() => {
	const {user, system} = process.cpuUsage();
	const rows = watch.readings().reduce((sum, reading) => sum + (reading.snapshot?.rows.length ?? 0), 0);
	samples.push({at: Date.now(), cpu: user + system, rss: process.memoryUsage.rss(), gap, worked, queued, frame, rows});
	gap = 0;
	worked = 0;
	queued = 0;
}, 100);
process.on('exit', () => writeFileSync(plan.report, JSON.stringify(samples)));

const onKey = (deck: Deck) => (event: TerminalEvent) => {
	if (event.type === 'key') dispatchKey(deck, event.key, event.text, event.alone);
};

if (plan.draw === 'compositor') {
	const opened = openTty({program: 'midwatch', cleanText});
	if (!opened.ok) throw new Error(opened.reason);
	const {tty} = opened;
	waiting = tty.queued;
	const send = (text: string) => {
		frame = Math.max(frame, Buffer.byteLength(text));
		return tty.send(text);
	};
	mountOnScreen(element, {...tty, send});
	tty.onKey(onKey(deck));
} else {
	process.stdin.setRawMode(true).on('data', chunk => decoder.feed(chunk));
	if (plan.draw === 'plain') {
		render(element, {alternateScreen: true, incrementalRendering: true, exitOnCtrlC: false, patchConsole: false});
		const write = process.stdout.write.bind(process.stdout) as (text: string) => boolean;
		process.stdout.write = ((text: string) => {
			frame = Math.max(frame, Buffer.byteLength(text));
			return write(text);
		}) as typeof process.stdout.write;
		waiting = () => process.stdout.writableLength;
	} else {
		process.stdout.write('midwatch');
		deck.setShownPanes(deck.options.panes.map(pane => pane.id));
	}
	for (const signal of ['SIGHUP', 'SIGTERM'] as const) process.on(signal, () => process.exit(0));
}
const decoder = createKeyDecoder(onKey(deck), systemClock);

watch.start();
setInterval(deck.notifyChanged, 1000);
