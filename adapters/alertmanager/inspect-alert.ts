import {defineInspection} from '../../src/contract/define.ts';
import type {Line} from '../../src/contract/document.ts';
import type {Labels} from '../../src/contract/row.ts';
import {type AlertmanagerAlertRow, alertRow} from '../../src/model/alertmanager/alertmanager-alert.ts';
import {matchersText} from '../../src/model/alertmanager/matcher.ts';
import type {AlertmanagerPort} from '../../src/port/alertmanager.ts';
import {duration} from '../../src/text/format.ts';
import {curl} from './cli-equivalent.ts';

const fact = (label: string, value: string): Line => ({text: `${label.padEnd(14)}${value}`});

/** One a line; what has several lines keeps them. */
function named(title: string, values: Labels): readonly Line[] {
	const names = Object.keys(values).sort();
	if (names.length === 0) return [];
	const width = Math.max(...names.map(name => name.length)) + 2;
	const lines = names.flatMap(name => {
		const [first = '', ...rest] = (values[name] ?? '').trim().split('\n');
		return [`  ${name.padEnd(width)}${first}`, ...rest.map(line => `  ${' '.repeat(width)}${line}`)];
	});
	return [{text: ''}, {text: title, loud: true}, ...lines.map(text => ({text}))];
}

const told: Readonly<Record<AlertmanagerAlertRow['told'], string>> = {
	firing: 'firing, and its receivers are told',
	silenced: 'silenced: nobody is told',
	inhibited: 'inhibited by another alert: nobody is told',
};

/** Everything known of one alert, read again: what it says, where its rule and runbook are, who is told, and what keeps it quiet. */
export const inspectAlert = defineInspection<AlertmanagerAlertRow, AlertmanagerPort>()({
	id: 'alertmanager.alert',
	title: 'Alert',
	key: 'd',
	kind: 'alertmanager.alert',
	risk: 'none',
	async open(row, {port, target, ...context}) {
		const [facts, silences] = await Promise.all([port.alerts(context), port.silences(context)]);
		const found = facts.find(({fingerprint}) => fingerprint === row.fingerprint);
		const now = found === undefined ? row : alertRow(target.name, found, silences);
		const age = (moment: string) => `${moment}, ${duration((context.now() - Date.parse(moment)) / 1000)} ago`;
		const quiet = silences.filter(({id}) => now.silencedBy.includes(id));
		const blockers = facts.filter(({fingerprint}) => now.inhibitedBy.includes(fingerprint));
		const runbook = now.annotations['runbook_url'];
		return {
			title: `${now.name} of ${target.name}`,
			lines: [
				...(found === undefined ? [{text: 'It has ended since. Last seen:', severity: 'warn' as const}] : []),
				...(now.why === undefined ? [] : [{text: now.why, severity: now.severity, loud: true}]),
				fact('state', told[now.told]),
				fact('since', age(now.startsAt)),
				fact('last told us', age(now.updatedAt)),
				fact('receivers', now.receivers.join(', ') || 'none'),
				...(runbook === undefined ? [] : [fact('runbook', runbook)]),
				fact('rule', now.generatorURL || 'its sender does not tell where it is'),
				...quiet.map(one =>
					fact(
						'silenced by',
						`${one.createdBy || 'nobody'} until ${one.endsAt}: ${one.comment} (${matchersText(one.matchers)})`,
					),
				),
				...blockers.map(one => fact('inhibited by', alertRow(target.name, one, []).name)),
				...named('Labels', now.labels),
				...named('Annotations', now.annotations),
			],
			reads: [curl(target, '/api/v2/alerts'), curl(target, '/api/v2/silences')],
		};
	},
});
