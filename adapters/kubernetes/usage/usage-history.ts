/** Recent usage of one object, oldest first. */
export type UsageHistory = {readonly memory: readonly number[]; readonly cpu: readonly number[]};

type MeasuredObject = {
	readonly uid: string;
	readonly memoryBytes: number;
	readonly cpuCores: number;
	readonly measuredAt: number;
};

const maxSamples = 20;

/** One measurement of all objects. */
export type UsageRound = {
	/** Adds a measurement and returns the history of the object. A measurement that is not newer than the last one is ignored. */
	add(measured: MeasuredObject): UsageHistory;
	/** Ends the round: drops objects that were not added in it. */
	end(): void;
};

/** Keeps the recent usage of each object that still exists; the returned function starts a round. */
export function createUsageHistory(): () => UsageRound {
	let known: ReadonlyMap<string, UsageHistory & {readonly measuredAt: number}> = new Map();
	return () => {
		const before = known;
		const now = new Map<string, UsageHistory & {readonly measuredAt: number}>();
		return {
			add({uid, memoryBytes: memory, cpuCores: cpu, measuredAt}) {
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
