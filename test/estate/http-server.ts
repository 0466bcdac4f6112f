import {existsSync, readFileSync} from 'node:fs';
import {type IncomingMessage, get as plainGet} from 'node:http';
import {get as secureGet} from 'node:https';
import {delimiter, join} from 'node:path';
import {text} from 'node:stream/consumers';

/** A program of a Debian package. @throws Error that says what to install. */
export function debianProgram(name: string): string {
	const folders = (process.env['PATH'] ?? '').split(delimiter).concat('/usr/bin', '/usr/local/bin');
	const found = folders.map(folder => join(folder, name)).find(existsSync);
	if (found) return found;
	throw new Error(`${name} is not installed: apt-get install ${name}`);
}

export type HttpGetResult = {readonly status: number; readonly body: string};

/** Paths of PEM files with the certificate of a client. */
export type ClientCertificate = {readonly cert: string; readonly key: string};

/** Sends a GET. Accepts an expired certificate, because tests use it to reach the server. @throws Error when nothing answers within five seconds. */
export function httpGet(
	url: string,
	headers: Readonly<Record<string, string>> = {},
	shown?: ClientCertificate,
): Promise<HttpGetResult> {
	return new Promise((resolve, reject) => {
		const options = {
			...{headers, timeout: 5000, agent: false as const, rejectUnauthorized: false},
			...(shown && {cert: readFileSync(shown.cert), key: readFileSync(shown.key)}),
		};
		const answered = (answer: IncomingMessage) =>
			void text(answer).then(body => resolve({status: answer.statusCode ?? 0, body}), reject);
		const request = url.startsWith('https:') ? secureGet(url, options, answered) : plainGet(url, options, answered);
		request.on('timeout', () => request.destroy(new Error(`${url} does not answer`)));
		request.on('error', reject);
	});
}
