import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {loadRunConfig} from '../../bin/run-config.ts';
import {scratchDir} from '../src/state/scratch-dir.ts';

/** Writes a configuration file that only this user can read. @returns its path. */
async function writeConfig(text: string): Promise<string> {
	const file = join(await scratchDir(), 'config.yaml');
	writeFileSync(file, text, {mode: 0o600});
	return file;
}

const load = (config: string | undefined, ...targets: readonly string[]) =>
	loadRunConfig({config, demo: 'calm', readOnly: false, log: undefined, targets});

const settings = `targets:
  - {name: orders, kind: redis, host: cache.internal, password: "\${env:NOT_SET}"}
keys: {deck.arm: [f5]}
theme: basic
mouse: true
refresh: 3
audit:
  sinks: [{name: chat, kind: webhook, url: "https://hooks.example/x"}]
`;

test('--demo with --config takes keys, theme, mouse and refresh from the file, and ignores its targets and sinks', async () => {
	const config = await writeConfig(settings);
	const demo = await load(undefined);
	const configured = await load(config);
	expect(configured).toMatchObject({
		keys: {'deck.arm': ['f5']},
		theme: 'basic',
		mouse: true,
		policy: undefined,
		sinks: [],
		from: `the demo estate, scenario calm, with the keys and the theme of ${config}`,
	});
	expect(configured.targets.map(({target}) => target.name)).toEqual(demo.targets.map(({target}) => target.name));
	const intervals = ({targets}: typeof demo) =>
		targets.flatMap(({system}) => system.sources.map(({intervalMs}) => intervalMs));
	expect(intervals(configured)).toEqual(intervals(demo).map(intervalMs => intervalMs * 3));
});

test('--demo without --config reads no file, even when MIDWATCH_CONFIG names one', async ({onTestFinished}) => {
	process.env['MIDWATCH_CONFIG'] = await writeConfig(settings);
	onTestFinished(() => {
		delete process.env['MIDWATCH_CONFIG'];
	});
	expect(await load(undefined)).toMatchObject({
		keys: {},
		theme: 'auto',
		mouse: false,
		from: 'the demo estate, scenario calm',
	});
});

test('--target selects among the targets of the demo, not of the file', async () => {
	const config = await writeConfig(settings);
	expect((await load(config, 'redis-main')).targets.map(({target}) => target.name)).toEqual(['redis-main']);
	await expect(load(config, 'orders')).rejects.toThrow('no target is called orders');
});

test.each([
	['them: 1', 'config.yaml:1:1: "them" is not known'],
	['keys: {deck.arn: [f5]}', 'deck.arn'],
])('a mistake in the file is reported with --demo too: %s', async (text, message) => {
	await expect(load(await writeConfig(text))).rejects.toMatchObject({
		name: 'ConfigError',
		message: expect.stringContaining(message),
	});
});

test('a file that does not exist is an error with --demo too', async () => {
	await expect(load(join(await scratchDir(), 'none.yaml'))).rejects.toThrow('there is no such file. Create it');
});
