import {existsSync, readFileSync} from 'node:fs';
import {dirname, join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import {serverStarters} from './server-starters.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const names = serverStarters.map(({name}) => name);
const exporters = names.filter(name => name.endsWith('-exporter'));

/** Modules that name servers without using them. */
const isDeclaration = (path: string): boolean => path.startsWith('test/estate/') && !path.endsWith('.test.ts');

/**
 * Names of the estate's servers that test files use: what they, and the modules of `test/` that they import, pass to `describePostgres`,
 * `describeRedis` and so on. Where that is a variable, every server whose name is in the same file counts.
 * @param files paths relative to the repository.
 */
export function requiredServers(files: readonly string[]): readonly string[] {
	const required = new Set<string>();
	for (const path of withImports(files)) {
		for (const name of serversIn(readFileSync(join(root, path), 'utf8'))) required.add(name);
	}
	// Its rules and jobs are about the exporters.
	if (required.has('prometheus')) for (const name of exporters) required.add(name);
	return names.filter(name => required.has(name));
}

function withImports(files: readonly string[]): ReadonlySet<string> {
	const reached = new Set(files.filter(path => !isDeclaration(path)));
	for (const path of reached) {
		const source = readFileSync(join(root, path), 'utf8');
		for (const [, specifier = ''] of source.matchAll(/from '(\.[^']+)'/g)) {
			const target = relative(root, join(root, dirname(path), specifier));
			if (target.startsWith('test/') && !isDeclaration(target) && existsSync(join(root, target))) reached.add(target);
		}
	}
	return reached;
}

function serversIn(source: string): readonly string[] {
	const found: string[] = [];
	if (/\bdescribeKubernetes\(/.test(source)) found.push('kubernetes');
	for (const [, literal] of source.matchAll(/\bdescribe(?:Postgres|Redis|Kafka|Prometheus)\(\s*(?:'([^']+)')?/g)) {
		if (literal !== undefined) found.push(literal);
		else {
			found.push(...names.filter(name => source.includes(`'${name}'`)));
			if (source.includes('postgresVersions')) found.push(...names.filter(name => /^postgres-\d+$/.test(name)));
		}
	}
	return found;
}
