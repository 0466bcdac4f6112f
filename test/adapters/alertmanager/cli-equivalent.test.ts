import {execFileSync} from 'node:child_process';
import {describe, expect, test} from 'vitest';
import {curlTargetCommand} from '../../../adapters/alertmanager/cli-equivalent.ts';
import {targetAt} from './dedicated-alertmanager.ts';

const at = {host: '127.0.0.1', port: 9093};
const body = JSON.stringify({comment: "it's known", matchers: [{name: 'a', value: 'b c'}]});

/** The arguments that a real shell passes to a program. */
const splitCommand = (line: string, program: string): readonly string[] =>
	execFileSync('sh', ['-c', `${program}() { for word in "$@"; do printf '%s\\n' "$word"; done; }; ${line}`], {
		encoding: 'utf8',
	})
		.trimEnd()
		.split('\n');

describe('the CLI equivalent', () => {
	test('is a curl command with the same request', () => {
		const line = curlTargetCommand(targetAt(at), '/api/v2/silences', ['-X', 'POST', '-d', body]);
		expect(splitCommand(line, 'curl')).toEqual([
			'-fsS',
			'-X',
			'POST',
			'-d',
			body,
			'http://127.0.0.1:9093/api/v2/silences',
		]);
	});

	test('is kubectl through a cluster', () => {
		const via = {
			kubernetes: 'prod',
			namespace: 'monitoring',
			service: 'alertmanager',
			port: '9093',
			scheme: 'http',
		} as const;
		const target = targetAt(at, {url: 'http://alertmanager/am/', via});
		const raw = '/api/v1/namespaces/monitoring/services/http:alertmanager:9093/proxy/am/api/v2';
		expect(splitCommand(curlTargetCommand(target, '/api/v2/alerts'), 'kubectl')).toEqual([
			'get',
			'--raw',
			`${raw}/alerts`,
		]);
		const end = curlTargetCommand(target, '/api/v2/silence/1', ['-X', 'DELETE']);
		expect(splitCommand(end, 'kubectl')).toEqual(['delete', '--raw', `${raw}/silence/1`]);
		const make = curlTargetCommand(target, '/api/v2/silences', ['-X', 'POST', '-d', body]);
		expect(splitCommand(make, 'kubectl')).toEqual(['create', '--raw', `${raw}/silences`, '-f', '-']);
		expect(execFileSync('sh', ['-c', `kubectl() { cat; }; ${make}`], {encoding: 'utf8'})).toBe(body);
	});

	test('holds no secret', () => {
		const secret = {source: 'a test', reveal: async () => 'hidden'};
		const basic = curlTargetCommand(
			targetAt(at, {auth: {kind: 'basic', username: 'me', password: secret}}),
			'/api/v2/alerts',
		);
		expect(basic).toBe('curl -fsS -u me http://127.0.0.1:9093/api/v2/alerts');
		const bearer = curlTargetCommand(targetAt(at, {auth: {kind: 'bearer', token: secret}}), '/api/v2/alerts');
		expect(bearer).toContain('-H @headers.txt');
	});
});
