import {defineInspection} from '../../src/contract/define.ts';
import type {DocumentLine} from '../../src/contract/document.ts';
import {type AlertmanagerAlertRow, alertmanagerAlertRow} from '../../src/model/alertmanager/alertmanager-alert.ts';
import {matcherText} from '../../src/model/alertmanager/matcher.ts';
import {type SilenceRow, silenceRow} from '../../src/model/alertmanager/silence.ts';
import type {AlertmanagerPort, AlertmanagerSettings} from '../../src/port/alertmanager.ts';
import {formatDuration} from '../../src/text/format.ts';
import {curlTargetCommand} from './cli-equivalent.ts';

const factLine = (label: string, value: string): DocumentLine => ({text: `${label.padEnd(14)}${value}`});

const alertLine = ({name, subject, notification: told}: AlertmanagerAlertRow): DocumentLine => ({
	text: `  ${name}  ${subject}  ${told}`,
});

/** One silence, read again: who made it and why, how long it lasts, and what it hides. */
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
		const found = silences.find(({id}) => id === row.id);
		const now = context.now();
		const told = found === undefined ? row : silenceRow(target.name, found, {alerts, now});
		const distance = (moment: number) =>
			moment < now ? `${formatDuration((now - moment) / 1000)} ago` : `in ${formatDuration((moment - now) / 1000)}`;
		const verb = {active: 'It hides', pending: 'It would now hide', expired: 'It would now hide'}[told.state];
		return {
			title: `Silence ${told.id.slice(0, 8)} of ${target.name}`,
			lines: [
				...(found === undefined
					? [{text: 'The server does not keep it any more. Last seen:', severity: 'warn' as const}]
					: []),
				...(told.why === undefined ? [] : [{text: told.why, severity: told.severity, loud: true}]),
				factLine('state', told.state),
				factLine('made by', told.createdBy || 'nobody'),
				factLine('comment', told.comment || 'none'),
				factLine('from', `${told.startsAt}, ${distance(told.starts)}`),
				factLine('until', `${told.endsAt}, ${distance(told.ends)}`),
				factLine('id', told.id),
				{text: ''},
				{text: 'Matchers', loud: true},
				...told.matchers.map(matcher => ({text: `  ${matcherText(matcher)}`})),
				{text: ''},
				{
					text: matched.length === 0 ? `${verb} nothing` : `${verb} ${matched.length} of ${alerts.length} alerts`,
					loud: true,
				},
				...matched.map(one => alertLine(alertmanagerAlertRow(target.name, one, silences))),
			],
			cliEquivalent: [curlTargetCommand(target, '/api/v2/silences'), curlTargetCommand(target, '/api/v2/alerts')],
		};
	},
});
