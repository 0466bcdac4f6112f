import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest';
import {type Pty, startPty} from './pty.ts';

const program = `
process.stdout.write('\\x1b[?1049h\\x1b[?2004h\\x1b[H\\x1b[1;38;2;255;80;80mred\\x1b[0m 漢字 after \\x1b[7minverse\\x1b[0m\\r\\n');
const size = () => process.stdout.write('\\r\\nsize ' + process.stdout.columns + 'x' + process.stdout.rows);
for (const name of ['SIGTERM', 'SIGHUP']) process.on(name, () => {process.stdout.write('\\x1b[?1049lleft by ' + name); process.exit(7)});
process.stdin.setRawMode(true);
setInterval(() => {}, 1000);
process.stdin.on('data', data => {
	process.stdout.write('\\r\\nread ' + JSON.stringify(String(data)));
	if (String(data) === 'q') {process.stdout.write('\\x1b[?1049l'); process.exit(3)}
});
process.stdout.on('resize', size);
// Last, as it is what a test waits for: a hangup that comes before its handler ends the program by itself.
size();
`;

let folder: string;
let pty: Pty | undefined;

const open = async (columns = 80, rows = 24): Promise<Pty> => {
	pty = await startPty([process.execPath, join(folder, 'program.cjs')], {
		columns,
		rows,
		env: {PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color'},
	});
	await pty.waitFor('size ');
	return pty;
};

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'midwatch-pty-'));
	writeFileSync(join(folder, 'program.cjs'), program);
});
afterEach(async () => {
	await pty?.close();
	pty = undefined;
});
afterAll(() => rmSync(folder, {recursive: true, force: true}));

describe('the pseudo-terminal', () => {
	test('has its size from the start, and another one after a resize', async () => {
		const it = await open(120, 40);
		expect(it.screen()).toContain('size 120x40');
		expect(it.alternate).toBe(true);
		it.resize(60, 15);
		await it.waitFor('size 60x15');
	});

	test('shows text, colours and where they are', async () => {
		const it = await open();
		expect(it.find('red')).toEqual({column: 0, row: 0});
		expect(it.find('after')).toEqual({column: 9, row: 0});
		expect(it.cell(0, 0)).toMatchObject({text: 'r', foreground: '#ff5050', background: 'default', bold: true});
		expect(it.cell(15, 0)).toMatchObject({text: 'i', foreground: 'default', inverse: true, bold: false});
		expect(it.find('nowhere')).toBeUndefined();
	});

	test('passes keys and pastes as a terminal does', async () => {
		const it = await open();
		it.press('shift+tab');
		await it.waitFor('read "\\u001b[Z"');
		it.press('ctrl+d');
		await it.waitFor('read "\\u0004"');
		it.type('abc');
		await it.waitFor('read "abc"');
		it.paste('x\ny');
		await it.waitFor('read "\\u001b[200~x\\ny\\u001b[201~"');
		expect(() => it.press('hyper+x')).toThrow('there is no key hyper+x');
	});

	test('takes a paste larger than the terminal holds at once', async () => {
		const it = await open();
		it.send('y'.repeat(100_000));
		it.send('END');
		// The position of its end depends on the chunks it was read in: it may be broken over two rows.
		await it.waitFor(screen => screen.replaceAll('\n', '').includes('END"'));
	});

	test('returns the exit code, or the signal', async () => {
		const it = await open();
		it.press('q');
		expect(await it.exited).toEqual({code: 3});
		expect(it.alternate).toBe(false);
		await expect(it.waitFor('never')).rejects.toThrow('the command ended with 3');
		const other = await open();
		other.signal('SIGKILL');
		expect(await other.exited).toEqual({code: -9});
	});

	test('reports the screen when a wait fails', async () => {
		const it = await open();
		await expect(it.waitFor('never', 100)).rejects.toThrow(/while waiting for never[\s\S]*size 80x24/);
	});

	test('hangs up on close', async () => {
		const it = await open();
		await it.close();
		expect(await it.exited).toEqual({code: 7});
	});
});
