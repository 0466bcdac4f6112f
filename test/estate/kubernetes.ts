import {mkdirSync, readdirSync, readFileSync} from 'node:fs';
import {request} from 'node:https';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {serverVersion} from '../../demo/kubernetes-api/serving/discovery.ts';
import {estateFolder, type KubernetesServer} from './estate-record.ts';
import {freePort, startServer, stopProcess, waitUntilReady} from './server-process.ts';

export type KubernetesOptions = {
	readonly name: string;
	/** The folder of the estate; the server makes one of its own in it. */
	readonly folder: string;
	/** 0 takes any free port. */
	readonly port: number;
};

const program = fileURLToPath(new URL('./serve-kubernetes.ts', import.meta.url));

/** Starts the demo's Kubernetes API in a process of its own, with its kubeconfigs in `.estate/NAME/`, and waits until it answers. */
export async function startKubernetes({name, folder, port}: KubernetesOptions): Promise<KubernetesServer> {
	const dataDir = join(folder, name);
	const configs = join(estateFolder, name);
	for (const each of [dataDir, configs]) mkdirSync(each, {recursive: true, mode: 0o700});
	const log = join(dataDir, 'log');
	const taken = await freePort(port);
	const ca = join(configs, 'ca.pem');
	const running = startServer(process.execPath, [program, String(taken), configs], log, {});
	try {
		await waitUntilReady(name, running, () => answers(taken, ca));
	} catch (error) {
		await stopProcess(running);
		throw new Error(`${error instanceof Error ? error.message : String(error)}\n${readFileSync(log, 'utf8')}`);
	}
	const files = readdirSync(configs).filter(file => file.endsWith('.kubeconfig'));
	const kubeconfigs = Object.fromEntries(files.map(file => [file.replace('.kubeconfig', ''), join(configs, file)]));
	const version = serverVersion.gitVersion.replace('v', '');
	return {
		kind: 'kubernetes',
		name,
		version,
		host: '127.0.0.1',
		port: taken,
		dataDir,
		log,
		tls: {ca, expired: false},
		kubeconfigs,
		...running,
	};
}

/** Whether it answers over TLS with its own certificate. Without a token every answer is a refusal. */
const answers = (port: number, ca: string): Promise<boolean> =>
	new Promise(resolve => {
		const probe = request({host: '127.0.0.1', port, path: '/version', ca: readFileSync(ca, 'utf8')}, response => {
			response.resume();
			resolve(response.statusCode === 401);
		});
		probe.on('error', () => resolve(false));
		probe.end();
	});
