import {AdapterError, codeOf, type ErrorKind, isAdapterError, messageOf} from '../../src/errors.ts';
import {shellLine} from '../../src/text/quote.ts';
import {
	certificateHint,
	describeTlsError,
	isCertificateRefused,
	isOwnCertificateError,
} from '../../src/text/tls-errors.ts';

/** The request that failed and the connection that it was sent on: what an error and its hint name. */
export type KafkaRequestContext = {
	/** `host:port` of the broker. */
	readonly endpoint: string;
	/** `User:monitor`: our name in an ACL. */
	readonly principal: string;
	/** The request's own name, or `a connection`. */
	readonly request: string;
	readonly tls: boolean;
	/** We have a certificate to show. */
	readonly hasClientCertificate: boolean;
	readonly hasLogin: boolean;
	/** The address is not a configured one: a broker gave it. */
	readonly isAdvertisedAddress: boolean;
	readonly group?: string | undefined;
	readonly topic?: string | undefined;
};

export type AclResource = 'group' | 'topic' | 'cluster';

/** The ACL operation that each request needs, by the resource that it names (Apache Kafka, docs/security/authorization-and-acls). */
const requiredOperations: Readonly<Record<string, Readonly<Partial<Record<AclResource, string>>>>> = {
	Metadata: {topic: 'Describe'},
	ListGroups: {cluster: 'Describe'},
	DescribeCluster: {cluster: 'Describe'},
	FindCoordinator: {group: 'Describe'},
	DescribeGroups: {group: 'Describe'},
	ConsumerGroupDescribe: {group: 'Describe', topic: 'Describe'},
	ShareGroupDescribe: {group: 'Describe', topic: 'Describe'},
	OffsetFetch: {group: 'Describe', topic: 'Describe'},
	DescribeShareGroupOffsets: {group: 'Describe', topic: 'Describe'},
	ListOffsets: {topic: 'Describe'},
	Fetch: {topic: 'Read'},
	OffsetCommit: {group: 'Read', topic: 'Read'},
	OffsetDelete: {group: 'Delete', topic: 'Read'},
};

/** The command by which an administrator grants `principal` the `operation` on a group, a topic or the cluster, which has no name. */
export function aclGrantCommand(
	endpoint: string,
	principal: string,
	operation: string,
	resource: AclResource,
	name: string,
): string {
	const on = resource === 'cluster' ? ['--cluster'] : [`--${resource}`, name];
	const who = ['--allow-principal', principal, '--operation', operation];
	return shellLine(['kafka-acls.sh', '--bootstrap-server', endpoint, '--add', ...who, ...on]);
}

type ErrorMeaning = readonly [name: string, kind: ErrorKind, words: string, hint: string];

const staleMetadataHint = 'The next read looks it up again.';
const liveGroupHint =
	'Nothing was changed. Stop its consumers first: offsets of a group with members are theirs to write.';

