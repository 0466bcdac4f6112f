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
] as const;
const severities: Readonly<Record<OutboundRecord['severity'], string>> = {
	1: 'alert',
	4: 'warning',
	5: 'notice',
	6: 'info',
};

const installHint =
	'Install util-linux, which has it, or name a socket of the kind stream, or tcp:// or tls://, in `to` of the sink.';

/**
 * The path of logger(1). A record counts as copied when this program succeeds, so only this user and root may be able to change it.
 * @throws AdapterError `unsupported` when PATH does not have it in an absolute directory, `denied` when others can write it.
 */
export async function findLogger(socket: string, searchPath: string | undefined): Promise<string> {
	const program = findProgram('logger', searchPath);
	const check = program === undefined ? ({state: 'missing'} as const) : await checkProgram(program);
	if (check.state === 'safe') return check.file;
	if (check.state === 'unsafe') {
		const hint = 'Others can replace the program and the records with it: remove their write permission.';
		throw new AdapterError('denied', `${socket}: logger(1) is not run: ${check.reason}`, hint);
	}
	throw new AdapterError('unsupported', `${socket}: logger(1) is not in an absolute directory of PATH`, installHint);
}

/**
 * Sends one record to a datagram socket such as /dev/log, through logger(1) of util-linux, because Node has no such sockets. The record
 * is its standard input. Resolves when the kernel has put it into the queue of the socket. `logger`: the path that `findLogger` returns.
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
		let output = '';
		const abort = () => {
			child.kill('SIGKILL');
			reject(cancellationError(signal));
		};
		signal.addEventListener('abort', abort, {once: true});
		child.stderr.setEncoding('utf8').on('data', (text: string) => {
			output = `${output}${text}`.slice(0, 200);
		});
		// A failure to read shows in the exit code.
		child.stdin.on('error', () => {});
		child.on('error', error => {
			signal.removeEventListener('abort', abort);
			reject(new AdapterError('unsupported', `${path}: logger(1) cannot be run: ${codeOf(error)}`, installHint));
		});
		child.on('close', code => {
			signal.removeEventListener('abort', abort);
			if (code === 0 && output.trim() === '') resolve();
			else {
				const why = output.trim().split('\n')[0] || `logger(1) ended with ${code}`;
				reject(
					new AdapterError('unreachable', `${path}: ${why}`, 'Start the log server, or correct `to` of the sink.'),
				);
			}
		});
		child.stdin.end(`${json}\n`);
	});
}
