import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {parse} from 'yaml';
import {toYamlLines} from '../../../adapters/kubernetes/objects/object-yaml.ts';

const printed = async (value: unknown) => `${(await toYamlLines(value)).join('\n')}\n`;

describe('an object as YAML', () => {
	it.each([
		['a text whose first line is indented', '  x\ny\n'],
		['several empty lines at the end', 'x\n\n\n'],
		['no line feed at the end', 'x\ny'],
		['carriage returns', 'line\r\nb'],
		['a line feed only', '\n'],
		['an empty text', ''],
		['spaces at the end of a line', 'a  \nb'],
		['a tab', '\ta\n\tb\n'],
		['a document marker', '---\na'],
		['a comment sign', 'a # b'],
		['a colon', 'a: b'],
		['a word that YAML 1.1 reads as a boolean', 'yes'],
		['digits', '0123'],
		['a number with an exponent', '1e3'],
		['a timestamp', '2026-11-21T13:58:00Z'],
		['null as a text', 'null'],
		['a long line', `${'word '.repeat(60)}end`],
		['a text in another script', '日本 é 🙂'],
	])('reads back equal: %s', async (_, text) => {
		const object = {metadata: {annotations: {[`key/${text}`.slice(0, 30)]: text}}, args: ['-c', text]};
		expect(parse(await printed(object))).toEqual(object);
		expect(parse(await printed(object), {version: '1.1'})).toEqual(object);
	});

	it('reads back equal, whatever JSON it is', async () => {
		await fc.assert(
			fc.asyncProperty(fc.jsonValue({maxDepth: 3}), async value => {
				const json: unknown = JSON.parse(JSON.stringify(value));
				fc.pre(!JSON.stringify(json).includes('__proto__'));
				expect(parse(await printed(json), {version: '1.1'})).toEqual(json);
			}),
			{numRuns: 200},
		);
	});

	it('has the layout of kubectl', async () => {
		expect(
			await toYamlLines({
				apiVersion: 'v1',
				metadata: {creationTimestamp: '2026-11-21T13:58:00Z', labels: {}, finalizers: []},
				spec: {containers: [{name: 'main', args: ['-c', 'echo a\necho b\n'], tty: false}], replicas: 3},
			}),
		).toEqual([
			'apiVersion: v1',
			'metadata:',
			'  creationTimestamp: "2026-11-21T13:58:00Z"',
			'  labels: {}',
			'  finalizers: []',
			'spec:',
			'  containers:',
			'  - name: main',
			'    args:',
			'    - -c',
			'    - |',
			'      echo a',
			'      echo b',
			'    tty: false',
			'  replicas: 3',
		]);
	});
});
