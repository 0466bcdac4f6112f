import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {createKeyDecoder, type TerminalEvent} from '../../../views/terminal/decode-keys.ts';

const esc = '\u001b';

/** Events as short words: `key a`, `paste …`, `wheel up 3,4`. */
const describeEvent = (event: TerminalEvent): string => {
	if (event.type === 'key') return event.key;
	if (event.type === 'paste') return `paste ${JSON.stringify(event.text)}`;
	if (event.type === 'mode') return `mode ${event.mode} ${event.state}`;
	return `${event.type === 'wheel' ? `wheel ${event.direction}` : 'click'} ${event.column},${event.row}`;
};

function start() {
	const events: TerminalEvent[] = [];
	let timers: {readonly at: number; readonly call: () => void}[] = [];
	let now = 0;
	const decoder = createKeyDecoder(event => events.push(event), {
		after(ms, call) {
			const timer = {at: now + ms, call};
			timers.push(timer);
			return () => {
				timers = timers.filter(other => other !== timer);
			};
		},
	});
	return {
		feed: (chunk: Uint8Array | string) => decoder.feed(chunk),
		reset: () => decoder.reset(),
		pass(ms: number) {
			now += ms;
			const due = timers.filter(timer => timer.at <= now);
			timers = timers.filter(timer => timer.at > now);
			for (const timer of due) timer.call();
		},
		take: () => events.splice(0).map(describeEvent),
		events,
	};
}

const decode = (chunk: Uint8Array | string): readonly string[] => {
	const keys = start();
	keys.feed(chunk);
	return keys.take();
};

describe('keys', () => {
	test.each([
		['a', 'a'],
		['A', 'A'],
		['?', '?'],
		['é', 'é'],
		['漢', '漢'],
		[' ', 'space'],
		['\r', 'enter'],
		['\n', 'enter'],
		['\t', 'tab'],
		['\u007f', 'backspace'],
		['\b', 'backspace'],
		['\u0000', 'ctrl+space'],
		['\u0003', 'ctrl+c'],
		['\u001a', 'ctrl+z'],
		['\u001c', 'ctrl+\\'],
		[`${esc}[A`, 'up'],
		[`${esc}[B`, 'down'],
		[`${esc}[C`, 'right'],
		[`${esc}[D`, 'left'],
		[`${esc}OA`, 'up'],
		[`${esc}OH`, 'home'],
		[`${esc}[H`, 'home'],
		[`${esc}[F`, 'end'],
		[`${esc}[1~`, 'home'],
		[`${esc}[4~`, 'end'],
		[`${esc}[7~`, 'home'],
		[`${esc}[8~`, 'end'],
		[`${esc}[2~`, 'insert'],
		[`${esc}[3~`, 'delete'],
		[`${esc}[5~`, 'pageup'],
		[`${esc}[6~`, 'pagedown'],
		[`${esc}[Z`, 'shift+tab'],
		[`${esc}OP`, 'f1'],
		[`${esc}[[A`, 'f1'],
		[`${esc}[[E`, 'f5'],
		[`${esc}[11~`, 'f1'],
		[`${esc}[15~`, 'f5'],
		[`${esc}[17~`, 'f6'],
		[`${esc}[21~`, 'f10'],
		[`${esc}[23~`, 'f11'],
		[`${esc}[24~`, 'f12'],
		[`${esc}[1;5A`, 'ctrl+up'],
		[`${esc}[1;3C`, 'alt+right'],
		[`${esc}[1;2B`, 'shift+down'],
		[`${esc}[3;5~`, 'ctrl+delete'],
		[`${esc}[1;2P`, 'shift+f1'],
		[`${esc}O5A`, 'ctrl+up'],
		[`${esc}${esc}[A`, 'alt+up'],
		[`${esc}OM`, 'enter'],
		[`${esc}a`, 'alt+a'],
		[`${esc}A`, 'alt+A'],
		[`${esc}\u007f`, 'alt+backspace'],
		[`${esc}\r`, 'alt+enter'],
		[`${esc}é`, 'alt+é'],
		['\u009bA', 'up'],
		[`${esc}[<64;10;5M`, 'wheel up 9,4'],
		[`${esc}[<65;1;1M`, 'wheel down 0,0'],
		[`${esc}[<0;3;4M`, 'click 2,3'],
		[`${esc}[?2026;2$y`, 'mode 2026 2'],
		[`${esc}[200~rm -rf /\r\nQ${esc}[A\u0003${esc}[201~`, `paste "rm -rf /\\nQ\\u001b[A\\u0003"`],
	])('%j is %s', (input, name) => {
		expect(decode(input)).toEqual([name]);
	});

	test('a printable key has its text, others none', () => {
		const keys = start();
		keys.feed(`a ${esc}[A\u0001`);
		expect(keys.events).toEqual([
			{type: 'key', key: 'a', text: 'a', alone: false},
			{type: 'key', key: 'space', text: ' ', alone: false},
			{type: 'key', key: 'up', alone: false},
			{type: 'key', key: 'ctrl+a', alone: false},
		]);
	});

	test('several keys in one chunk are separate events', () => {
		expect(decode(`jj${esc}[Bk${esc}OAG\r`)).toEqual(['j', 'j', 'down', 'k', 'up', 'G', 'enter']);
	});

	test.each([
		['a focus report', `${esc}[I${esc}[O`],
		['a cursor report', `${esc}[12;40R`],
		['device attributes', `${esc}[?64;1;9;15;22c${esc}[>41;354;0c`],
		['a key of the kitty protocol', `${esc}[97;5u`],
		['a mouse report of X10', `${esc}[M AB`],
		['a release and a drag', `${esc}[<0;3;4m${esc}[<32;3;4M`],
		['the end of a paste that never began', `${esc}[201~`],
		['an unknown letter', `${esc}[1;2W${esc}[W${esc}OW`],
		['a colour report', `${esc}]11;rgb:FFFF/FFFF/FFFF\u0007`],
		['a colour report ended by ST', `${esc}]11;rgb:FFFF/FFFF/FFFF${esc}\\`],
		['a version report', `${esc}P>|XTerm(390)${esc}\\`],
		['an application command', `${esc}_Gi=31;OK${esc}\\`],
		['C1 introducers', '\u009b12;40R\u009d11;ABC\u009c\u0090XYZ\u009c'],
		['bytes that are not UTF-8', '\ufffd'],
	])('%s is no key', (_, input) => {
		expect(decode(`a${input}b`)).toEqual(['a', 'b']);
	});
});

