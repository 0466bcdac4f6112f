import {AdapterError} from '../../src/errors.ts';
import {type ConnectionHints, connectionErrorWithHints} from '../http/errors.ts';

const hints: ConnectionHints = {
	codes: {
		ECONNREFUSED: 'Nothing listens there: start the log server, or correct `to` of the sink.',
		ENOTFOUND: 'The host name is not known: correct `to` of the sink, or check the DNS of this machine.',
		ECONNRESET: 'The log server broke the connection: look into its own log.',
		ENOENT: 'There is no such socket: start the log server, or correct `to` of the sink.',
		EACCES: 'This user may not write to that socket: check its owner and mode.',
	},
	certificate: {ca: '`tls.ca` of the sink', name: 'correct `to` or set `tls.servername` of the sink'},
	notTls: 'What answers there does not speak TLS: write tcp:// in `to`, or correct the port.',
	certificateRefused: 'The log server does not take our certificate: renew `tls.cert` of the sink.',
	certificateRequired:
		'The log server wants a certificate: name it with `tls.cert` of the sink, and its key with `tls.key`.',
	ownCertificateFiles:
		'`tls.ca`, `tls.cert` and `tls.key` have to be PEM files, the key without a passphrase and that of the certificate.',
	tlsFailed: 'TLS failed: check the files under `tls` of the sink.',
	unreadable: 'What answers there is no log server: check `to` of the sink.',
	broken: 'The connection broke: it is tried again. Check the log server and the network.',
};

export const sinkError = (thrown: unknown, where: string): AdapterError =>
	connectionErrorWithHints(thrown, where, hints);

/** The other end went before all of it was taken. */
export const endedEarlyError = (where: string): AdapterError =>
	new AdapterError(
		'unreachable',
		`${where} closed the connection before it had taken the record`,
		'Look into the log of the log server: it may limit connections, or not take this format.',
	);
