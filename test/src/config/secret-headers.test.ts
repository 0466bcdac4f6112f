import {describe, expect, test} from 'vitest';
import {credentialReason} from '../../../src/config/secret-headers.ts';
import type {HttpSettings} from '../../../src/port/http.ts';
import {createTestEnvironment, writeTestFile} from './test-environment.ts';
import {loadFullConfiguration} from './with-all-systems.ts';

describe('a plain header', () => {
	test.each([
		'Authorization',
		'Proxy-Authorization',
		'Cookie',
		'X-Custom-Auth',
		'X-Auth',
		'X-Vault',
		'X-Vault-Namespace',
		'X-Api-Key',
		'apikey',
		'X-AccessKey',
		'Ocp-Apim-Subscription-Key',
		'X-Session',
		'X-Amz-Signature',
		'x-goog-iam-authorization-token',
		'X-JWT-Assertion',
		'X-Password',
	])('is refused by its name: %s', name => {
		expect(credentialReason(name, 'blue')).toBe(`${name} is the name of a credential`);
	});

	test.each([
		'Basic bWU6czNjcmV0',
		'Bearer abc',
		'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
		'ghp_16C7e42F292c6912E7710c838347Ae178B4a',
		'glpat-xxxxxxxxxxxxxxxxxxxx',
		'hvs.CAESIJlU1234567890',
		'AKIAIOSFODNN7EXAMPLE',
		'wJalrXUtnFEMI7K7MDENGbPxRfiCYEXAMPLEKEY',
		'9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
	])('is refused by its value: %s', value => {
		expect(credentialReason('X-Team', value)).toMatch(/^the value of X-Team (?:has the form of|looks like) a/);
	});

	test.each([
		['X-Scope-OrgID', '17'],
		['X-Scope-OrgID', 'team-a|team-b'],
		['X-Scope-OrgID', 'f47ac10b-58cc-4372-a567-0e02b2c3d479'],
		['X-Author', 'mira'],
		['X-Monkey', 'x'],
		['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64) midwatch/0.1.0'],
		['X-Cluster', 'shop-production-eu-central-1-cluster-blue-2'],
		['Accept', 'application/openmetrics-text; version=1.0.0; charset=utf-8'],
		['X-Origin', 'https://grafana.internal.example.com/d/abc/dashboard'],
		['THANOS-TENANT', 'platform_observability_team_europe_west_4'],
	])('is accepted: %s: %s', (name, value) => {
		expect(credentialReason(name, value)).toBeUndefined();
	});
});

describe('the headers of a target', () => {
	const load = async (headers: string) => {
		const environment = createTestEnvironment({TENANT: 'blue'});
		const text = `targets: [{name: m, kind: prometheus, url: "http://a", headers: ${headers}}]`;
		const config = writeTestFile(environment, 'config.yaml', text);
		const {targets} = await loadFullConfiguration({config, environment});
		return (targets[0]?.settings as HttpSettings | undefined)?.headers ?? {};
	};
	const reference = 'Write a reference to it instead: ${env:NAME}, ${file:/path} or ${exec:[command, argument]}';

	test('are marked as secret or as no secret, under any name', async () => {
		const headers = await load(
			'{X-Session-Region: {value: eu, secret: false}, X-Blue: {value: "${env:TENANT}", secret: true}}',
		);
		expect(await headers['X-Session-Region']?.reveal()).toBe('eu');
		expect(await headers['X-Blue']?.reveal()).toBe('blue');
		expect(JSON.stringify(headers)).not.toMatch(/"eu"|blue/);
	});

	test.each([
		['{X-Team: {value: canary, secret: true}}', `X-Team is a secret. ${reference}`],
		['{Authorization: {value: canary, secret: false}}', `Authorization is a secret. ${reference}`],
		[
			'{X-Vault: canary}',
			`X-Vault is the name of a credential. ${reference}. When it is no secret: X-Vault: {value: …, secret: false}`,
		],
		['{X-Team: {secret: true}}', 'must be text, a reference to a secret, or {value: …, secret: true or false}'],
	])('are refused, without their value: %s', async (headers, says) => {
		const error = await load(headers).catch((thrown: unknown) => thrown);
		expect(error).toMatchObject({name: 'ConfigError', message: expect.stringContaining(says)});
		expect(String(error)).not.toContain('canary');
	});
});
