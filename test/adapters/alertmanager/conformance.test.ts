import {alertmanagerSystem} from '../../../adapters/alertmanager/system.ts';
import type {Row} from '../../../src/contract/row.ts';
import {conformanceTests} from '../conformance.ts';
import type {ActionCase} from '../conformance-subject.ts';
import {
	countChanges,
	createSilenceDirectly,
	type DedicatedAlertmanager,
	describeDedicatedAlertmanager,
	expireSilenceDirectly,
	fireAlert,
	resolveAlert,
	silencesOf,
	targetAt,
} from './dedicated-alertmanager.ts';

const labelsOf = (row: Row): Readonly<Record<string, string>> =>
	'labels' in row ? (row.labels as Readonly<Record<string, string>>) : {};

const expireAll = async (server: DedicatedAlertmanager, comment: string) => {
	for (const one of await silencesOf(server)) {
		if (one.comment === comment && one.status.state !== 'expired') await expireSilenceDirectly(server, one.id);
	}
};

/** An alert that is told, one that is silenced for long and one of each remark. */
async function busy(server: DedicatedAlertmanager) {
	const down = {alertname: 'ConformanceDown', job: 'busy', severity: 'critical'};
	const quiet = {alertname: 'ConformanceQuiet', severity: 'warning'};
	await fireAlert(server, down, {summary: 'it is down'});
	await fireAlert(server, quiet);
	await createSilenceDirectly(server, quiet, {minutes: 5, comment: 'busy'});
	return {
		steady: (row: Row) => labelsOf(row)['job'] === 'busy' || ('comment' in row && row.comment === 'busy'),
		async end() {
			await resolveAlert(server, down);
			await resolveAlert(server, quiet);
			await expireAll(server, 'busy');
		},
	};
}

let scenes = 0;

/** An alert, which somebody else silences when it has to move. */
async function firing(server: DedicatedAlertmanager): Promise<ActionCase> {
	scenes += 1;
	const labels = {alertname: 'ConformanceScene', instance: `scene-${scenes}:80`, severity: 'critical'};
	await fireAlert(server, labels);
	const comment = `conformance ${scenes}`;
	return {
		params: {duration: '2h', matchers: `instance="scene-${scenes}:80"`, comment},
		isTarget: row => labelsOf(row)['instance'] === labels.instance,
		changeServer: async () => void (await createSilenceDirectly(server, labels, {comment: 'moved'})),
		isApplied: async () =>
			(await silencesOf(server)).some(one => one.comment === comment && one.status.state === 'active'),
		async cleanUp() {
			await resolveAlert(server, labels);
			await expireAll(server, comment);
			await expireAll(server, 'moved');
		},
	};
}

/** A silence, which somebody else makes last longer when it has to move. */
async function silenced(server: DedicatedAlertmanager): Promise<ActionCase> {
	scenes += 1;
	const labels = {alertname: 'ConformanceScene', instance: `scene-${scenes}:80`, severity: 'critical'};
	await fireAlert(server, labels);
	const comment = `conformance ${scenes}`;
	const id = await createSilenceDirectly(server, labels, {comment, minutes: 60});
	return {
		params: {},
		isTarget: row => 'comment' in row && row.comment === comment,
		changeServer: async () => void (await createSilenceDirectly(server, labels, {comment, minutes: 120, id})),
		isApplied: async () =>
			!(await silencesOf(server)).some(one => one.comment === comment && one.status.state === 'active'),
		async cleanUp() {
			await resolveAlert(server, labels);
			await expireAll(server, comment);
		},
	};
}

await describeDedicatedAlertmanager('conformance', server => {
	conformanceTests({
		system: alertmanagerSystem,
		server,
		target: targetAt,
		generateLoad: () => busy(server),
		actionCases: {
			'alertmanager.silence': () => firing(server),
			'alertmanager.expire-silence': () => silenced(server),
		},
		testsConnectionFaults: true,
		recoversOnNextRead: true,
		countWrites: () => countChanges(server),
	});
});
