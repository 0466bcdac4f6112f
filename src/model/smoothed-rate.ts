/** A rate that forgets: after this long, two thirds of it are newer. */
const memoryMs = 30_000;

/** Something a second, smoothed over uneven intervals. */
export type SmoothedRate = {readonly perSecond: number; readonly at: number};

/**
 * Takes in that `amount` happened in the `ms` before `at`: an exponential average whose weight is that of the time it stands for, so that
 * a steady stream gives its own rate however unevenly it is looked at.
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
