import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, expect, test} from 'vitest';
import {loadFullConfiguration} from './with-all-systems.ts';

const folder = mkdtempSync(join(tmpdir(), 'midwatch-config-'));
afterAll(() => rmSync(folder, {recursive: true, force: true}));

function written(sasl: string): string {
	const file = join(folder, 'config.yaml');
	const target = ['- name: events', '  kind: kafka', '  brokers: k:9092', `  sasl: ${sasl}`];
	writeFileSync(file, ['targets:', ...target].join('\n'), {mode: 0o600});
	return file;
}

const token = 'token: "${file:/run/secrets/token}"';
const password = 'password: "${file:/run/secrets/password}"';

test.each([
	[
		'{mechanism: gssapi, username: me}',
		'5:21: targets[0].sasl.mechanism must be one of plain, scram-sha-256, scram-sha-512, oauthbearer',
	],
	[
		'{mechanism: aws_msk_iam}',
		'5:21: targets[0].sasl.mechanism must be one of plain, scram-sha-256, scram-sha-512, oauthbearer',
	],
	[
		`{mechanism: oauthbearer, username: me, ${token}}`,
		'5:9: sasl with oauthbearer needs a token, and neither username nor password',
	],
	['{mechanism: oauthbearer}', '5:9: sasl with oauthbearer needs a token, and neither username nor password'],
	[
		`{mechanism: scram-sha-512, username: me, ${token}}`,
		'5:9: sasl with scram-sha-512 needs username and password, and no token',
	],
	['{mechanism: plain, username: me}', '5:9: sasl with plain needs username and password, and no token'],
	[
		'{mechanism: oauthbearer, token: eyJhbGciOi}',
		'5:9: token holds the secret itself. Write a reference to it instead: ${env:NAME}, ${file:/path} or ${exec:[command, argument]}',
	],
])('an invalid login is one mistake: %s', async (sasl, says) => {
	const file = written(sasl);
	await expect(loadFullConfiguration({config: file})).rejects.toMatchObject({message: `${file}:${says}`});
});

test.each([
	[`{mechanism: oauthbearer, ${token}}`, {mechanism: 'oauthbearer', token: {source: '${file:/run/secrets/token}'}}],
	[`{mechanism: plain, username: me, ${password}}`, {mechanism: 'plain', username: 'me'}],
])('a valid login is accepted: %s', async (sasl, wanted) => {
	const {targets} = await loadFullConfiguration({config: written(sasl)});
	expect(targets).toMatchObject([{settings: {sasl: wanted}}]);
});
