import type {Finding} from '../../contract/finding.ts';
import {createFinding} from '../../contract/finding-type.ts';
import type {Row} from '../../contract/row.ts';
import type {AlertFacts, Silence} from '../../port/alertmanager.ts';
import {formatDuration} from '../../text/format.ts';
import {alertName} from '../alert-labels.ts';
import {silenceEndsSoon, silenceForgotten} from './alertmanager-finding-types.ts';
import {matchersText} from './matcher.ts';

/** Milliseconds. A silence that is active for longer counts as forgotten. */
export const forgottenAfterMs = 7 * 86_400_000;
/** Milliseconds before the end of a silence from which it is a finding, when alerts under it still fire. */
export const endsSoonMs = 15 * 60_000;
/** Milliseconds for which a silence is shown after its end. */
export const shownAfterEndMs = 3_600_000;

/** Why a silence is a finding. */
type Remark = 'forgotten' | 'ends-soon';

export type SilenceRow = Row<'alertmanager.silence'> &
	Silence & {
		readonly text: string;
		/** Names of the alerts that it hides now; a name occurs once for each alert. */
		readonly hides: readonly string[];
		/** Epoch milliseconds. */
		readonly starts: number;
		readonly ends: number;
		readonly remark: Remark | undefined;
	};

const formatAlertCount = (count: number): string => (count === 1 ? '1 alert' : `${count} alerts`);

/** A row of a silence. `alerts`: all of the server, which names the silences of each. */
export function silenceRow(
	target: string,
	silence: Silence,
	{alerts, now}: {readonly alerts: readonly AlertFacts[]; readonly now: number},
): SilenceRow {
	const hides = alerts.filter(({silencedBy}) => silencedBy.includes(silence.id)).map(({labels}) => alertName(labels));
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
		'ends-soon': () =>
			`ends in ${formatDuration((ends - now) / 1000)}, ${formatAlertCount(hides.length)} under it still firing`,
		forgotten: () => `active for ${formatDuration((now - starts) / 1000)}: forgotten?`,
	};
	return {
		...silence,
		kind: 'alertmanager.silence',
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

/** Findings about silences that end soon over firing alerts, and about forgotten ones. */
export function silenceFindings(rows: readonly SilenceRow[], now: number): readonly Finding[] {
	return rows.flatMap(row => {
		if (row.remark === undefined) return [];
		const hidden = [...new Set(row.hides)].join(', ');
		const author = row.createdBy || 'an unknown author';
		const sentences: Readonly<Record<Remark, string>> = {
			'ends-soon': `silence of ${author} ends in ${formatDuration((row.ends - now) / 1000)} while ${hidden} still fires`,
			forgotten: `silence of ${author} has been active for ${formatDuration((now - row.starts) / 1000)}, hides ${hidden || 'nothing now'}`,
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
						? `reported from ${formatDuration(forgottenAfterMs / 1000)} on`
						: `reported from ${formatDuration(endsSoonMs / 1000)} before its end`,
				],
			}),
		];
	});
}
