import {spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

/** The system's own rather than a version manager's, which takes its time to choose one. */
const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
const script = fileURLToPath(new URL('pty-meter.py', import.meta.url));

/** What is done to a command in a terminal. Moments are seconds since it was started. */
export type MeterPlan = {
	readonly command: readonly string[];
	readonly columns: number;
	readonly rows: number;
	/** It is hung up after these. */
	readonly seconds: number;
	readonly keys?: readonly (readonly [at: number, text: string])[];
	/** The first output that holds it is the answer to a key. */
	readonly marker?: string;
	readonly wanted?: readonly string[];
	/** Ends as soon as all that is wanted was seen. */
	readonly untilWanted?: boolean;
	/** Nothing is read from the first to the second. */
	readonly stall?: readonly [from: number, to: number];
	readonly resize?: readonly (readonly [at: number, rows: number, columns: number])[];
	readonly signals?: readonly (readonly [at: number, name: string])[];
};

/** Milliseconds since the start. */
export type Metered = {
	readonly exit: number;
	readonly ended: number;
	/** When each was seen; null when it never was. */
	readonly wanted: Readonly<Record<string, number | null>>;
	readonly reads: readonly (readonly [at: number, bytes: number])[];
	/** Milliseconds from each key to its answer; null when the next key came first. */
	readonly answers: readonly (number | null)[];
};

/** The environment of every command that is measured: nothing is inherited that could change a figure. */
const environment = (home: string): NodeJS.ProcessEnv => ({
	PATH: process.env['PATH'],
	HOME: home,
	XDG_STATE_HOME: home,
	XDG_CONFIG_HOME: home,
	TERM: 'xterm-256color',
	COLORTERM: 'truecolor',
	LANG: 'C.UTF-8',
	TZ: 'UTC',
	USER: 'bench',
});

/** Runs a command in a pseudo-terminal. @throws Error when that breaks. */
export function meter(plan: MeterPlan, home: string): Promise<Metered> {
	return new Promise((resolve, reject) => {
		const child = spawn(python, [script, JSON.stringify(plan)], {env: environment(home), cwd: home});
		let out = '';
		let complaint = '';
		child.stdout.on('data', data => (out += String(data)));
		child.stderr.on('data', data => (complaint += String(data)));
		child.on('error', error => reject(new Error(`python3 is needed for a pseudo-terminal: ${error.message}`)));
		child.on('close', code => {
			if (code === 0) resolve(JSON.parse(out) as Metered);
			else reject(new Error(`the pseudo-terminal broke: ${complaint}`));
		});
	});
}

/** Bytes that came between two moments, in milliseconds. */
export const bytesBetween = (metered: Metered, from: number, to: number): number =>
	metered.reads.reduce((sum, [at, bytes]) => (at >= from && at < to ? sum + bytes : sum), 0);
