import type {Finding} from '../contract/finding.ts';
import {createFinding, type FindingType} from '../contract/finding-type.ts';
import type {Labels, Row, RowKind} from '../contract/row.ts';
import {compareSeverity, worstSeverity} from '../contract/severity.ts';
import {formatClockTime} from '../text/format.ts';

type AlertRow = Row & {
	readonly labels: Labels;
	readonly annotations: Labels;
	readonly name: string;
	/** What it is about; empty when its labels do not say. */
	readonly subject: string;
	/** What the author of its rule wrote; may be empty. */
	readonly sentence: string;
};

const maxEvidence = 5;

/**
 * One finding for each alert name, about all its rows that are not ok. The most severe row comes first, then the oldest.
 * @param part.since of a row, in epoch milliseconds.
 * @param part.value of a row, for the evidence.
 */
export function alertFindings<R extends AlertRow>(
	rows: readonly R[],
	type: FindingType,
	{
		kind,
		since,
		value = () => '',
	}: {
		readonly kind: RowKind;
		readonly since: (row: R) => number | undefined;
		readonly value?: (row: R) => string;
	},
): readonly Finding[] {
	const evidence = (row: R): string => {
		const [at, text] = [since(row), value(row)];
		return [
			row.subject === '' ? row.name : row.subject,
			...(text === '' ? [] : [`value ${text}`]),
			...(at === undefined ? [] : [`since ${formatClockTime(at)}`]),
		].join(', ');
	};
	const wrong = rows.filter(row => row.severity !== 'ok');
	return [...Map.groupBy(wrong, row => row.name)].flatMap(([name, same]) => {
		const ordered = same.toSorted(
			(a, b) => compareSeverity(a.severity, b.severity) || (since(a) ?? 0) - (since(b) ?? 0),
		);
		const [first] = ordered;
		const severity = worstSeverity(same.map(row => row.severity));
		if (first === undefined || severity === 'ok') return [];
		const times = same.flatMap(row => since(row) ?? []);
		const runbook = ordered.flatMap(row => row.annotations['runbook_url'] ?? [])[0];
		const about = first.sentence === '' ? '' : `: ${first.sentence}`;
		return createFinding(type, {
			id: `${first.target}/alert/${name}`,
			target: first.target,
			severity,
			sentence: `${name}${same.length === 1 ? '' : ` (${same.length} alerts)`}${about}`,
			...(times.length === 0 ? {} : {since: Math.min(...times)}),
			row: {kind, id: first.id},
			kind,
			evidence: [
				...ordered.slice(0, maxEvidence).map(evidence),
				...(runbook === undefined ? [] : [`runbook: ${runbook}`]),
			],
			subjects: same.map(row => row.labels),
		});
	});
}
