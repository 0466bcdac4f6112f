import type {Clock} from '../time/clock.ts';

/** Crockford's base 32: no I, L, O, U; sorts by value. */
const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * Returns a generator of ids: 26 characters that sort by time, as ULID (github.com/ulid/spec): 48 bits of milliseconds, 80 random bits. Each id is
 * greater than the one before, also within a millisecond and when the clock is set back.
 */
export function createIds(clock: Clock, random: (size: number) => Uint8Array): () => string {
	let time = -1;
	let tail = 0n;
	return () => {
		const now = clock.now();
		if (now > time) {
			time = now;
			tail = random(10).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
		} else {
			tail = (tail + 1n) % 2n ** 80n;
		}
		return encode(BigInt(time), 10) + encode(tail, 16);
	};
}

function encode(value: bigint, length: number): string {
	let text = '';
	for (let rest = value; text.length < length; rest /= 32n) text = digits.charAt(Number(rest % 32n)) + text;
	return text;
}
