/** A lease is renewed this often, in milliseconds. */
export const renewMs = 3000;

/** Milliseconds without a renewal after which the holder of a lease counts as ended. */
export const leaseMs = 15_000;

/**
 * Tells the leases that are no longer renewed. It compares what it sees with what it saw, by the monotonic clock of this process alone:
 * clocks of two machines need not agree.
 */
export type LeaseMonitor = {
	/**
	 * Notes what one look at a lease saw; `state` changes with each renewal.
	 * @returns whether it has been the same for the length of a lease.
	 */
	hasExpired(lease: string, state: string): boolean;
	/** Forgets the leases that are not among these. */
	retainOnly(leases: ReadonlySet<string>): void;
};

export function createLeaseMonitor(monotonic: () => number, length = leaseMs): LeaseMonitor {
	// The most that the time between two looks counts: a process that was stopped between them has seen nothing of it, and the holder may have been
	// stopped just as long.
	const longestGap = (length * 4) / 15;
	const seen = new Map<string, {readonly state: string; readonly at: number; readonly unchanged: number}>();
	return {
		hasExpired(lease, state) {
			const at = monotonic();
			const before = seen.get(lease);
			const unchanged =
				before !== undefined && before.state === state ? before.unchanged + Math.min(at - before.at, longestGap) : 0;
			seen.set(lease, {state, at, unchanged});
			return unchanged >= length;
		},
		retainOnly(leases) {
			for (const lease of [...seen.keys()]) if (!leases.has(lease)) seen.delete(lease);
		},
	};
}
