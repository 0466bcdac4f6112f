import {defineSource} from '../../src/contract/define.ts';
import {type SilenceRow, shownAfterEndMs, silenceFindings, silenceRow} from '../../src/model/alertmanager/silence.ts';
import type {AlertmanagerPort, AlertmanagerSettings} from '../../src/port/alertmanager.ts';
import {curlTargetCommand} from './cli-equivalent.ts';

/** Active and pending silences, and those that expired within the last hour. The server keeps expired ones for days. */
export const silencesSource = defineSource<SilenceRow, AlertmanagerPort, AlertmanagerSettings>()({
	kind: 'alertmanager.silence',
	title: 'Silences',
	intervalMs: 10_000,
	timeoutMs: 10_000,
	cost: 'cheap',
	cliEquivalent: target => [curlTargetCommand(target, '/api/v2/silences'), curlTargetCommand(target, '/api/v2/alerts')],
	open: (port, target) => async context => {
		const [silences, alerts] = await Promise.all([port.silences(context), port.alerts(context)]);
		const now = context.now();
		const rows = silences
			.filter(({state, endsAt}) => state !== 'expired' || now - Date.parse(endsAt) < shownAfterEndMs)
			.map(silence => silenceRow(target.name, silence, {alerts, now}));
		return {rows, gauges: [], omitted: 0, notes: []};
	},
	findings: ({rows}, _previous, {now}) => silenceFindings(rows, now),
});