describe('time', () => {
	test('an Esc that nothing follows is the Esc key, after 25 ms', () => {
		const keys = start();
		keys.feed(esc);
		keys.pass(24);
		expect(keys.take()).toEqual([]);
		keys.pass(1);
		expect(keys.take()).toEqual(['esc']);
		keys.feed('O');
		expect(keys.take()).toEqual(['O']);
	});

	test('Esc twice is Esc twice', () => {
		const keys = start();
		keys.feed(esc + esc);
		keys.pass(25);
		expect(keys.take()).toEqual(['esc', 'esc']);
	});

	test('Esc before a letter in the same chunk is Alt; with time in between it is two keys', () => {
		const keys = start();
		keys.feed(esc);
		keys.pass(25);
		keys.feed('x');
		expect(keys.take()).toEqual(['esc', 'x']);
	});

	test('an arrow that is split just after its Esc gives no letter', () => {
		const keys = start();
		keys.feed(esc);
		keys.pass(30);
		keys.feed('[A');
		keys.feed('j');
		expect(keys.take()).toEqual(['esc', 'up', 'j']);
		keys.feed(esc);
		keys.pass(30);
		keys.feed('[1;5');
		keys.pass(100);
		keys.feed('Aj');
		expect(keys.take()).toEqual(['esc', 'ctrl+up', 'j']);
	});

	test('an arrow that is split anywhere else is an arrow, also after a delay', () => {
		const keys = start();
		keys.feed(`${esc}[`);
		keys.pass(1000);
		keys.feed('A');
		expect(keys.take()).toEqual(['up']);
	});

	test('a sequence that is begun by keys ends', () => {
		const keys = start();
		keys.feed(`${esc}]`);
		keys.feed('abc');
		keys.pass(1500);
		keys.feed('j');
		expect(keys.take()).toEqual(['j']);
		keys.feed(`${esc}Pabc${esc}`);
		keys.pass(25);
		keys.feed('k');
		expect(keys.take()).toEqual(['esc', 'k']);
		keys.feed(`${esc}]abc\u0003`);
		expect(keys.take()).toEqual(['ctrl+c']);
	});

	test('a paste whose end never comes is reported after a timeout', () => {
		const keys = start();
		keys.feed(`${esc}[200~half`);
		keys.pass(1500);
		keys.feed('j');
		expect(keys.take()).toEqual(['paste "half"', 'j']);
	});

	test('a reset drops an incomplete sequence', () => {
		const keys = start();
		keys.feed(`${esc}[200~DROP`);
		keys.reset();
		keys.feed('j');
		keys.pass(5000);
		expect(keys.take()).toEqual(['j']);
	});
});

