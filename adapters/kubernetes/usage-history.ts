/** The last figures of one object, oldest first. */
export type UsageHistory = {readonly memory: readonly number[]; readonly cpu: readonly number[]};

type Measured = {readonly uid: string; readonly memory: number; readonly cpu: number; readonly measuredAt: number};

const kept = 20;
const none: UsageHistory = {memory: [], cpu: []};

/** Remembers the last figures of each object that is still there; one that was not measured anew adds nothing. */
export function createUsageHistory(): (measured: readonly Measured[]) => (uid: string) => UsageHistory {
	let known: ReadonlyMap<string, UsageHistory & {readonly measuredAt: number}> = new Map();
	return measured => {
		known = new Map(
			measured.map(({uid, memory, cpu, measuredAt}) => {
				const before = known.get(uid);
				if (before !== undefined && before.measuredAt >= measuredAt) return [uid, before];
				const next = {
					measuredAt,
					memory: [...(before?.memory ?? []), memory].slice(-kept),
					cpu: [...(before?.cpu ?? []), cpu].slice(-kept),
				};
				return [uid, next];
			}),
		);
		return uid => known.get(uid) ?? none;
	};
}