/** The error codes of the protocol that these requests may return (https://kafka.apache.org/protocol, "Error Codes"). */
const codes: Readonly<Record<number, ErrorMeaning>> = {
	1: ['OFFSET_OUT_OF_RANGE', 'conflict', 'this offset is not in the log', 'Choose one between its start and its end.'],
	3: [
		'UNKNOWN_TOPIC_OR_PARTITION',
		'conflict',
		'there is no such topic or partition',
		'It was deleted, or may not be described by this user.',
	],
	5: ['LEADER_NOT_AVAILABLE', 'unreachable', 'the partition has no leader', 'Start the brokers that hold it.'],
	6: ['NOT_LEADER_OR_FOLLOWER', 'unreachable', 'another broker leads the partition now', staleMetadataHint],
	7: [
		'REQUEST_TIMED_OUT',
		'timeout',
		'the broker gave it up',
		'Too few replicas are in sync, or the brokers are busy.',
	],
	9: ['REPLICA_NOT_AVAILABLE', 'unreachable', 'the replica is not available', staleMetadataHint],
	12: ['OFFSET_METADATA_TOO_LARGE', 'denied', 'the note beside an offset is too long', 'Nothing was committed.'],
	14: [
		'COORDINATOR_LOAD_IN_PROGRESS',
		'unreachable',
		"the group's coordinator is still loading",
		'It will answer soon.',
	],
	15: [
		'COORDINATOR_NOT_AVAILABLE',
		'unreachable',
		'no broker coordinates the group',
		'Start the brokers that hold its offsets.',
	],
	16: ['NOT_COORDINATOR', 'unreachable', 'another broker coordinates the group now', staleMetadataHint],
	17: ['INVALID_TOPIC_EXCEPTION', 'denied', 'no topic can have that name', 'Correct the name.'],
	22: ['ILLEGAL_GENERATION', 'conflict', 'the group has members', liveGroupHint],
	24: ['INVALID_GROUP_ID', 'denied', 'no group can have that name', 'Correct the name.'],
	25: ['UNKNOWN_MEMBER_ID', 'conflict', 'the group has members', liveGroupHint],
	27: ['REBALANCE_IN_PROGRESS', 'conflict', 'the group has members', liveGroupHint],
	33: [
		'UNSUPPORTED_SASL_MECHANISM',
		'denied',
		'the broker does not offer this way to log in',
		'Correct `sasl.mechanism` in the configuration.',
	],
	34: [
		'ILLEGAL_SASL_STATE',
		'denied',
		'this port does not accept a login',
		'Remove `sasl` from the configuration, or use the port that requires a login.',
	],
	35: [
		'UNSUPPORTED_VERSION',
		'unsupported',
		'the broker does not speak this version',
		'Look at the version of the brokers.',
	],
	56: ['KAFKA_STORAGE_ERROR', 'unreachable', 'the broker cannot use its disk', 'Look into the log of the broker.'],
	58: [
		'SASL_AUTHENTICATION_FAILED',
		'denied',
		'the login was refused',
		'Correct username and password in the configuration, or what the password refers to.',
	],
	68: ['NON_EMPTY_GROUP', 'conflict', 'the group has members', liveGroupHint],
	69: ['GROUP_ID_NOT_FOUND', 'conflict', 'there is no such group', 'It was deleted, or its type has no offsets.'],
	72: ['LISTENER_NOT_FOUND', 'unreachable', 'the leader has no such listener', 'Give every broker the same listeners.'],
	74: ['FENCED_LEADER_EPOCH', 'unreachable', 'another broker leads the partition now', staleMetadataHint],
	75: ['UNKNOWN_LEADER_EPOCH', 'unreachable', 'another broker leads the partition now', staleMetadataHint],
	78: ['OFFSET_NOT_AVAILABLE', 'unreachable', 'the new leader does not know the end yet', staleMetadataHint],
	82: ['FENCED_INSTANCE_ID', 'conflict', 'the group has members', liveGroupHint],
	86: ['GROUP_SUBSCRIBED_TO_TOPIC', 'conflict', 'members of the group read this topic', liveGroupHint],
	110: ['FENCED_MEMBER_EPOCH', 'conflict', 'the group has members', liveGroupHint],
	113: ['STALE_MEMBER_EPOCH', 'conflict', 'the group has members', liveGroupHint],
};

const resourceOfAuthorizationError: Readonly<Record<number, AclResource>> = {29: 'topic', 30: 'group', 31: 'cluster'};

const subject = (context: KafkaRequestContext): string =>
	[
		context.group === undefined ? '' : `group ${context.group}`,
		context.topic === undefined ? '' : `topic ${context.topic}`,
	]
		.filter(text => text !== '')
		.join(', ');

/** Translates an error code of a broker into an error with a hint. `brokerMessage` is the broker's own message, if it sent one. */
export function protocolError(code: number, context: KafkaRequestContext, brokerMessage?: string): AdapterError {
	const subjectText = subject(context);
	const requestText = subjectText === '' ? context.request : `${context.request} of ${subjectText}`;
	const resource = resourceOfAuthorizationError[code];
	if (resource !== undefined) {
		const operation = requiredOperations[context.request]?.[resource] ?? 'Describe';
		const name = (resource === 'group' ? context.group : context.topic) ?? '*';
		const on = resource === 'cluster' ? 'the cluster' : `${resource} ${name}`;
		return new AdapterError(
			'denied',
			`${context.request}: ${context.principal} may not ${operation} ${on}`,
			`An administrator grants it with: ${aclGrantCommand(context.endpoint, context.principal, operation, resource, name)}`,
		);
	}
	const meaning = codes[code];
	if (meaning === undefined) {
		return new AdapterError(
			'unsupported',
			`${requestText}: ${brokerMessage ?? `error ${code}`}`,
			'The broker refused it: look the code up among the error codes of the Kafka protocol.',
		);
	}
	const [name, kind, words, hint] = meaning;
	return new AdapterError(kind, `${requestText}: ${words} (${name})`, hint);
}

/** Whether the request may succeed on another broker: the leader or the coordinator has moved, or is about to. */
export const isStaleMetadataCode = (code: number): boolean => [3, 5, 6, 9, 14, 15, 16, 72, 74, 75, 78].includes(code);

