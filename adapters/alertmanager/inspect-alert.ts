import {defineInspection} from '../../src/contract/define.ts';
import type {DocumentLine} from '../../src/contract/document.ts';
import type {Labels} from '../../src/contract/row.ts';
import {type AlertmanagerAlertRow, alertmanagerAlertRow} from '../../src/model/alertmanager/alertmanager-alert.ts';
import {matchersText} from '../../src/model/alertmanager/matcher.ts';
import type {AlertmanagerPort, AlertmanagerSettings} from '../../src/port/alertmanager.ts';
import {formatDuration} from '../../src/text/format.ts';
import {curlTargetCommand} from './cli-equivalent.ts';

const factLine = (label: string, value: string): DocumentLine => ({text: `${label.padEnd(14)}${value}`});

/** One a line; what has several lines keeps them. */
function labelLines(title: string, values: Labels): readonly DocumentLine[] {
	const names = Object.keys(values).sort();
	if (names.length === 0) return [];
	const width = Math.max(...names.map(name => name.length)) + 2;
	const lines = names.flatMap(name => {
		const [first = '', ...rest] = (values[name] ?? '').trim().split('\n');
		return [`  ${name.padEnd(width)}${first}`, ...rest.map(line => `  ${' '.repeat(width)}${line}`)];
	});
	return [{text: ''}, {text: title, loud: true}, ...lines.map(text => ({text}))];
}

const notificationText: Readonly<Record<AlertmanagerAlertRow['notification'], string>> = {
	firing: 'firing, and its receivers are told',
	silenced: 'silenced: nobody is told',
	inhibited: 'inhibited by another alert: nobody is told',
};

/** Everything known of one alert, read again: what it says, where its rule and runbook are, who is told, and what keeps it quiet. */
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
		const found = facts.find(({fingerprint}) => fingerprint === row.fingerprint);
		const now = found === undefined ? row : alertmanagerAlertRow(target.name, found, silences);
		const age = (moment: string) => `${moment}, ${formatDuration((context.now() - Date.parse(moment)) / 1000)} ago`;
		const quiet = silences.filter(({id}) => now.silencedBy.includes(id));
		const blockers = facts.filter(({fingerprint}) => now.inhibitedBy.includes(fingerprint));
		const runbook = now.annotations['runbook_url'];
		return {
			title: `${now.name} of ${target.name}`,
			lines: [
				...(found === undefined ? [{text: 'It has ended since. Last seen:', severity: 'warn' as const}] : []),
				...(now.why === undefined ? [] : [{text: now.why, severity: now.severity, loud: true}]),
				factLine('state', notificationText[now.notification]),
				factLine('since', age(now.startsAt)),
				factLine('last told us', age(now.updatedAt)),
				factLine('receivers', now.receivers.join(', ') || 'none'),
				...(runbook === undefined ? [] : [factLine('runbook', runbook)]),
				factLine('rule', now.generatorURL || 'its sender does not tell where it is'),
				...quiet.map(one =>
					factLine(
						'silenced by',
						`${one.createdBy || 'nobody'} until ${one.endsAt}: ${one.comment} (${matchersText(one.matchers)})`,
					),
				),
				...blockers.map(one => factLine('inhibited by', alertmanagerAlertRow(target.name, one, []).name)),
				...labelLines('Labels', now.labels),
				...labelLines('Annotations', now.annotations),
			],
			cliEquivalent: [curlTargetCommand(target, '/api/v2/alerts'), curlTargetCommand(target, '/api/v2/silences')],
		};
	},
});
