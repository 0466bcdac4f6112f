/**
 * Remembers which lines of a container's log were read, so that it can be resumed without loss or duplicates. `sinceTime` has a resolution
 * of seconds, because it is cut to seconds on its way to the kubelet, and several lines may have the same timestamp. Therefore the lines
 * of the last second are counted by timestamp, and as many are dropped when that second is read again. Does no I/O.
 */
export type ResumePoint = {
	/** The second to read from, RFC 3339; undefined when nothing was read. */
	since(): string | undefined;
	/** Begins a read from `since` on: lines that were read come again. */
	beginOverlap(): void;
	/** Begins the read of another run: none of its lines was read, even if it has the timestamp of a line of the previous run. */
	beginRun(): void;
	/** Records a line. Returns whether it is new; a line without a timestamp always is. */
	recordIfNew(at: string | undefined): boolean;
	/**
	 * Classifies the first lines of a resumed read, before they are recorded. `overlaps`: at least one was read before. `gap`: they are all
	 * newer than what was read, so that another run writes or lines are missing. Undefined: not decided yet.
	 */
	classifyOverlap(timestamps: readonly (string | undefined)[]): 'overlaps' | 'gap' | undefined;
};

const secondOf = (at: string): string => at.slice(0, 19);

export function createResumePoint(): ResumePoint {
	let second: string | undefined;
	/** Lines per timestamp, from `second` on. */
	let counts = new Map<string, number>();
	/** Lines that are expected again and not dropped yet, per timestamp. */
	let expected = new Map<string, number>();
	/** First and last timestamp. Lines before the first were not requested: only the last lines were. */
	let oldest: string | undefined;
	let newest = '';

	function count(at: string): void {
		oldest ??= at;
		if (at > newest) newest = at;
		const ownSecond = secondOf(at);
		if (second === undefined || ownSecond > second) {
			second = ownSecond;
			// Timestamps of one container may be slightly out of order: keep later ones.
			counts = new Map([...counts].filter(([timestamp]) => secondOf(timestamp) >= ownSecond));
		}
		if (ownSecond >= second) counts.set(at, (counts.get(at) ?? 0) + 1);
	}

	return {
		since: () => (second === undefined ? undefined : `${second}Z`),
		beginOverlap() {
			expected = new Map(counts);
		},
		beginRun() {
			expected = new Map();
		},
		recordIfNew(at) {
			if (at === undefined) return true;
			const remaining = expected.get(at) ?? 0;
			if (remaining > 0) {
				if (remaining === 1) expected.delete(at);
				else expected.set(at, remaining - 1);
				return false;
			}
			if (oldest !== undefined && (at < oldest || (at === oldest && at < newest))) return false;
			count(at);
			return true;
		},
		classifyOverlap(timestamps) {
			if (expected.size === 0 || timestamps.some(at => at !== undefined && expected.has(at))) return 'overlaps';
			return timestamps.some(at => at !== undefined && at > newest) ? 'gap' : undefined;
		},
	};
}
