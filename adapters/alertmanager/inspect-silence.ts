import {defineInspection} from '../../src/contract/define.ts';
import type {Line} from '../../src/contract/document.ts';
import {type AlertmanagerAlertRow, alertRow} from '../../src/model/alertmanager/alertmanager-alert.ts';
import {matcherText} from '../../src/model/alertmanager/matcher.ts';
import {type SilenceRow, silenceRow} from '../../src/model/alertmanager/silence.ts';
import type {AlertmanagerPort} from '../../src/port/alertmanager.ts';
import {duration} from '../../src/text/format.ts';
import {curl} from './cli-equivalent.ts';

const fact = (label: string, value: string): Line => ({text: `${label.padEnd(14)}${value}`});

const alertLine = ({name, subject, told}: AlertmanagerAlertRow): Line => ({text: `  ${name}  ${subject}  ${told}`});

/** One silence, read again: who made it and why, how long it lasts, and what it hides. */
export const inspectSilence = defineInspection<SilenceRow, AlertmanagerPort>()({
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
			moment < now ? `${duration((now - moment) / 1000)} ago` : `in ${duration((moment - now) / 1000)}`;
		const verb = {active: 'It hides', pending: 'It would now hide', expired: 'It would now hide'}[told.state];
		return {
			title: `Silence ${told.id.slice(0, 8)} of ${target.name}`,
			lines: [
				...(found === undefined
					? [{text: 'The server does not keep it any more. Last seen:', severity: 'warn' as const}]
					: []),
				...(told.why === undefined ? [] : [{text: told.why, severity: told.severity, loud: true}]),
				fact('state', told.state),
				fact('made by', told.createdBy || 'nobody'),
				fact('comment', told.comment || 'none'),
				fact('from', `${told.startsAt}, ${distance(told.starts)}`),
				fact('until', `${told.endsAt}, ${distance(told.ends)}`),
				fact('id', told.id),
				{text: ''},
				{text: 'Matchers', loud: true},
				...told.matchers.map(matcher => ({text: `  ${matcherText(matcher)}`})),
				{text: ''},
				{
					text: matched.length === 0 ? `${verb} nothing` : `${verb} ${matched.length} of ${alerts.length} alerts`,
					loud: true,
				},
				...matched.map(one => alertLine(alertRow(target.name, one, silences))),
			],
			reads: [curl(target, '/api/v2/silences'), curl(target, '/api/v2/alerts')],
		};
	},
});
