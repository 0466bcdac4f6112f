import {AdapterError} from '../../src/errors.ts';
import {type ConnectionHints, connectionErrorWithHints} from '../http/errors.ts';

const hints: ConnectionHints = {
	codes: {
		ECONNREFUSED: 'Nothing listens there: start the log server, or correct `to` of the sink.',
		ENOTFOUND: 'The host name is not known: correct `to` of the sink, or check the DNS of this machine.',
		ECONNRESET: 'The log server closed the connection: check its log.',
		ENOENT: 'There is no such socket: start the log server, or correct `to` of the sink.',
		EACCES: 'This user may not write to that socket: check its owner and mode.',
	},
	certificate: {ca: '`tls.ca` of the sink', name: 'correct `to` or set `tls.servername` of the sink'},
	notTls: 'The server there does not speak TLS: write tcp:// in `to`, or correct the port.',
	certificateRefused: 'The log server refuses our certificate: renew `tls.cert` of the sink.',
	certificateRequired:
		'The log server requires a client certificate: set `tls.cert` of the sink, and its key with `tls.key`.',
	ownCertificateFiles:
		'`tls.ca`, `tls.cert` and `tls.key` must be PEM files; the key must belong to the certificate and have no passphrase.',
	tlsFailed: 'TLS failed: check the files under `tls` of the sink.',
	unreadable: 'The server there is not a log server: check `to` of the sink.',
	broken: 'The connection broke: it is retried. Check the log server and the network.',
};

/** The error of a connection to a syslog server. `endpoint`: `host:port` or a path. */
export const sinkError = (thrown: unknown, endpoint: string): AdapterError =>
	connectionErrorWithHints(thrown, endpoint, hints);

/** The error when the server closed the connection before it had read everything. */
export const endedEarlyError = (endpoint: string): AdapterError =>
	new AdapterError(
		'unreachable',
		`${endpoint} closed the connection before it had read the record`,
		'Check the log of the log server: it may limit connections, or not accept this format.',
	);
