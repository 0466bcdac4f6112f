/** One record in the copy of a sink. */
export type CopiedRecord = {readonly seq: number; readonly hash: string};

export type CopyComparison = {
	/** Number of records in the copy, duplicates counted once. */
	readonly compared: number;
	/** Differences which show that the log is not the one that was delivered, one sentence each. */
	readonly faults: readonly string[];
	/** Records that the copy lacks, one sentence each. */
	readonly gaps: readonly string[];
};

/** The records in a file of lines, each JSON or syslog that ends with JSON. Other lines are skipped. */
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

/** Compares the log with a copy. `log` has the hash of each record by its number. A log that was rolled back, cut or rewritten differs from the copy. */
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
	const report = (seqs: readonly number[], fault: string) => {
		const [first] = seqs;
		const othersText = seqs.length > 1 ? ` (and ${seqs.length - 1} more)` : '';
		if (first !== undefined) faults.push(`record ${first}${othersText} ${fault}`);
	};
	report(differing, 'differs from the delivered one: the log was changed or rewritten');
	report(missing, 'was delivered but is not in the log: the log was cut or rolled back');
	const gaps = numbers.flatMap((seq, index) => {
		const before = numbers[index - 1];
		if (before === undefined || seq === before + 1) return [];
		return [
			before + 2 === seq ? `the copy lacks record ${seq - 1}` : `the copy lacks records ${before + 1} to ${seq - 1}`,
		];
	});
	return {compared: delivered.size, faults, gaps};
}
