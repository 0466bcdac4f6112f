import {spawnSync} from 'node:child_process';
import {copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {cacheFolder} from '../packages.ts';

/** The newest release whose tools are published beside the broker, and the last one before 4.0. */
export const kafkaVersions = {newest: '4.3.1', old: '3.9.2'} as const;
export type KafkaVersion = (typeof kafkaVersions)[keyof typeof kafkaVersions];

const pom = fileURLToPath(new URL('kafka-pom.xml', import.meta.url));

function need(program: string, args: readonly string[], install: string): void {
	const done = spawnSync(program, args, {encoding: 'utf8'});
	if (done.error !== undefined) throw new Error(`${program} is not installed: apt-get install ${install}`);
}

/**
 * The folder with the jars of the broker and its own tools. Fetched by Maven at first use, into MIDWATCH_ESTATE_CACHE when that is set; a
 * folder per version, downloaded elsewhere and renamed when complete.
 *
 * @throws Error when Java or Maven are not there, or Maven fails
 */
export function kafkaJars(version: KafkaVersion): string {
	need('java', ['-version'], 'openjdk-17-jre-headless');
	const folder = join(cacheFolder(), `kafka-${version}`);
	if (existsSync(folder)) return folder;
	need('mvn', ['--version'], 'maven');
	mkdirSync(dirname(folder), {recursive: true});
	const draft = mkdtempSync(join(dirname(folder), 'draft-'));
	try {
		copyFileSync(pom, join(draft, 'pom.xml'));
		const jars = join(draft, 'jars');
		const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${jars}`];
		const args = ['-q', '-B', '-f', join(draft, 'pom.xml'), `-Dkafka=${version}`, ...goal];
		const done = spawnSync('mvn', args, {encoding: 'utf8', env: {...process.env, MAVEN_OPTS: '-Xmx256m'}});
		if (done.status !== 0) throw new Error(`mvn cannot fetch Kafka ${version}: ${done.stdout}${done.stderr}`.trim());
		spawnSync('chmod', ['-R', 'go+rX', jars]);
		renameSync(jars, folder);
	} finally {
		rmSync(draft, {recursive: true, force: true});
	}
	return folder;
}