const sequence = fc.oneof(
	fc.constantFrom(`${esc}[A`, `${esc}OB`, `${esc}[1;5C`, `${esc}[15~`, `${esc}[<64;3;4M`, `${esc}[M AZ`, `${esc}[[C`),
	fc.constantFrom(`${esc}]0;TITLE\u0007`, `${esc}P+QABC${esc}\\`, `${esc}[?2026;2$y`, `${esc}[200~PASTED${esc}[201~`),
	fc
		.tuple(fc.stringMatching(/^[0-?]{0,6}[ -/]?$/), fc.stringMatching(/^[@A-KN-Za-z]$/))
		.map(([parameters, final]) => `${esc}[${parameters}${final}`)
		.filter(text => !text.startsWith(`${esc}[200~`)),
);
const typed = fc.stringMatching(/^[A-Za-z0-9?/ é漢👍\r\t]$/u);

describe('any input', () => {
	test('gives the same events however it is split', () => {
		const input = fc.array(fc.oneof(sequence, typed, fc.string({unit: 'binary', maxLength: 4})), {maxLength: 12});
		fc.assert(
			fc.property(input, fc.array(fc.integer({min: 1, max: 5}), {minLength: 1}), (parts, lengths) => {
				const bytes = new TextEncoder().encode(parts.join(''));
				const cut = start();
				for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
					const length = lengths[turn % lengths.length] ?? 1;
					cut.feed(bytes.subarray(at, at + length));
					at += length;
				}
				expect(cut.take()).toEqual(decode(bytes));
			}),
			{numRuns: 500},
		);
	});

	test('of complete sequences between keys gives every typed key once, and no letter of a sequence', () => {
		fc.assert(
			fc.property(fc.array(fc.oneof({arbitrary: sequence, weight: 2}, typed), {maxLength: 20}), parts => {
				const expected = parts.filter(part => !part.startsWith(esc));
				const keys = start();
				for (const part of parts) keys.feed(part);
				const printed = keys.events.flatMap(event => (event.type === 'key' && event.text ? [event.text] : []));
				expect(printed).toEqual(expected.filter(part => part !== '\r' && part !== '\t'));
			}),
			{numRuns: 1000},
		);
	});

	test('of random bytes never gives a capital letter that is inside a sequence', () => {
		fc.assert(
			fc.property(
				fc.array(fc.constantFrom(...`${esc}${esc}[[O]PM?;<$~0123AQab\u0007\\`), {maxLength: 24}),
				characters => {
					const input = characters.join('');
					// Every control sequence with its final, wherever it begins: the letters in it were not typed. The text on both sides of one is separate.
					const outside = input
						.replace(/\u001b\[\[[^\u001b]?/g, '\n')
						.replace(/\u001b\[[0-?]*[ -/]*[@-~]/g, '\n')
						.replace(/\u001bO[0-9;]*[@-~]/g, '\n');
					const capitals = (text: string) => [...text].filter(character => /[A-Z]/.test(character)).length;
					const keys = start();
					keys.feed(input);
					const acted = keys.events.flatMap(event =>
						event.type === 'key' && /^[A-Z]$/.test(event.key) ? [event.key] : [],
					);
					expect(acted.length).toBeLessThanOrEqual(capitals(outside));
				},
			),
			{numRuns: 3000},
		);
	});
});
