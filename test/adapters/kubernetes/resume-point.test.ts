import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {byteLines} from '../../../adapters/kubernetes/api/byte-lines.ts';
import {createBoundedQueue} from '../../../adapters/kubernetes/logs/bounded-queue.ts';
import {parseLogLine, toDocumentLine} from '../../../adapters/kubernetes/logs/log-line.ts';
import {createResumePoint} from '../../../adapters/kubernetes/logs/resume-point.ts';

/** A log with moments a few of which are the same, in seconds few enough that a break falls into the middle of one. */
const log = fc
	.array(fc.record({step: fc.constantFrom(0, 0, 1, 300_000_000, 1_200_000_000)}), {minLength: 1, maxLength: 80})
	.map(steps => {
		let nanos = 0;
		return steps.map(({step}, index) => {
			nanos += step;
			const second = String(Math.floor(nanos / 1e9)).padStart(2, '0');
			return {
				index,
				at: `2026-11-22T14:${second.length > 2 ? '59' : '05'}:${second.slice(-2)}.${String(nanos % 1e9).padStart(9, '0')}Z`,
			};
		});
	})
	.filter(lines => lines.every(({at}, index) => index === 0 || (lines[index - 1]?.at ?? '') <= at));

describe('what was seen of a log', () => {
	it('lets each line through once and in its order, wherever the reads broke off', () => {
		fc.assert(
			fc.property(log, fc.array(fc.nat(80), {maxLength: 6}), (lines, breaks) => {
				const seen = createResumePoint();
				const got: number[] = [];
				for (const until of [...breaks.toSorted((a, b) => a - b), lines.length]) {
					const since = seen.since();
					seen.beginOverlap();
					const sent = lines
						.slice(0, until)
						.filter(({at}) => since === undefined || at.slice(0, 19) >= since.slice(0, 19));
					for (const {index, at} of sent) if (seen.recordIfNew(at)) got.push(index);
				}
				expect(got).toEqual(lines.map(({index}) => index));
			}),
		);
	});

	it('goes on after the last lines without those before them, though they are of the same second', () => {
		fc.assert(
			fc.property(log, fc.integer({min: 1, max: 20}), (lines, tail) => {
				fc.pre(new Set(lines.map(({at}) => at)).size === lines.length);
				const seen = createResumePoint();
				const half = Math.ceil(lines.length / 2);
				const first = lines.slice(0, half).slice(-tail);
				const got = first.filter(({at}) => seen.recordIfNew(at)).map(({index}) => index);
				const since = seen.since()?.slice(0, 19) ?? '';
				seen.beginOverlap();
				for (const {index, at} of lines) if (at.slice(0, 19) >= since && seen.recordIfNew(at)) got.push(index);
				expect(got).toEqual(lines.slice(half - first.length).map(({index}) => index));
			}),
		);
	});

	it('tells when what comes goes on too late', () => {
		const seen = createResumePoint();
		const at = (nanos: number) => `2026-11-22T14:05:22.${String(nanos).padStart(9, '0')}Z`;
		seen.recordIfNew(at(100));
		seen.recordIfNew(at(200));
		seen.beginOverlap();
		expect(seen.classifyOverlap([at(50)])).toBeUndefined();
		expect(seen.classifyOverlap([at(100)])).toBe('same');
		expect(seen.classifyOverlap([at(201)])).toBe('late');
		expect(seen.since()).toBe('2026-11-22T14:05:22Z');
		expect(createResumePoint().since()).toBeUndefined();
	});

	it('does not take the first line of the next run for the last of the one before, though both have one moment', () => {
		const seen = createResumePoint();
		const at = '2026-11-21T12:00:00.123Z';
		expect(seen.recordIfNew(at)).toBe(true);
		seen.beginOverlap();
		expect([seen.recordIfNew(at), seen.recordIfNew(at)]).toEqual([false, true]);
		seen.beginRun();
		expect(seen.recordIfNew(at)).toBe(true);
	});
});

