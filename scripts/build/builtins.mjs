/* How the modules of Node get into the one file: from `process.getBuiltinModule`, because the file has no imports. */
import {builtinModules} from 'node:module';

const builtins = new Set(builtinModules.filter(name => !name.startsWith('_')));

const loading = path => `process.getBuiltinModule(${JSON.stringify(path)})`;
const namesOf = path => Object.keys(process.getBuiltinModule(path)).filter(name => name !== 'default');

/**
 * Reads only the names that are imported. esbuild would copy all names and so run every getter, and some getters make Node load half of its
 * modules.
 */
function importedBuiltin(path) {
	const names = namesOf(path).map(name => `export const ${name} = /* @__PURE__ */ of('${name}');`);
	return `const all = ${loading(path)}; const of = name => all[name]; export default all; ${names.join('\n')}`;
}

/** Node modules that the first frame does not need; loading them takes longer than drawing it. */
const lateBuiltins = new Set(
	'assert child_process crypto dgram dns fs/promises http http2 https inspector net tls worker_threads v8 zlib'
		.split(' ')
		.map(name => `node:${name}`),
);

/** Loads the Node module on first use of one of its names, not on import. `assert` is callable, because some libraries call it while they load. */
function lateBuiltin(path) {
	return `let loaded;
		const load = () => (loaded ??= ${loading(path)});
		${path === 'node:assert' ? 'module.exports = (...args) => load()(...args);' : ''}
		for (const name of ${JSON.stringify(namesOf(path))})
			Object.defineProperty(module.exports, name, {enumerable: true, get: () => load()[name]});`;
}

/** The esbuild plugin. */
export const nodeBuiltins = {
	name: 'node-builtins',
	setup(build) {
		build.onResolve({filter: /^(?:node:)?[a-z0-9_]+(?:\/[a-z0-9_]+)*$/}, ({path, kind}) => {
			const name = `node:${path.replace(/^node:/, '')}`;
			if (!path.startsWith('node:') && !builtins.has(path)) return undefined;
			if (lateBuiltins.has(name)) return {path: name, namespace: 'late-builtin'};
			return {path: name, namespace: kind === 'import-statement' ? 'imported-builtin' : 'builtin', sideEffects: false};
		});
		build.onLoad({filter: /.*/, namespace: 'builtin'}, ({path}) => ({contents: `module.exports = ${loading(path)};`}));
		build.onLoad({filter: /.*/, namespace: 'imported-builtin'}, ({path}) => ({contents: importedBuiltin(path)}));
		build.onLoad({filter: /.*/, namespace: 'late-builtin'}, ({path}) => ({contents: lateBuiltin(path)}));
	},
};
