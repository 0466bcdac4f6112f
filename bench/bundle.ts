import {spawnSync} from 'node:child_process';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The product as it ships, in a folder. @returns its path. @throws Error when it does not build. */
export function buildProduct(folder: string): string {
	const out = join(folder, 'midwatch.js');
	const {status, stderr} = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs'), '--quiet', '--out', out], {
		encoding: 'utf8',
	});
	if (status !== 0) throw new Error(`the build failed: ${stderr}`);
	return out;
}

/** A program of the bench as one file, React and Ink as they ship. @returns its path. */
export async function bundle(name: string, folder: string): Promise<string> {
	const out = join(folder, `${name}.mjs`);
	await build({
		entryPoints: [join(root, 'bench', `${name}.ts`)],
		absWorkingDir: root,
		bundle: true,
		outfile: out,
		platform: 'node',
		format: 'esm',
		target: 'node22',
		minify: true,
		keepNames: true,
		jsx: 'automatic',
		define: {'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"'},
		plugins: [
			{
				// Ink uses it only with DEV, which is off, but imports it at the top of a file.
				name: 'no-devtools',
				setup(building) {
					building.onResolve({filter: /^react-devtools-core$/}, ({path}) => ({path, namespace: 'nothing'}));
					building.onLoad({filter: /.*/, namespace: 'nothing'}, () => ({contents: 'export default {};'}));
				},
			},
		],
		banner: {
			js: `import {createRequire as __createRequire} from 'node:module'; const require = __createRequire(${JSON.stringify(join(root, 'bench', 'bench.ts'))});`,
		},
		logLevel: 'warning',
	});
	return out;
}
