/** What the simulated cluster needs to know of the demo's scenario. Equal values give an equal cluster. */
export type ClusterScenario = {
	readonly name: string;
	/** Epoch milliseconds when the demo started. */
	readonly startedAt: number;
	now(): number;
	/** The next number of one seeded sequence, 0 <= n < 1. */
	random(): number;
	/** The number that always belongs to `key`, 0 <= n < 1. */
	stableRandom(key: string): number;
	/** A number from 0 to 1 that changes smoothly with time, with a period of about `2 * periodMs`. Equal at equal times. */
	smoothRandom(key: string, periodMs: number): number;
};

/** Whether pods crash in this scenario. */
export const hasCrashloop = ({name}: ClusterScenario): boolean => ['crashloop', 'default', 'storm'].includes(name);
