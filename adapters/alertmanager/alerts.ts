import {defineSource} from '../../src/contract/define.ts';
import type {Note} from '../../src/contract/row.ts';
import {
	type AlertmanagerAlertRow,
	alertmanagerAlertFindings,
	alertmanagerAlertGauges,
	alertmanagerAlertRow,
	alertNotifications,
} from '../../src/model/alertmanager/alertmanager-alert.ts';
import type {AlertmanagerPort, AlertmanagerSettings, AlertmanagerStatus} from '../../src/port/alertmanager.ts';
import {curlTargetCommand} from './cli-equivalent.ts';

function clusterNotes({cluster}: AlertmanagerStatus): readonly Note[] {
	if (cluster !== 'settling') return [];
	return [{text: 'it has not found its peers yet: their alerts and silences may be missing', severity: 'unknown'}];
}

/** Every alert that is not resolved: firing, silenced and inhibited ones. */
export const alertmanagerAlertsSource = defineSource<AlertmanagerAlertRow, AlertmanagerPort, AlertmanagerSettings>()({
	kind: 'alertmanager.alert',
	title: 'Alerts',
	gauges: alertNotifications,
	intervalMs: 10_000,
	timeoutMs: 10_000,
	cost: 'cheap',
	cliEquivalent: target => [
		curlTargetCommand(target, '/api/v2/alerts'),
		curlTargetCommand(target, '/api/v2/silences'),
		curlTargetCommand(target, '/api/v2/status'),
	],
	open: (port, target) => async context => {
		const [facts, silences, status] = await Promise.all([
			port.alerts(context),
			port.silences(context),
			port.status(context),
		]);
		const rows = facts.map(alert => alertmanagerAlertRow(target.name, alert, silences));
		return {rows, gauges: alertmanagerAlertGauges(rows), omitted: 0, notes: clusterNotes(status)};
	},
	findings: ({rows}) => alertmanagerAlertFindings(rows),
});
