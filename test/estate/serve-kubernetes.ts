/* Serves the demo's Kubernetes API until it gets a signal. Arguments: the port, and the folder for its kubeconfigs. */
import {rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {startKubernetesApi} from '../../demo/kubernetes-api/server.ts';
import {demoLogins} from '../../demo/kubernetes-api/serving/access.ts';
import {createScenario} from '../../demo/scenario.ts';

const [, , port = '0', folder = '.'] = process.argv;
const api = await startKubernetesApi({
	scenario: createScenario('default', {now: Date.now}),
	port: Number(port),
	context: 'estate',
});
for (const login of demoLogins) {
	writeFileSync(join(folder, `${login}.kubeconfig`), api.kubeconfigOf(login), {mode: 0o600});
}
// Last: who waits for it finds the others there.
writeFileSync(join(folder, 'ca.pem'), api.ca, {mode: 0o600});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
	process.once(signal, () => {
		rmSync(folder, {recursive: true, force: true});
		void api.close().finally(() => process.exit(0));
	});
}
