/* Run in a pseudo-terminal by tty.test.ts: shows the events it receives, and exits in the way that a key selects. */
import {cleanText} from '../../src/text/clean.ts';
import {openTty} from '../../views/terminal/tty.ts';

const graceMs = process.env['GRACE'];
const opened = openTty({
	program: 'midwatch',
	cleanText,
	mouse: true,
	...(graceMs === undefined ? {} : {graceMs: () => Number(graceMs)}),
	...(process.env['COLOURS'] === '16' ? {maxColours: 16 as const} : {}),
	beforeExit: async cause => {
		if (process.env['LEAVING'] === 'slowly') {
			await new Promise(resolve => setTimeout(resolve, 1500));
			process.stderr.write('recorded\r\n');
		}
		if (process.env['LEAVING'] === 'never') return new Promise(() => {});
		if (process.env['LEAVING'] === 'reported') process.stderr.write(`leaving by ${cause.kind}\r\n`);
		return undefined;
	},
});
if (!opened.ok) {
	process.stdout.write(`refused: ${opened.reason}\n`);
	process.exit(3);
}
const {tty} = opened;
if (process.env['LEAVE'] === 'at once') {
	tty.close();
	process.exit(0);
}
const events: string[] = [];
let mostQueued = 0;
let frame = 0;
let floodBytes = 0;

function draw(): void {
	const {columns, rows} = tty.size();
	const lines = [
		`pid ${process.pid} size ${columns}x${rows} colours ${tty.colours} frame ${frame}`,
		...events.slice(-6),
		...tty.strayOutput().map(line => `noise ${line}`),
	];
	tty.send(`\u001b[H${lines.map(line => `${line}\u001b[K`).join('\r\n')}`);
}

/** Frames of 20 kB, as fast as they are taken: five times and more what a pseudo-terminal holds. */
function flood(): void {
	frame += 1;
	const text = `\u001b[H${`flood ${String(frame).padStart(6)} `.repeat(2000)}\u001b[H`;
	floodBytes = text.length;
	if (tty.send(text)) setTimeout(flood, 1);
	mostQueued = Math.max(mostQueued, tty.queued());
}

const acts: Readonly<Record<string, () => void>> = {
	q() {
		tty.close();
		console.log(`most queued ${mostQueued} of frames of ${floodBytes}`);
		process.exit(0);
	},
	e() {
		throw new Error('boom \u001b[31mred');
	},
	r() {
		void Promise.reject(new Error('rejected'));
	},
	x: () => process.exit(5),
	z: () => tty.suspend(),
	c: () => void tty.copy('hello'),
	f: flood,
	w() {
		process.emitWarning('careful');
		console.log('stray\u001b[2J words');
		console.error('stray complaint');
	},
};

tty.onKey(event => {
	events.push(`event ${JSON.stringify(event)}`);
	if (event.type === 'key') acts[event.key]?.();
	setImmediate(() => {
		if (frame === 0) draw();
	});
});
tty.onResize(draw);
tty.onLost(() => {
	events.push('lost');
	draw();
});
tty.onDrain(flood);
draw();
