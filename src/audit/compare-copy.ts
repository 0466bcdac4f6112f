/** One record as a receiver outside has it. */
export type CopiedRecord = {readonly seq: number; readonly hash: string};

export type CopyComparison = {
	/** Records of the copy, doubles counted once. */
	readonly compared: number;
	/** What shows that the log here is not the one that was delivered, one sentence each. */
	readonly faults: readonly string[];
	/** What the copy itself lacks. */
	readonly gaps: readonly string[];
};

/** The records in a file of lines: JSON, or syslog with the JSON at its end. Lines without one are left out. */
export const parseCopiedRecords = (text: string): readonly CopiedRecord[] =>
	text.split('\n').flatMap(line => {
		const start = line.indexOf('{');
		if (start < 0) return [];
		try {
			const {seq, hash} = JSON.parse(line.slice(start)) as Partial<CopiedRecord>;
			return Number.isInteger(seq) && typeof hash === 'string' ? [{seq: Number(seq), hash}] : [];
		} catch {
			return [];
		}
	});

/** `log`: the hash of each record here, by its number. A log that was rolled back, cut or rewritten differs from what was delivered. */
export function compareCopy(log: ReadonlyMap<number, string>, copy: readonly CopiedRecord[]): CopyComparison {
	const delivered = new Map<number, string>();
	const faults: string[] = [];
	for (const {seq, hash} of copy) {
		const before = delivered.get(seq);
		if (before !== undefined && before !== hash)
			faults.push(`two different records of number ${seq} were delivered: the log was rewritten in between`);
		delivered.set(seq, hash);
	}
	const numbers = [...delivered.keys()].sort((a, b) => a - b);
	const differing = numbers.filter(seq => log.has(seq) && log.get(seq) !== delivered.get(seq));
	const missing = numbers.filter(seq => !log.has(seq));
	const report = (found: readonly number[], what: string) => {
		const [first] = found;
		const more = found.length > 1 ? ` (and ${found.length - 1} more)` : '';
		if (first !== undefined) faults.push(`record ${first}${more} ${what}`);
	};
	report(differing, 'is not here as it was delivered: the log was changed or rewritten');
	report(missing, 'was delivered and is not here: the log was cut or rolled back');
	const gaps = numbers.flatMap((seq, index) => {
		const before = numbers[index - 1];
		if (before === undefined || seq === before + 1) return [];
		return [
			before + 2 === seq ? `the copy lacks record ${seq - 1}` : `the copy lacks records ${before + 1} to ${seq - 1}`,
		];
	});
	return {compared: delivered.size, faults, gaps};
}
