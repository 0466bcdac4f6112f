import {describe, expect, test} from 'vitest';
import {createTestEnvironment, writeTestFile} from './test-environment.ts';
import {loadFullConfiguration} from './with-all-systems.ts';

/** Loads a cluster with these metrics and a Prometheus target `prom`. @returns the metrics of its settings, or the mistake in them. */
async function metricsOf(text: string): Promise<unknown> {
	const environment = createTestEnvironment();
	const written = `targets:
  - {name: prom, kind: prometheus, url: http://prom:9090}
  - name: prod
    kind: kubernetes
    metrics: ${text}`;
	const config = writeTestFile(environment, 'config.yaml', written);
	try {
		const {targets} = await loadFullConfiguration({config, environment});
		return (targets[1]?.settings as {readonly metrics?: unknown} | undefined)?.metrics;
	} catch (error) {
		return (error as Error).message.replaceAll(config, 'config');
	}
}

describe('metrics of a cluster', () => {
	test.each([
		['prom', {prometheus: 'prom', match: ''}],
		['{prometheus: prom}', {prometheus: 'prom', match: ''}],
		[`{prometheus: prom, match: 'cluster="eu"'}`, {prometheus: 'prom', match: 'cluster="eu"'}],
		[
			`{prometheus: prom, match: 'a=~"x|y", b!="\\"}", c!~"z"'}`,
			{prometheus: 'prom', match: 'a=~"x|y", b!="\\"}", c!~"z"'},
		],
	])('are those of %s', async (text, settings) => {
		expect(await metricsOf(text)).toEqual(settings);
	});

	test.each([
		['other', 'config:5:14: no target of kind prometheus is called other'],
		['{prometheus: prod}', 'config:5:27: no target of kind prometheus is called prod'],
		['{match: \'a="b"\'}', /prometheus.*is missing/],
		['{prometheus: prom, mach: x}', /"mach" is not known in targets\[1\].metrics; did you mean "match"/],
		[`{prometheus: prom, match: 'a="b"} or vector(1'}`, /match must be matchers of PromQL without braces/],
		['{prometheus: prom, match: cluster}', /match must be matchers of PromQL without braces/],
		[`{prometheus: prom, match: 'a="b'}`, /match must be matchers of PromQL without braces/],
	])('may not be %s', async (text, said) => {
		expect(await metricsOf(text)).toEqual(typeof said === 'string' ? said : expect.stringMatching(said));
	});
});
