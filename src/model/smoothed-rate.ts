/** Time constant of the average: after this long, two thirds of its weight are newer. */
const memoryMs = 30_000;

/** A rate per second, smoothed over uneven intervals. */
export type SmoothedRate = {readonly perSecond: number; readonly at: number};

/**
 * Adds `amount` events in the `ms` before `at` to an exponential average. Each interval has the weight of its length, so a steady stream
 * has its true rate, however uneven the intervals are.
 */
export function updateSmoothedRate(
	before: SmoothedRate | undefined,
	amount: number,
	ms: number,
	at: number,
): SmoothedRate {
	const sample = (amount * 1000) / ms;
	if (before === undefined) return {perSecond: sample, at};
	const weight = 1 - Math.exp(-ms / memoryMs);
	return {perSecond: before.perSecond + weight * (sample - before.perSecond), at};
}
