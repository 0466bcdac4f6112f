import {existsSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {afterEach, describe, expect, test} from 'vitest';
import {type Pty, startPty} from './pty.ts';

const program = fileURLToPath(new URL('terminal-program.ts', import.meta.url));
const shellLine = `"${process.execPath}" "${program}"`;
/** Runs the program and prints its exit code and whether the terminal modes are unchanged. */
const watched = `before=$(stty -g); ${shellLine}; code=$?; [ "$before" = "$(stty -g)" ] && echo modes restored; echo code $code`;

let pty: Pty | undefined;
afterEach(async () => {
	await pty?.close();
	pty = undefined;
});

async function open(env: Readonly<Record<string, string>> = {}, script = watched): Promise<Pty> {
	pty = await startPty(['/bin/sh', '-c', script], {
		columns: 100,
		rows: 12,
		env: {PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color', ...env},
	});
	return pty;
}

const pidOf = (it: Pty): number => Number(/pid (\d+)/.exec(it.screen())?.[1]);

/** Each mode that was switched on, off again exactly once, and nothing drawn after that. */
function expectRestored(it: Pty): void {
	const output = it.output();
	for (const [on, off] of [
		['?1049h', '?1049l'],
		['?25l', '?25h'],
		['?7l', '?7h'],
		['?2004h', '?2004l'],
		['?1000h', '?1000l'],
		['?1006h', '?1006l'],
	])
		expect([on, output.split(`\u001b[${on}`).length, off, output.split(`\u001b[${off}`).length]).toEqual([
			on,
			2,
			off,
			2,
		]);
	expect(output.slice(output.indexOf('\u001b[?1049l'))).not.toContain('pid');
	expect(it.alternate).toBe(false);
}

describe('the way out', () => {
	test.each([
		['q', 0, ''],
		['x', 5, ''],
		['e', 70, 'Error: boom red'],
		['r', 70, 'Error: rejected'],
	])('key %s: code %d', async (key, code, words) => {
		const it = await open();
		await it.waitFor('pid ');
		it.type(key);
		const screen = await it.waitFor(`code ${code}`);
		expect(screen).toContain('modes restored');
		expect(it.output()).toContain(words);
		expectRestored(it);
	});

	test('at once leaves no answer of the terminal on the command line', async () => {
		const rest = 'sleep 0.3; stty raw -echo min 0 time 3; echo left $(head -c 20 | wc -c)';
		const it = await open({LEAVE: 'at once'}, `${watched}; ${rest}`);
		expect(await it.waitFor(/left \d+/)).toMatch(/left 0$/m);
	});

	test.each([
		['SIGINT', 130],
		['SIGTERM', 143],
		['SIGHUP', 129],
	] as const)('%s: code %d, and the exit listener can still write', async (signal, code) => {
		const it = await open({LEAVING: 'reported'});
		await it.waitFor('pid ');
		process.kill(pidOf(it), signal);
		const screen = await it.waitFor(`code ${code}`);
		expect(screen).toContain('leaving by signal');
		expect(screen).toContain('modes restored');
		expectRestored(it);
	});

	test('an exit listener that never ends does not block it', async () => {
		const it = await open({LEAVING: 'never'});
		await it.waitFor('pid ');
		process.kill(pidOf(it), 'SIGTERM');
		await it.waitFor('code 143');
		expectRestored(it);
	});

	test.each([
		['is waited for when it was given the time', {GRACE: '10000'}, true],
		['is not waited for otherwise', {}, false],
	])('what is still to be recorded %s', async (_, env, recorded) => {
		const it = await open({LEAVING: 'slowly', ...env});
		await it.waitFor('pid ');
		process.kill(pidOf(it), 'SIGTERM');
		const screen = await it.waitFor('code 143');
		expect(screen.includes('recorded')).toBe(recorded);
		expectRestored(it);
	});

	test('a closed window ends it', async () => {
		const it = await open({}, `exec ${shellLine}`);
		await it.waitFor('pid ');
		await it.close();
		expect(await it.exited).toEqual({code: 129});
	});
});

describe('a stopped terminal', () => {
	const bridgeOf = (pid: number) => Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

	/** The terminal's reader stops, once the program is sending frame after frame. */
	async function standStill(it: Pty): Promise<{readonly program: number; readonly bridge: number}> {
		await it.waitFor('pid ');
		const program = pidOf(it);
		const bridge = bridgeOf(it.pid);
		it.type('f');
		await it.waitFor(/flood +\d{2,}/);
		process.kill(bridge, 'SIGSTOP');
		await new Promise(resolve => setTimeout(resolve, 300));
		return {program, bridge};
	}

	test('has one frame under way, and the program goes on', async () => {
		const it = await open();
		const {bridge} = await standStill(it);
		it.type('q');
		process.kill(bridge, 'SIGCONT');
		const screen = await it.waitFor('code 0');
		expect(screen).toContain('modes restored');
		const [, queued, frame] = /most queued (\d+) of frames of (\d+)/.exec(screen) ?? [];
		expect(Number(queued)).toBeGreaterThan(0);
		expect(Number(queued)).toBeLessThanOrEqual(2 * Number(frame));
	});

	test('does not hold a SIGTERM', async () => {
		const it = await open();
		const {program, bridge} = await standStill(it);
		try {
			process.kill(program, 'SIGTERM');
			await expect.poll(() => existsSync(`/proc/${program}`)).toBe(false);
		} finally {
			process.kill(bridge, 'SIGCONT');
		}
		const output = await it.waitFor('code 143').then(it.output);
		expect(output).toContain('modes restored');
		// It had no way to say this: it really stood still.
		expect(output).not.toContain('\u001b[?1049l');
	});
});

describe('keys, sizes and colours', () => {
	test('keys arrive one by one, a paste as one event, the wheel with its position', async () => {
		const it = await open();
		await it.waitFor('pid ');
		it.type('jJ\u001b[B');
		it.paste('two\nlines');
		it.send('\u001b[<65;4;3M');
		const screen = await it.waitFor('wheel');
		expect(screen).toContain('event {"type":"key","key":"j","alone":false,"text":"j"}');
		expect(screen).toContain('event {"type":"key","key":"J","alone":false,"text":"J"}');
		expect(screen).toContain('event {"type":"key","key":"down","alone":false}');
		expect(screen).toContain('event {"type":"paste","text":"two\\nlines"}');
		expect(screen).toContain('event {"type":"wheel","direction":"down","column":3,"row":2}');
		it.send('\u001b');
		await it.waitFor('"key":"esc","alone":true');
	});

	test('the size follows the window', async () => {
		const it = await open();
		await it.waitFor('size 100x12');
		for (let columns = 60; columns <= 90; columns += 5) it.resize(columns, 14);
		await it.waitFor('size 90x14');
	});

	test.each([
		[{}, 'colours 256'],
		[{COLORTERM: 'truecolor'}, 'colours rgb'],
		[{NO_COLOR: '1', COLORTERM: 'truecolor'}, 'colours 0'],
		[{COLOURS: '16', COLORTERM: 'truecolor'}, 'colours 16'],
		[{COLOURS: '16', NO_COLOR: '1'}, 'colours 0'],
		[{TERM: 'xterm'}, 'colours 16'],
		[{FORCE_COLOR: '3', TERM: 'xterm'}, 'colours rgb'],
	])('%j: %s', async (env, words) => {
		const it = await open(env);
		await it.waitFor(words);
	});

	test('a dumb terminal, a pipe in and a pipe out are refused with what to do', async () => {
		const dumb = await open({TERM: 'dumb'});
		expect(await dumb.waitFor('code 3')).toContain('refused: This terminal cannot show a full screen (TERM is dumb).');
		expect(dumb.output()).not.toContain('\u001b');
		await dumb.close();
		const piped = await open({}, `${shellLine} </dev/null; ${shellLine} | cat; echo done`);
		const screen = await piped.waitFor('done');
		expect(screen).toContain('refused: The input is not a terminal.');
		expect(screen).toContain('refused: The output is not a terminal.');
	});

	test('stray output and warnings stay off the screen and are saved', async () => {
		const it = await open();
		await it.waitFor('pid ');
		it.type('w');
		await it.waitFor('noise Warning: careful');
		const screen = it.screen();
		expect(screen).toContain('noise stray words');
		expect(screen).toContain('noise stray complaint');
		it.type('q');
		await it.waitFor('code 0');
		expect(it.output()).not.toMatch(/(?<!noise )stray/);
	});

	test('copies by OSC 52, and once more for the terminal outside tmux', async () => {
		const it = await open({TMUX: '/tmp/tmux-1/default,1,0'});
		await it.waitFor('pid ');
		it.type('c');
		await it.waitFor('"key":"c"');
		it.type('q');
		await it.waitFor('code 0');
		expect(it.output()).toContain('\u001b]52;c;aGVsbG8=\u0007');
		expect(it.output()).toContain('\u001bPtmux;\u001b\u001b]52;c;aGVsbG8=\u0007\u001b\\');
	});
});

describe('a shell', () => {
	const shell = async () => {
		pty = await startPty(['bash', '--norc', '--noprofile', '-i'], {
			columns: 100,
			rows: 12,
			env: {PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color', PS1: 'ready> '},
		});
		await pty.waitFor('ready>');
		pty.type(`${shellLine}\r`);
		await pty.waitFor('pid ');
		return pty;
	};

	test.each(['the key', 'SIGTSTP'])(
		'gets the terminal back by %s, and all is drawn again when continued',
		async way => {
			const it = await shell();
			const stopped = pidOf(it);
			if (way === 'the key') it.type('z');
			else process.kill(stopped, 'SIGTSTP');
			await it.waitFor(/Stopped/);
			expect(it.alternate).toBe(false);
			it.type('stty -a | grep -c " icanon"; fg\r');
			await it.waitFor(screen => screen.includes('lost') && screen.includes(`pid ${stopped}`));
			expect(it.alternate).toBe(true);
			it.type('j');
			await it.waitFor('"key":"j"');
			it.type('q');
			await it.waitFor('ready>');
			expect(it.alternate).toBe(false);
		},
	);

	test('a stop that cannot be caught is made good when continued', async () => {
		const it = await shell();
		const stopped = pidOf(it);
		it.type('k');
		await it.waitFor('"key":"k"');
		process.kill(stopped, 'SIGSTOP');
		await it.waitFor(/Stopped/);
		it.type('fg\r');
		await it.waitFor('lost');
		it.type('j');
		await it.waitFor('"key":"j"');
		it.type('q');
		await it.waitFor(screen => !screen.includes('lost'));
		expect(it.alternate).toBe(false);
	});
});
