import {defineInspection} from '../../src/contract/define.ts';
import type {DocumentLine} from '../../src/contract/document.ts';
import {type AlertmanagerAlertRow, alertmanagerAlertRow} from '../../src/model/alertmanager/alertmanager-alert.ts';
import {matcherText} from '../../src/model/alertmanager/matcher.ts';
import {type SilenceRow, silenceRow} from '../../src/model/alertmanager/silence.ts';
import {factLine} from '../../src/model/document-lines.ts';
import type {AlertmanagerPort, AlertmanagerSettings} from '../../src/port/alertmanager.ts';
import {formatDuration} from '../../src/text/format.ts';
import {curlTargetCommand} from './cli-equivalent.ts';

const alertLine = ({name, subject, notification}: AlertmanagerAlertRow): DocumentLine => ({
	text: `  ${name}  ${subject}  ${notification}`,
});

/** One silence, read again: its author, comment, duration and matchers, and the alerts that it hides. */
export const inspectSilence = defineInspection<SilenceRow, AlertmanagerPort, AlertmanagerSettings>()({
	id: 'alertmanager.silence',
	title: 'Silence',
	key: 'd',
	kind: 'alertmanager.silence',
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const [silences, matched, alerts] = await Promise.all([
			port.silences(context),
			port.alerts(context, row.matchers),
			port.alerts(context),
		]);
		const current = silences.find(({id}) => id === row.id);
		const now = context.now();
		const silence = current === undefined ? row : silenceRow(target.name, current, {alerts, now});
		const distance = (moment: number) =>
			moment < now ? `${formatDuration((now - moment) / 1000)} ago` : `in ${formatDuration((moment - now) / 1000)}`;
		const verb = {active: 'It hides', pending: 'It would now hide', expired: 'It would now hide'}[silence.state];
		return {
			title: `Silence ${silence.id.slice(0, 8)} of ${target.name}`,
			lines: [
				...(current === undefined
					? [{text: 'It was deleted from the server. As last read:', severity: 'warn' as const}]
					: []),
				...(silence.why === undefined ? [] : [{text: silence.why, severity: silence.severity, loud: true}]),
				factLine('state', silence.state),
				factLine('created by', silence.createdBy || 'unknown'),
				factLine('comment', silence.comment || 'none'),
				factLine('from', `${silence.startsAt}, ${distance(silence.starts)}`),
				factLine('until', `${silence.endsAt}, ${distance(silence.ends)}`),
				factLine('id', silence.id),
				{text: ''},
				{text: 'Matchers', loud: true},
				...silence.matchers.map(matcher => ({text: `  ${matcherText(matcher)}`})),
				{text: ''},
				{
					text: matched.length === 0 ? `${verb} nothing` : `${verb} ${matched.length} of ${alerts.length} alerts`,
					loud: true,
				},
				...matched.map(facts => alertLine(alertmanagerAlertRow(target.name, facts, silences))),
			],
			cliEquivalent: [curlTargetCommand(target, '/api/v2/silences'), curlTargetCommand(target, '/api/v2/alerts')],
		};
	},
});
