import {spawn} from 'node:child_process';
import {AdapterError, codeOf} from '../../src/errors.ts';
import {findProgram} from '../../src/files/find-program.ts';
import {checkProgram} from '../../src/files/program-safety.ts';
import type {OutboundRecord} from '../../src/port/audit-sink.ts';
import {cancellationError} from '../../src/time/deadline.ts';

const facilities = [
	...['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'],
	...['ntp', 'security', 'console', 'clock', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5'],
	...['local6', 'local7'],
];
const severities: Readonly<Record<OutboundRecord['severity'], string>> = {
	1: 'alert',
	4: 'warning',
	5: 'notice',
	6: 'info',
};

const installHint =
	'Install util-linux, which has it, or name a socket of the kind stream, or tcp:// or tls://, in `to` of the sink.';

/**
 * The file of logger(1). The record counts as copied when this program says so, so only this user and root may decide what it is.
 * @throws AdapterError `unsupported` when PATH does not have it in an absolute directory, `denied` when others can write it.
 */
export async function findLogger(socket: string, searchPath: string | undefined): Promise<string> {
	const program = findProgram('logger', searchPath);
	const found = program === undefined ? ({state: 'missing'} as const) : await checkProgram(program);
	if (found.state === 'safe') return found.file;
	if (found.state === 'unsafe') {
		const hint = 'Who can write it decides what becomes of the records: take that right from others.';
		throw new AdapterError('denied', `${socket}: logger(1) is not run: ${found.reason}`, hint);
	}
	throw new AdapterError('unsupported', `${socket}: logger(1) is not in an absolute directory of PATH`, installHint);
}

/**
 * One record to a datagram socket such as /dev/log, by logger(1) of util-linux: Node has no such sockets. The record goes in by standard
 * input. Taken means that the kernel put it into the queue of the socket. `logger`: the file that `findLogger` gives.
 * @throws AdapterError
 */
export function sendByDatagram(
	logger: string,
	path: string,
	record: OutboundRecord,
	facility: number,
	signal: AbortSignal,
): Promise<void> {
	const {severity, pid, kind, json} = record;
	const args = [
		...['--socket', path, '--socket-errors=on', '--rfc5424', '--size', '65536', '--tag', 'midwatch', `--id=${pid}`],
		...['--msgid', kind, '--priority', `${facilities[facility] ?? 'user'}.${severities[severity]}`],
	];
	return new Promise((resolve, reject) => {
		if (signal.aborted) {
			reject(cancellationError(signal));
			return;
		}
		const child = spawn(logger, args, {stdio: ['pipe', 'ignore', 'pipe'], cwd: '/'});
		let said = '';
		const abort = () => {
			child.kill('SIGKILL');
			reject(cancellationError(signal));
		};
		signal.addEventListener('abort', abort, {once: true});
		child.stderr.setEncoding('utf8').on('data', (text: string) => {
			said = `${said}${text}`.slice(0, 200);
		});
		// What it could not read it says by its end.
		child.stdin.on('error', () => {});
		child.on('error', error => {
			signal.removeEventListener('abort', abort);
			reject(new AdapterError('unsupported', `${path}: logger(1) cannot be run: ${codeOf(error)}`, installHint));
		});
		child.on('close', code => {
			signal.removeEventListener('abort', abort);
			if (code === 0 && said.trim() === '') resolve();
			else {
				const why = said.trim().split('\n')[0] || `logger(1) ended with ${code}`;
				reject(
					new AdapterError('unreachable', `${path}: ${why}`, 'Start the log server, or correct `to` of the sink.'),
				);
			}
		});
		child.stdin.end(`${json}\n`);
	});
}
