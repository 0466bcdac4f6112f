/*
 * Everything here is built and run by the Node that `npm ci` brings along (an optional package of this platform). Where that package
 * was left out, npm falls back to the Node of the machine, which may be too old: then say so in one line rather than fail somewhere.
 */

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

/** Ends the process with status 2 when this Node is too old to build or run midwatch. */
export function needNode(version = process.version) {
	if (!isOlder(version, oldestNode)) return;
	process.stderr.write(
		`midwatch: this is Node ${version}, and midwatch needs Node ${oldestNode.replace(/\.0$/, '')} or newer. Run "npm ci" without --omit=optional (it brings a fitting Node along), or install a newer Node.\n`,
	);
	process.exit(2);
}
