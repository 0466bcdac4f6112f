import {defineInspection} from '../../src/contract/define.ts';
import {type AlertmanagerAlertRow, alertmanagerAlertRow} from '../../src/model/alertmanager/alertmanager-alert.ts';
import {matchersText} from '../../src/model/alertmanager/matcher.ts';
import {factLine, labelLines} from '../../src/model/document-lines.ts';
import type {AlertmanagerPort, AlertmanagerSettings} from '../../src/port/alertmanager.ts';
import {formatDuration} from '../../src/text/format.ts';
import {curlTargetCommand} from './cli-equivalent.ts';

const notificationText: Readonly<Record<AlertmanagerAlertRow['notification'], string>> = {
	firing: 'firing: its receivers are notified',
	silenced: 'silenced: no receiver is notified',
	inhibited: 'inhibited by another alert: no receiver is notified',
};

/** One alert, read again: its annotations, rule, runbook and receivers, and the silences and alerts that suppress it. */
export const inspectAlertmanagerAlert = defineInspection<
	AlertmanagerAlertRow,
	AlertmanagerPort,
	AlertmanagerSettings
>()({
	id: 'alertmanager.alert',
	title: 'Alert',
	key: 'd',
	kind: 'alertmanager.alert',
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const [facts, silences] = await Promise.all([port.alerts(context), port.silences(context)]);
		const current = facts.find(({fingerprint}) => fingerprint === row.fingerprint);
		const alert = current === undefined ? row : alertmanagerAlertRow(target.name, current, silences);
		const age = (moment: string) => `${moment}, ${formatDuration((context.now() - Date.parse(moment)) / 1000)} ago`;
		const activeSilences = silences.filter(({id}) => alert.silencedBy.includes(id));
		const inhibitors = facts.filter(({fingerprint}) => alert.inhibitedBy.includes(fingerprint));
		const runbook = alert.annotations['runbook_url'];
		return {
			title: `${alert.name} of ${target.name}`,
			lines: [
				...(current === undefined ? [{text: 'It has ended. As last read:', severity: 'warn' as const}] : []),
				...(alert.why === undefined ? [] : [{text: alert.why, severity: alert.severity, loud: true}]),
				factLine('state', notificationText[alert.notification]),
				factLine('since', age(alert.startsAt)),
				factLine('last update', age(alert.updatedAt)),
				factLine('receivers', alert.receivers.join(', ') || 'none'),
				...(runbook === undefined ? [] : [factLine('runbook', runbook)]),
				factLine('rule', alert.generatorURL || 'unknown: its sender gives no link'),
				...activeSilences.map(silence =>
					factLine(
						'silenced by',
						`${silence.createdBy || 'unknown'} until ${silence.endsAt}: ${silence.comment} (${matchersText(silence.matchers)})`,
					),
				),
				...inhibitors.map(other => factLine('inhibited by', alertmanagerAlertRow(target.name, other, []).name)),
				...labelLines('Labels', alert.labels),
				...labelLines('Annotations', alert.annotations),
			],
			cliEquivalent: [curlTargetCommand(target, '/api/v2/alerts'), curlTargetCommand(target, '/api/v2/silences')],
		};
	},
});
