import {spawn} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {estateFolder, readEstateRecord} from './estate-record.ts';
import {isRunning} from './server-process.ts';
import {writeConfig} from './target-config.ts';

const start = fileURLToPath(new URL('../../scripts/start.mjs', import.meta.url));

/**
 * Opens the console on the servers that are up, and resolves with its exit code. One server of each kind is guarded, as a production server is;
 * the others may be changed at once. The expired certificates are left out unless they are requested by name.
 */
export function openConsole(only: readonly string[] | undefined): Promise<number> {
	const servers = (readEstateRecord()?.servers ?? [])
		.filter(isRunning)
		.filter(server => server.kind !== 'exporter')
		.filter(({name, tls}) => (only === undefined ? tls?.expired !== true : only.includes(name)));
	const guarded = ['postgres-15', 'redis', 'kafka-cluster', 'kubernetes', 'prometheus', 'alertmanager'];
	const open = servers.map(server => server.name).filter(name => !guarded.includes(name));
	const file = writeConfig(servers, {folder: estateFolder, open});
	return new Promise((resolve, reject) => {
		const child = spawn(process.execPath, [start, '--config', file], {stdio: 'inherit'});
		child.on('error', reject);
		child.on('close', code => resolve(code ?? 1));
	});
}
