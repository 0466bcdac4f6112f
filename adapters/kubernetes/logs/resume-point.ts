/**
 * What of one container's log was read, so that it can be read on without loss and without doubling. The server reads from a whole second
 * on (`sinceTime` is cut to seconds on its way to the kubelet), and several lines may have one moment: so all moments of the last second
 * are counted, and as many lines of each are dropped when that second is read again.
 */
export type ResumePoint = {
	/** The whole second to read from, RFC 3339; undefined when nothing was read. */
	since(): string | undefined;
	/** Begins a read from `since` on: what was read comes again. */
	beginOverlap(): void;
	/** Begins a read of another run: nothing of it was read, also what has the moment of a line of the run before. */
	beginRun(): void;
	/** Whether a line with this moment is new. One without a moment always is. */
	recordIfNew(at: string | undefined): boolean;
	/**
	 * Looks at what comes again, before it is taken: `same` as soon as something of it was read before, `late` when it goes beyond all that
	 * was read and nothing was: then another run writes, or lines are missing in between. Undefined: it does not tell yet.
	 */
	classifyOverlap(moments: readonly (string | undefined)[]): 'same' | 'late' | undefined;
};

const secondOf = (at: string): string => at.slice(0, 19);

export function createResumePoint(): ResumePoint {
	let second: string | undefined;
	/** Of `second` and later ones, how many lines each moment had. */
	let counts = new Map<string, number>();
	/** What has to come again, and was not dropped yet. */
	let due = new Map<string, number>();
	/** The first moment and the last. What is older than the first was not wanted: only the last lines were. */
	let oldest: string | undefined;
	let newest = '';

	function count(at: string): void {
		oldest ??= at;
		if (at > newest) newest = at;
		const own = secondOf(at);
		if (second === undefined || own > second) {
			second = own;
			// Moments of one container may be out of order by a little: what is later than the second stays.
			counts = new Map([...counts].filter(([moment]) => secondOf(moment) >= own));
		}
		if (own >= second) counts.set(at, (counts.get(at) ?? 0) + 1);
	}

	return {
		since: () => (second === undefined ? undefined : `${second}Z`),
		beginOverlap() {
			due = new Map(counts);
		},
		beginRun() {
			due = new Map();
		},
		recordIfNew(at) {
			if (at === undefined) return true;
			const left = due.get(at) ?? 0;
			if (left > 0) {
				if (left === 1) due.delete(at);
				else due.set(at, left - 1);
				return false;
			}
			if (oldest !== undefined && (at < oldest || (at === oldest && at < newest))) return false;
			count(at);
			return true;
		},
		classifyOverlap(moments) {
			if (due.size === 0 || moments.some(at => at !== undefined && due.has(at))) return 'same';
			return moments.some(at => at !== undefined && at > newest) ? 'late' : undefined;
		},
	};
}
