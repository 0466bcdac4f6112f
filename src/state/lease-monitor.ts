/** A lease is renewed this often, in milliseconds. */
export const renewMs = 3000;

/** Milliseconds without a renewal after which the holder of a lease counts as ended. */
export const leaseMs = 15_000;

/**
 * Detects leases that are no longer renewed. Compares the states it saw by the monotonic clock of this process only: the clocks of two
 * machines need not agree.
 */
export type LeaseMonitor = {
	/**
	 * Records the state seen at one look; `state` changes with each renewal.
	 * @returns true when it has not changed for the length of a lease.
	 */
	hasExpired(lease: string, state: string): boolean;
	/** Forgets the leases that are not among these. */
	retainOnly(leases: ReadonlySet<string>): void;
};

export function createLeaseMonitor(monotonic: () => number, length = leaseMs): LeaseMonitor {
	// The time between two looks counts up to this: this process may have been stopped in between, and the holder just as long.
	const maxGapMs = (length * 4) / 15;
	const seen = new Map<string, {readonly state: string; readonly at: number; readonly unchanged: number}>();
	return {
		hasExpired(lease, state) {
			const at = monotonic();
			const before = seen.get(lease);
			const unchanged =
				before !== undefined && before.state === state ? before.unchanged + Math.min(at - before.at, maxGapMs) : 0;
			seen.set(lease, {state, at, unchanged});
			return unchanged >= length;
		},
		retainOnly(leases) {
			for (const lease of [...seen.keys()]) if (!leases.has(lease)) seen.delete(lease);
		},
	};
}
