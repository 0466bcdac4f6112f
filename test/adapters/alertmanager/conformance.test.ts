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
	for (const {id, comment: text, status} of await silencesOf(server)) {
		if (text === comment && status.state !== 'expired') await expireSilenceDirectly(server, id);
	}
};

/** A firing alert, and one with a silence that ends soon. */
async function generateLoad(server: DedicatedAlertmanager) {
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

let caseCount = 0;

/** An alert of its own, and the comment of its silence. */
async function fireCaseAlert(server: DedicatedAlertmanager) {
	caseCount += 1;
	const labels = {alertname: 'ConformanceCase', instance: `case-${caseCount}:80`, severity: 'critical'};
	await fireAlert(server, labels);
	const comment = `conformance ${caseCount}`;
	return {labels, comment};
}

/** A firing alert; the change on the server is a silence by another user. */
async function silenceCase(server: DedicatedAlertmanager): Promise<ActionCase> {
	const {labels, comment} = await fireCaseAlert(server);
	return {
		params: {duration: '2h', matchers: `instance="${labels.instance}"`, comment},
		isTarget: row => labelsOf(row)['instance'] === labels.instance,
		changeServer: async () => void (await createSilenceDirectly(server, labels, {comment: 'changed'})),
		isApplied: async () =>
			(await silencesOf(server)).some(silence => silence.comment === comment && silence.status.state === 'active'),
		async cleanUp() {
			await resolveAlert(server, labels);
			await expireAll(server, comment);
			await expireAll(server, 'changed');
		},
	};
}

/** A silence; the change on the server is that another user extends it. */
async function expireCase(server: DedicatedAlertmanager): Promise<ActionCase> {
	const {labels, comment} = await fireCaseAlert(server);
	const id = await createSilenceDirectly(server, labels, {comment, minutes: 60});
	return {
		params: {},
		isTarget: row => 'comment' in row && row.comment === comment,
		changeServer: async () => void (await createSilenceDirectly(server, labels, {comment, minutes: 120, id})),
		isApplied: async () =>
			!(await silencesOf(server)).some(silence => silence.comment === comment && silence.status.state === 'active'),
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
		generateLoad: () => generateLoad(server),
		actionCases: {
			'alertmanager.silence': () => silenceCase(server),
			'alertmanager.expire-silence': () => expireCase(server),
		},
		testsConnectionFaults: true,
		recoversOnNextRead: true,
		countWrites: () => countChanges(server),
	});
});
