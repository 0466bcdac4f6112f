import {prometheusSystem} from '../../../adapters/prometheus/system.ts';
import type {Row} from '../../../src/contract/row.ts';
import {describePrometheus} from '../../estate/describe-server.ts';
import type {PrometheusServer} from '../../estate/estate-record.ts';
import {conformanceTests} from '../conformance.ts';
import type {ActionCase} from '../conformance-subject.ts';
import {
	countWrites,
	readConfigFile,
	reloadDirectly,
	runningConfig,
	runtimeOf,
	settingsFor,
	withExternalLabel,
	writeConfigFile,
} from './prometheus-fixture.ts';

/** A changed file that is not loaded yet; the change on the server is that another client loads another file. */
async function changedFile(server: PrometheusServer): Promise<ActionCase> {
	const original = readConfigFile(server);
	const changed = withExternalLabel(original, 'conformance');
	writeConfigFile(server, changed);
	// The times of the server are in seconds: a later load must have another one.
	const {lastConfigTime} = await runtimeOf(server);
	while (Date.now() < Date.parse(lastConfigTime) + 1000) await new Promise(resolve => setTimeout(resolve, 20));
	return {
		params: {},
		isTarget: row => 'pool' in row && row.pool === 'prometheus',
		async changeServer() {
			writeConfigFile(server, original);
			await reloadDirectly(server);
			writeConfigFile(server, changed);
		},
		isApplied: async () => (await runningConfig(server)).includes('conformance'),
		async cleanUp() {
			writeConfigFile(server, original);
			await reloadDirectly(server);
		},
	};
}

// Not with TLS: the other clients of the test do not trust the authority. Other tests read with TLS.
describePrometheus('prometheus', 'conformance', server => {
	conformanceTests({
		system: prometheusSystem,
		server,
		target: at => ({name: server.name, kind: 'prometheus', production: true, settings: settingsFor(server, at)}),
		// The server is busy by itself: it scrapes, and a target of it is dead.
		generateLoad: async () => ({steady: (row: Row) => row.id.includes('127.0.0.1:1"'), end: async () => {}}),
		actionCases: {'prometheus.reload': () => changedFile(server)},
		testsConnectionFaults: true,
		recoversOnNextRead: true,
		countWrites: () => countWrites(server),
	});
});