describe('a line of a log', () => {
	it.each([
		['2026-11-22T14:05:22.123456789Z hello', '2026-11-22T14:05:22.123456789Z', 'hello'],
		['2026-11-22T14:05:22.5Z hello', '2026-11-22T14:05:22.500000000Z', 'hello'],
		['2026-11-22T14:05:22Z ', '2026-11-22T14:05:22.000000000Z', ''],
		['2026-11-22T16:05:22.123456789+02:00   indented', '2026-11-22T14:05:22.123456789Z', '  indented'],
		['unable to retrieve container logs', undefined, 'unable to retrieve container logs'],
	])('%j', (line, at, text) => {
		expect(parseLogLine(line)).toEqual({at, text});
	});

	it('keeps no secret that its form gives away, and is no longer than can be read', () => {
		const shown = (text: string) => toDocumentLine({at: undefined, text}, undefined).text;
		expect(shown('connect postgres://app:hunter2@db/orders')).toBe('connect postgres://app:***@db/orders');
		expect(shown('{"password":"hunter2","user":"app"}')).toBe('{"password":***,"user":"app"}');
		expect(shown('\u001b[33mpassword\u001b[0m=\u001b[1mhunter2\u001b[0m')).toBe('password=***');
		expect(shown('x'.repeat(70_000))).toBe(`${'x'.repeat(65_536)} … 4464 more characters`);
	});

	it('is as bad as it says', () => {
		const severity = (text: string) => toDocumentLine({at: undefined, text}, undefined).severity;
		expect(['ERROR x', '{"level":"warn"}', '{"level":"info"}', 'x'].map(severity)).toEqual([
			'crit',
			'warn',
			undefined,
			undefined,
		]);
	});
});

describe('lines of bytes', () => {
	const read = async (chunks: readonly string[], limits: {longest: number; whole: boolean; cut?: true}) => {
		async function* stream() {
			for (const chunk of chunks) yield Buffer.from(chunk);
		}
		const lines: string[] = [];
		for await (const some of byteLines(stream(), limits)) lines.push(...some);
		return lines;
	};

	it('are the same however they are cut in chunks', async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(fc.stringMatching(/^[a-zé中\n]{0,12}$/)), async chunks => {
				const text = chunks.join('');
				const lines = text.split('\n');
				const last = lines.pop() ?? '';
				expect(await read(chunks, {longest: 1000, whole: true})).toEqual(lines);
				expect(await read(chunks, {longest: 1000, whole: false})).toEqual(last === '' ? lines : [...lines, last]);
			}),
		);
	});

	it('that are too long are cut, and the next is whole', async () => {
		const long = 'x'.repeat(30);
		expect(await read([long, long, 'y\nnext\n'], {longest: 20, whole: true, cut: true})).toEqual([
			`${long} … 31 more bytes`,
			'next',
		]);
		await expect(read([long], {longest: 20, whole: true})).rejects.toMatchObject({kind: 'malformed'});
	});
});

describe('a channel', () => {
	it('brings everything of each writer in its order, and holds up who writes too fast', async () => {
		const channel = createBoundedQueue<string>(10, 4);
		let written = 0;
		const write = async (name: string) => {
			for (let number = 0; number < 50; number += 1) {
				await channel.put([`${name}${number}`]);
				written += 1;
			}
		};
		const all = Promise.all([write('a'), write('b')]).then(() => channel.end());
		await new Promise(resolve => setImmediate(resolve));
		expect(written).toBeLessThan(14);
		const got: string[] = [];
		for await (const some of channel.read(new AbortController().signal)) {
			expect(some.length).toBeLessThanOrEqual(4);
			got.push(...some);
		}
		await all;
		for (const name of ['a', 'b'])
			expect(got.filter(one => one.startsWith(name))).toEqual(Array.from({length: 50}, (_, at) => `${name}${at}`));
	});

	it('lets everybody go when it is left', async () => {
		const channel = createBoundedQueue<number>(1, 1);
		const quit = new AbortController();
		const writing = channel.put([1, 2, 3, 4]);
		const reading = (async () => {
			for await (const some of channel.read(quit.signal)) if (some[0] === 2) quit.abort();
		})();
		await Promise.all([writing, reading]);
		await channel.put([5, 6, 7]);
	});
});
