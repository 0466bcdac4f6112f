import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync} from 'node:fs';
import {homedir} from 'node:os';
import {join} from 'node:path';

/** kubectl as an independent client of our server. */
export type Kubectl = {readonly name: string; readonly path: string};
export type MissingKubectl = {readonly name: string; readonly missing: string};

function cacheFolder(): string {
	const folder = process.env['MIDWATCH_ESTATE_CACHE'];
	if (folder) return folder;
	if (process.getuid?.() === 0) return '/var/cache/midwatch';
	return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'midwatch');
}

/**
 * Debian's kubectl, unpacked into the cache beside the estate's packages; it is not installed, since another package may own the file. The
 * oldest that is still around, which makes it the strictest judge of what old clients need.
 */
export function debianKubectl(): Kubectl | MissingKubectl {
	const name = 'kubectl of Debian';
	const cache = cacheFolder();
	const folder = join(cache, 'kubectl-debian');
	const path = join(folder, 'usr/bin/kubectl');
	if (existsSync(path)) return {name, path};
	try {
		mkdirSync(cache, {recursive: true});
		const draft = mkdtempSync(join(cache, 'draft-'));
		try {
			run('apt-get', ['download', 'kubernetes-client'], draft);
			const [file] = readdirSync(draft).filter(each => each.endsWith('.deb'));
			run('dpkg', ['-x', join(draft, file ?? ''), draft], draft);
			renameSync(draft, folder);
		} finally {
			rmSync(draft, {recursive: true, force: true});
		}
		return {name, path};
	} catch (error) {
		const why = error instanceof Error ? error.message : String(error);
		return {name, missing: `kubectl cannot be had: ${why}. Run apt-get update first`};
	}
}

function run(program: string, args: readonly string[], cwd: string): void {
	const done = spawnSync(program, args, {cwd, encoding: 'utf8', timeout: 120_000});
	if (done.status !== 0) throw new Error(`${program} ${args[0]}: ${done.error?.message ?? done.stderr.trim()}`);
}

/** The kubectl that is installed on this machine, usually a newer one; undefined without one. */
export function installedKubectl(): Kubectl | undefined {
	const path = ['/usr/local/bin/kubectl', '/usr/bin/kubectl'].find(existsSync);
	return path === undefined ? undefined : {name: 'kubectl of this machine', path};
}
