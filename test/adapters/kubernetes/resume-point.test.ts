import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {byteLines} from '../../../adapters/kubernetes/api/byte-lines.ts';
import {createBoundedQueue} from '../../../adapters/kubernetes/logs/bounded-queue.ts';
import {parseLogLine, toDocumentLine} from '../../../adapters/kubernetes/logs/log-line.ts';
import {createResumePoint} from '../../../adapters/kubernetes/logs/resume-point.ts';

/** A log in which some timestamps are equal, with so few seconds that an interruption falls into the middle of one. */
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

describe('a resume point', () => {
	it('passes each line once and in order, wherever the reads were interrupted', () => {
		fc.assert(
			fc.property(log, fc.array(fc.nat(80), {maxLength: 6}), (lines, breaks) => {
				const resumePoint = createResumePoint();
				const passedOn: number[] = [];
				for (const until of [...breaks.toSorted((a, b) => a - b), lines.length]) {
					const since = resumePoint.since();
					resumePoint.beginOverlap();
					const sent = lines
						.slice(0, until)
						.filter(({at}) => since === undefined || at.slice(0, 19) >= since.slice(0, 19));
					for (const {index, at} of sent) if (resumePoint.recordIfNew(at)) passedOn.push(index);
				}
				expect(passedOn).toEqual(lines.map(({index}) => index));
			}),
		);
	});

	it('resumes after the last lines without older ones of the same second', () => {
		fc.assert(
			fc.property(log, fc.integer({min: 1, max: 20}), (lines, tail) => {
				fc.pre(new Set(lines.map(({at}) => at)).size === lines.length);
				const resumePoint = createResumePoint();
				const half = Math.ceil(lines.length / 2);
				const first = lines.slice(0, half).slice(-tail);
				const passedOn = first.filter(({at}) => resumePoint.recordIfNew(at)).map(({index}) => index);
				const since = resumePoint.since()?.slice(0, 19) ?? '';
				resumePoint.beginOverlap();
				for (const {index, at} of lines)
					if (at.slice(0, 19) >= since && resumePoint.recordIfNew(at)) passedOn.push(index);
				expect(passedOn).toEqual(lines.slice(half - first.length).map(({index}) => index));
			}),
		);
	});

	it('detects a gap', () => {
		const resumePoint = createResumePoint();
		const at = (nanos: number) => `2026-11-22T14:05:22.${String(nanos).padStart(9, '0')}Z`;
		resumePoint.recordIfNew(at(100));
		resumePoint.recordIfNew(at(200));
		resumePoint.beginOverlap();
		expect(resumePoint.classifyOverlap([at(50)])).toBeUndefined();
		expect(resumePoint.classifyOverlap([at(100)])).toBe('overlaps');
		expect(resumePoint.classifyOverlap([at(201)])).toBe('gap');
		expect(resumePoint.since()).toBe('2026-11-22T14:05:22Z');
		expect(createResumePoint().since()).toBeUndefined();
	});

	it('does not take the first line of the next run for the last one of the previous run, though both have the same timestamp', () => {
		const resumePoint = createResumePoint();
		const at = '2026-11-21T12:00:00.123Z';
		expect(resumePoint.recordIfNew(at)).toBe(true);
		resumePoint.beginOverlap();
		expect([resumePoint.recordIfNew(at), resumePoint.recordIfNew(at)]).toEqual([false, true]);
		resumePoint.beginRun();
		expect(resumePoint.recordIfNew(at)).toBe(true);
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

	it('has the severity of its log level', () => {
		const severity = (text: string) => toDocumentLine({at: undefined, text}, undefined).severity;
		expect(['ERROR x', '{"level":"warn"}', '{"level":"info"}', 'x'].map(severity)).toEqual([
			'crit',
			'warn',
			undefined,
			undefined,
		]);
	});
});

describe('byteLines', () => {
	const read = async (
		chunks: readonly string[],
		limits: {maxLineBytes: number; dropUnterminated: boolean; cut?: true},
	) => {
		async function* stream() {
			for (const chunk of chunks) yield Buffer.from(chunk);
		}
		const lines: string[] = [];
		for await (const some of byteLines(stream(), limits)) lines.push(...some);
		return lines;
	};

	it('gives the same lines however the bytes are split into chunks', async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(fc.stringMatching(/^[a-zé中\n]{0,12}$/)), async chunks => {
				const text = chunks.join('');
				const lines = text.split('\n');
				const last = lines.pop() ?? '';
				expect(await read(chunks, {maxLineBytes: 1000, dropUnterminated: true})).toEqual(lines);
				expect(await read(chunks, {maxLineBytes: 1000, dropUnterminated: false})).toEqual(
					last === '' ? lines : [...lines, last],
				);
			}),
		);
	});

	it('are cut when they are too long, and the next line is complete', async () => {
		const long = 'x'.repeat(30);
		expect(await read([long, long, 'y\nnext\n'], {maxLineBytes: 20, dropUnterminated: true, cut: true})).toEqual([
			`${long} … 31 more bytes`,
			'next',
		]);
		await expect(read([long], {maxLineBytes: 20, dropUnterminated: true})).rejects.toMatchObject({kind: 'malformed'});
	});
});

describe('a bounded queue', () => {
	it('delivers the items of each writer in order, and blocks a writer that is too fast', async () => {
		const queue = createBoundedQueue<string>(10, 4);
		let written = 0;
		const write = async (name: string) => {
			for (let number = 0; number < 50; number += 1) {
				await queue.put([`${name}${number}`]);
				written += 1;
			}
		};
		const all = Promise.all([write('a'), write('b')]).then(() => queue.end());
		await new Promise(resolve => setImmediate(resolve));
		expect(written).toBeLessThan(14);
		const passedOn: string[] = [];
		for await (const some of queue.read(new AbortController().signal)) {
			expect(some.length).toBeLessThanOrEqual(4);
			passedOn.push(...some);
		}
		await all;
		for (const name of ['a', 'b'])
			expect(passedOn.filter(one => one.startsWith(name))).toEqual(Array.from({length: 50}, (_, at) => `${name}${at}`));
	});

	it('releases all writers when the reader leaves', async () => {
		const queue = createBoundedQueue<number>(1, 1);
		const quit = new AbortController();
		const writing = queue.put([1, 2, 3, 4]);
		const reading = (async () => {
			for await (const some of queue.read(quit.signal)) if (some[0] === 2) quit.abort();
		})();
		await Promise.all([writing, reading]);
		await queue.put([5, 6, 7]);
	});
});
