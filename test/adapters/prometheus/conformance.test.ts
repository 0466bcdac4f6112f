import {prometheus} from '../../../adapters/prometheus/system.ts';
import type {Row} from '../../../src/contract/row.ts';
import {describePrometheus} from '../../estate/describe-server.ts';
import type {PrometheusServer} from '../../estate/estate-record.ts';
import {conformance} from '../conformance.ts';
import type {Scene} from '../conformance-subject.ts';
import {
	labelled,
	readConfig,
	reloadByHand,
	runningConfig,
	runtimeOf,
	settingsFor,
	writeConfig,
	writesOf,
} from './prometheus-fixture.ts';

/** A file that was changed and not loaded yet; somebody else loads another one when it has to move. */
async function changedFile(server: PrometheusServer): Promise<Scene> {
	const original = readConfig(server);
	const changed = labelled(original, 'conformance');
	writeConfig(server, changed);
	// What is loaded within the same second cannot be told from it.
	const {lastConfigTime} = await runtimeOf(server);
	while (Date.now() < Date.parse(lastConfigTime) + 1000) await new Promise(resolve => setTimeout(resolve, 20));
	return {
		params: {},
		chosen: row => 'pool' in row && row.pool === 'prometheus',
		async move() {
			writeConfig(server, original);
			await reloadByHand(server);
			writeConfig(server, changed);
		},
		happened: async () => (await runningConfig(server)).includes('conformance'),
		async clear() {
			writeConfig(server, original);
			await reloadByHand(server);
		},
	};
}

// With TLS the test's own way in would have to trust the authority too: reads show there that TLS works.
describePrometheus('prometheus', 'conformance', server => {
	conformance({
		system: prometheus,
		server,
		target: at => ({name: server.name, kind: 'prometheus', production: true, settings: settingsFor(server, at)}),
		// The server is busy by itself: it scrapes, and a target of it is dead.
		busy: async () => ({steady: (row: Row) => row.id.includes('127.0.0.1:1"'), end: async () => {}}),
		scenes: {'prometheus.reload': () => changedFile(server)},
		links: true,
		recoversAtOnce: true,
		writes: () => writesOf(server),
	});
});
