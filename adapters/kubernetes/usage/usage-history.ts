/** The last figures of one object, oldest first. */
export type UsageHistory = {readonly memory: readonly number[]; readonly cpu: readonly number[]};

type MeasuredObject = {
	readonly uid: string;
	readonly memory: number;
	readonly cpu: number;
	readonly measuredAt: number;
};

const maxSamples = 20;

/** One measurement of all. */
export type UsageRound = {
	/** What is known of one object, this measurement with it; one that was not measured anew adds nothing. */
	add(measured: MeasuredObject): UsageHistory;
	/** All have been added: the others are gone, and are forgotten. */
	end(): void;
};

/** Remembers the last figures of each object that is still there. */
export function createUsageHistory(): () => UsageRound {
	let known: ReadonlyMap<string, UsageHistory & {readonly measuredAt: number}> = new Map();
	return () => {
		const before = known;
		const now = new Map<string, UsageHistory & {readonly measuredAt: number}>();
		return {
			add({uid, memory, cpu, measuredAt}) {
				const last = before.get(uid);
				const next =
					last !== undefined && last.measuredAt >= measuredAt
						? last
						: {
								measuredAt,
								memory: [...(last?.memory ?? []), memory].slice(-maxSamples),
								cpu: [...(last?.cpu ?? []), cpu].slice(-maxSamples),
							};
				now.set(uid, next);
				return next;
			},
			end() {
				known = now;
			},
		};
	};
}
