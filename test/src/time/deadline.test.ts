import {describe, expect, it} from 'vitest';
import {AdapterError} from '../../../src/errors.ts';
import {settleWithin, untilAborted, withDeadline} from '../../../src/time/deadline.ts';
import {createFakeClock} from '../../fake-clock.ts';

const never = () => new Promise<never>(() => {});
const timeoutError = () => new AdapterError('timeout', 'no answer within 5 s', 'Try again.');

describe('withDeadline', () => {
	it('settles with the work, and leaves no timer', async () => {
		const clock = createFakeClock();
		const options = {clock, timeoutMs: 5000, createTimeoutError: timeoutError};
		expect(await withDeadline(options, async () => 7)).toBe(7);
		await expect(withDeadline(options, () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
		expect(clock.waiting).toBe(0);
	});

	it('rejects after the timeout with our error, whatever the client library says of the abort', async () => {
		const clock = createFakeClock();
		let inner: AbortSignal | undefined;
		const result = withDeadline({clock, timeoutMs: 5000, createTimeoutError: timeoutError}, signal => {
			inner = signal;
			return new Promise((_, reject) => {
				signal.addEventListener('abort', () => reject(new Error('socket hang up')));
			});
		});
		const rejected = expect(result).rejects.toThrow('no answer within 5 s');
		await clock.advance(5000);
		await rejected;
		expect(inner?.reason).toMatchObject({message: 'no answer within 5 s'});
	});

	it('rejects at once when its signal aborts, with the AdapterError that is the reason or with one of its own', async () => {
		const clock = createFakeClock();
		const controller = new AbortController();
		const options = {clock, timeoutMs: 5000, createTimeoutError: timeoutError, signal: controller.signal};
		const result = withDeadline(options, never);
		controller.abort(new AdapterError('timeout', 'the text was closed', 'Open it again.'));
		await expect(result).rejects.toThrow('the text was closed');
		const aborted = AbortSignal.abort('quit');
		let started = false;
		const late = withDeadline({...options, signal: aborted}, async () => {
			started = true;
		});
		await expect(late).rejects.toMatchObject({message: 'cancelled before an answer came', cause: 'quit'});
		expect([started, clock.waiting]).toEqual([false, 0]);
	});
});

describe('untilAborted', () => {
	it('settles with the work', async () => {
		const {signal} = new AbortController();
		expect(await untilAborted(Promise.resolve(7), signal)).toBe(7);
		await expect(untilAborted(Promise.reject(new Error('refused')), signal)).rejects.toThrow('refused');
	});

	it('rejects as soon as the signal aborts, and drops a later error of the work', async () => {
		const work = Promise.withResolvers<void>();
		const controller = new AbortController();
		const result = untilAborted(work.promise, controller.signal, timeoutError);
		controller.abort();
		await expect(result).rejects.toThrow('no answer within 5 s');
		await expect(untilAborted(never(), controller.signal)).rejects.toThrow('cancelled before an answer came');
		work.reject(new Error('late'));
	});
});

it('settleWithin resolves with the work, in whichever way it settles, and after its time at the latest', async () => {
	const clock = createFakeClock();
	await settleWithin(clock, 3000, Promise.resolve());
	await settleWithin(clock, 3000, Promise.reject(new Error('refused')));
	const slow = settleWithin(clock, 3000, never());
	await clock.advance(3000);
	await slow;
	expect(clock.waiting).toBe(0);
});
