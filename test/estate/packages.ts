import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {
	copyFileSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	symlinkSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, dirname, join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import {estateFolder} from './estate-record.ts';
import {unprivileged} from './server-process.ts';

const sources = fileURLToPath(new URL('.', import.meta.url));

/**
 * The folder with initdb and postgres of one major version, from the packages that `package.json` beside this file names. They are
 * installed at first use, into MIDWATCH_ESTATE_CACHE when that is set; a folder per lock file, so that a new version is a new folder.
 *
 * @throws Error when this is not Linux on x64, or npm fails
 */
export function packagedPostgres(major: 13 | 16 | 18): string {
	if (process.platform !== 'linux' || process.arch !== 'x64') {
		throw new Error(
			`PostgreSQL ${major} comes from a package for Linux on x64, and this is ${process.platform} on ${process.arch}`,
		);
	}
	return join(installed(), 'node_modules', `postgres-${major}`, 'native', 'bin');
}

/** The folder for downloads, which the user of the servers can read. */
export const cacheFolder = (): string =>
	process.env['MIDWATCH_ESTATE_CACHE'] ??
	(isOpen(dirname(estateFolder)) ? estateFolder : join(tmpdir(), 'midwatch-estate'));

function installed(): string {
	const lock = readFileSync(join(sources, 'package-lock.json'));
	const name = `packages-${createHash('sha256').update(lock).digest('hex').slice(0, 12)}`;
	const cache = cacheFolder();
	const folder = join(cache, name);
	if (existsSync(folder)) return folder;
	mkdirSync(cache, {recursive: true});
	// Installed elsewhere and renamed when complete, so that a partial installation is never used.
	const draft = mkdtempSync(join(cache, 'draft-'));
	try {
		for (const file of ['package.json', 'package-lock.json', '.npmrc'])
			copyFileSync(join(sources, file), join(draft, file));
		npm(draft);
		for (const major of [13, 16, 18]) restoreLinks(join(draft, 'node_modules', `postgres-${major}`));
		spawnSync('chmod', ['-R', 'go+rX', draft]);
		renameSync(draft, folder);
	} finally {
		rmSync(draft, {recursive: true, force: true});
	}
	return folder;
}

/** Installs the packages of a folder without running their scripts, which only do what `restoreLinks` does. */
function npm(folder: string): void {
	const cli = process.env['npm_execpath'];
	const [program, first] = cli ? [process.execPath, [cli]] : ['npm', []];
	const args = [...first, 'ci', '--ignore-scripts', '--no-audit', '--no-fund'];
	const done = spawnSync(program, args, {cwd: folder, encoding: 'utf8', env: plainEnv()});
	if (done.status !== 0) throw new Error(`npm ci of test/estate failed: ${done.error?.message ?? done.stderr.trim()}`);
}

/** Under `npm run` the settings of the outer project are in the environment; the registry's stay in npm's own files. */
const plainEnv = (): NodeJS.ProcessEnv =>
	Object.fromEntries(
		Object.entries(process.env).filter(([name]) => !/^npm_(?:package|lifecycle|config_(?:local_)?prefix)/.test(name)),
	);

/** npm packs no symbolic links; the packages list theirs instead. */
function restoreLinks(folder: string): void {
	const links = JSON.parse(readFileSync(join(folder, 'native', 'pg-symlinks.json'), 'utf8')) as {
		source: string;
		target: string;
	}[];
	for (const {source, target} of links) {
		const path = join(folder, target);
		if (existsSync(path)) continue;
		const from = dirname(source) === dirname(target) ? basename(source) : relative(dirname(target), source);
		symlinkSync(from, path);
	}
}

/** True when the servers' user may enter the folder: not so below root's own home. */
function isOpen(folder: string): boolean {
	if (unprivileged.uid === undefined) return true;
	for (let at = folder; ; at = dirname(at)) {
		if ((statSync(at).mode & 0o001) === 0) return false;
		if (at === dirname(at)) return true;
	}
}
