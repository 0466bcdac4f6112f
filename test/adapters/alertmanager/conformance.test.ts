import {alertmanager} from '../../../adapters/alertmanager/system.ts';
import type {Row} from '../../../src/contract/row.ts';
import {conformance} from '../conformance.ts';
import type {Scene} from '../conformance-subject.ts';
import {
	changes,
	describeOwnAlertmanager,
	expireByHand,
	fire,
	type OwnAlertmanager,
	resolve,
	silenceByHand,
	silencesOf,
	targetAt,
} from './dedicated-alertmanager.ts';

const labelsOf = (row: Row): Readonly<Record<string, string>> =>
	'labels' in row ? (row.labels as Readonly<Record<string, string>>) : {};

const expireAll = async (server: OwnAlertmanager, comment: string) => {
	for (const one of await silencesOf(server)) {
		if (one.comment === comment && one.status.state !== 'expired') await expireByHand(server, one.id);
	}
};

/** An alert that is told, one that is silenced for long and one of each remark. */
async function busy(server: OwnAlertmanager) {
	const down = {alertname: 'ConformanceDown', job: 'busy', severity: 'critical'};
	const quiet = {alertname: 'ConformanceQuiet', severity: 'warning'};
	await fire(server, down, {summary: 'it is down'});
	await fire(server, quiet);
	await silenceByHand(server, quiet, {minutes: 5, comment: 'busy'});
	return {
		steady: (row: Row) => labelsOf(row)['job'] === 'busy' || ('comment' in row && row.comment === 'busy'),
		async end() {
			await resolve(server, down);
			await resolve(server, quiet);
			await expireAll(server, 'busy');
		},
	};
}

let scenes = 0;

/** An alert, which somebody else silences when it has to move. */
async function firing(server: OwnAlertmanager): Promise<Scene> {
	scenes += 1;
	const labels = {alertname: 'ConformanceScene', instance: `scene-${scenes}:80`, severity: 'critical'};
	await fire(server, labels);
	const comment = `conformance ${scenes}`;
	return {
		params: {duration: '2h', matchers: `instance="scene-${scenes}:80"`, comment},
		chosen: row => labelsOf(row)['instance'] === labels.instance,
		move: async () => void (await silenceByHand(server, labels, {comment: 'moved'})),
		happened: async () =>
			(await silencesOf(server)).some(one => one.comment === comment && one.status.state === 'active'),
		async clear() {
			await resolve(server, labels);
			await expireAll(server, comment);
			await expireAll(server, 'moved');
		},
	};
}

/** A silence, which somebody else makes last longer when it has to move. */
async function silenced(server: OwnAlertmanager): Promise<Scene> {
	scenes += 1;
	const labels = {alertname: 'ConformanceScene', instance: `scene-${scenes}:80`, severity: 'critical'};
	await fire(server, labels);
	const comment = `conformance ${scenes}`;
	const id = await silenceByHand(server, labels, {comment, minutes: 60});
	return {
		params: {},
		chosen: row => 'comment' in row && row.comment === comment,
		move: async () => void (await silenceByHand(server, labels, {comment, minutes: 120, id})),
		happened: async () =>
			!(await silencesOf(server)).some(one => one.comment === comment && one.status.state === 'active'),
		async clear() {
			await resolve(server, labels);
			await expireAll(server, comment);
		},
	};
}

await describeOwnAlertmanager('conformance', server => {
	conformance({
		system: alertmanager,
		server,
		target: targetAt,
		busy: () => busy(server),
		scenes: {
			'alertmanager.silence': () => firing(server),
			'alertmanager.expire-silence': () => silenced(server),
		},
		links: true,
		recoversAtOnce: true,
		writes: () => changes(server),
	});
});