const certificate =
	/CERT_|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)|ERR_TLS_CERT_ALTNAME|certificate|unable to verify the first/i;

const systemCodes: Readonly<Record<string, string>> = {
	ECONNREFUSED: 'Nothing listens there: start the broker, or correct host and port.',
	ENOTFOUND: 'The host name is not known: correct it, or check the DNS of this machine.',
	EAI_AGAIN: 'The DNS of this machine does not answer: try again, or use an address.',
	EHOSTUNREACH: 'No route to that host: check the network, VPN or firewall.',
	ENETUNREACH: 'No route to that network: check the network or VPN.',
	ETIMEDOUT: 'No answer at all: check the network, VPN or firewall.',
};

const advertisedAddressHint =
	'The brokers gave this address (advertised.listeners): it has to be reachable from here, and its name known here.';

export const timeoutError = (context: KafkaRequestContext): AdapterError =>
	new AdapterError(
		'timeout',
		`${context.endpoint} did not answer ${context.request} in time`,
		context.isAdvertisedAddress && context.request === 'a connection'
			? advertisedAddressHint
			: context.tls && context.request === 'a connection'
				? 'Check that this port speaks TLS, or remove `tls` from the configuration; then the network, VPN or firewall.'
				: 'The broker is busy or hangs, or the network drops packets: look at its log and CPU.',
	);

export const closedError = (context: KafkaRequestContext): AdapterError => {
	const opening = context.request === 'a connection';
	const guess = [...(context.tls ? [] : ['`tls`']), ...(context.hasLogin ? [] : ['`sasl`'])].join(' or ');
	return new AdapterError(
		'unreachable',
		`${context.endpoint} closed the connection${opening ? ' while it was opened' : ` instead of answering ${context.request}`}`,
		guess === '' || !(opening || context.request === 'Metadata')
			? 'Check the broker, its log and any proxy in front of it.'
			: `Check whether that port wants ${guess}, and whether a Kafka broker listens there.`,
	);
};

/** Translates an error of a socket. `cause` is left out on purpose: it may hold what was sent. */
export function socketError(error: unknown, context: KafkaRequestContext): AdapterError {
	if (isAdapterError(error)) return error;
	const rawMessage = messageOf(error);
	const message = describeTlsError(rawMessage);
	const code = codeOf(error);
	if (isCertificateRefused(rawMessage)) {
		return new AdapterError(
			'denied',
			`${context.endpoint} ends the TLS handshake: ${message}`,
			context.hasClientCertificate
				? 'The broker does not take our certificate: it may have expired, or be of another authority. Renew `tls.cert`.'
				: 'The broker wants a certificate of ours: name it with `tls.cert`, and its key with `tls.key`.',
		);
	}
	if (isOwnCertificateError(code)) {
		return new AdapterError(
			'denied',
			`the files for TLS cannot be used: ${message}`,
			'`tls.ca`, `tls.cert` and `tls.key` have to be PEM files, the key without a passphrase and that of the certificate.',
		);
	}
	if (/wrong version number|packet length too long|record layer failure/i.test(message)) {
		return new AdapterError(
			'unreachable',
			`${context.endpoint} does not speak TLS`,
			'Remove `tls` from the configuration, or name the port of the brokers that speaks it.',
		);
	}
	if (certificate.test(code) || certificate.test(message)) {
		return new AdapterError(
			'unreachable',
			`${context.endpoint}: ${message}`,
			/expired/i.test(message)
				? 'The certificate of the broker has expired: renew it there.'
				: (certificateHint(code, {ca: '`tls.ca`', name: 'correct the host or set `tls.servername`'}) ??
						'The certificate of the broker cannot be verified: check `tls.ca` and `tls.servername`.'),
		);
	}
	if (code === 'ETIMEDOUT') return timeoutError(context);
	if (code === 'ECONNRESET' || code === 'EPIPE') {
		if (context.tls && context.request === 'a connection') {
			return new AdapterError(
				'unreachable',
				`${context.endpoint} closed the connection during the TLS handshake`,
				'Check that this port speaks TLS, or remove `tls` from the configuration.',
			);
		}
		return closedError(context);
	}
	return new AdapterError(
		'unreachable',
		`${context.endpoint}: ${message === '' ? code : message}`,
		context.isAdvertisedAddress && context.request === 'a connection' && code in systemCodes
			? advertisedAddressHint
			: (systemCodes[code] ?? 'The connection broke: check the broker and the network.'),
	);
}
