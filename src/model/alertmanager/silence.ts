import type {Finding} from '../../contract/finding.ts';
import {createFinding} from '../../contract/finding-type.ts';
import type {Row} from '../../contract/row.ts';
import type {AlertFacts, Silence} from '../../port/alertmanager.ts';
import {formatDuration} from '../../text/format.ts';
import {alertName} from '../alert-labels.ts';
import {silenceEndsSoon, silenceForgotten} from './alertmanager-finding-types.ts';
import {matchersText} from './matcher.ts';

/** Milliseconds. A silence that hides alerts for longer was forgotten. */
export const forgottenAfterMs = 7 * 86_400_000;
/** Milliseconds. Who made it should know when what it hides will be told again. */
export const endsSoonMs = 15 * 60_000;
/** Milliseconds. So long a silence is shown after its end. */
export const shownAfterEndMs = 3_600_000;

/** What is worth knowing of a silence before somebody asks. */
type Remark = 'forgotten' | 'ends-soon';

export type SilenceRow = Row &
	Silence & {
		readonly text: string;
		/** Names of the alerts that it hides now, each as often as it is hidden. */
		readonly hides: readonly string[];
		/** Epoch milliseconds. */
		readonly starts: number;
		readonly ends: number;
		readonly remark: Remark | undefined;
	};

const alerts = (count: number): string => (count === 1 ? '1 alert' : `${count} alerts`);

/** `alerts`: all that the server has. Which silence hides which is its own word. */
export function silenceRow(
	target: string,
	silence: Silence,
	{alerts: all, now}: {readonly alerts: readonly AlertFacts[]; readonly now: number},
): SilenceRow {
	const hides = all.filter(({silencedBy}) => silencedBy.includes(silence.id)).map(({labels}) => alertName(labels));
	const starts = Date.parse(silence.startsAt);
	const ends = Date.parse(silence.endsAt);
	const active = silence.state === 'active';
	const remark =
		active && hides.length > 0 && ends - now <= endsSoonMs
			? 'ends-soon'
			: active && now - starts >= forgottenAfterMs
				? 'forgotten'
				: undefined;
	const why = {
		'ends-soon': () => `ends in ${formatDuration((ends - now) / 1000)}, ${alerts(hides.length)} under it still firing`,
		forgotten: () => `active for ${formatDuration((now - starts) / 1000)}: forgotten?`,
	};
	return {
		...silence,
		target,
		severity: remark === undefined ? 'ok' : 'warn',
		...(remark === undefined ? {} : {why: why[remark]()}),
		text: matchersText(silence.matchers),
		hides,
		starts,
		ends,
		remark,
	};
}

export function silenceFindings(rows: readonly SilenceRow[], now: number): readonly Finding[] {
	return rows.flatMap(row => {
		if (row.remark === undefined) return [];
		const hidden = [...new Set(row.hides)].join(', ');
		const sentences: Readonly<Record<Remark, string>> = {
			'ends-soon': `silence of ${row.createdBy || 'nobody'} ends in ${formatDuration((row.ends - now) / 1000)} while ${hidden} still fires`,
			forgotten: `silence of ${row.createdBy || 'nobody'} has been active for ${formatDuration((now - row.starts) / 1000)}, hides ${hidden || 'nothing now'}`,
		};
		return [
			createFinding(row.remark === 'forgotten' ? silenceForgotten : silenceEndsSoon, {
				id: `${row.target}/silence/${row.id}/${row.remark}`,
				target: row.target,
				severity: 'warn',
				sentence: sentences[row.remark],
				row: {kind: 'alertmanager.silence', id: row.id},
				kind: 'alertmanager.silence',
				evidence: [
					row.text,
					`comment: ${row.comment || 'none'}`,
					`from ${row.startsAt} until ${row.endsAt}`,
					row.remark === 'forgotten'
						? `told from ${formatDuration(forgottenAfterMs / 1000)} on`
						: `told ${formatDuration(endsSoonMs / 1000)} before its end`,
				],
			}),
		];
	});
}
