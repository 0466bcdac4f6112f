import {connect as connectPlain, isIP, type Socket} from 'node:net';
import {connect as connectTls} from 'node:tls';
import type {Context} from '../../../src/contract/context.ts';
import {AdapterError} from '../../../src/errors.ts';
import {readTlsOptions} from '../../../src/files/tls-files.ts';
import type {KafkaSettings} from '../../../src/port/kafka.ts';
import {closedError, type KafkaRequestContext, protocolError, socketError, timeoutError} from '../errors.ts';
import {principalOf} from '../principal.ts';
import {type ApiVersion, apiVersions, saslAuthenticate, saslHandshake} from './request-cluster.ts';
import {logIn, mechanismName} from './sasl.ts';
import {Reader, type WireRequest, Writer} from './wire.ts';

export type BrokerEndpoint = {readonly host: string; readonly port: number};

/** One socket to one broker, logged in. It never reconnects or resends: who wants another asks for one. */
export type BrokerConnection = {
	/** `host:port`. */
	readonly endpoint: string;
	/** False once it broke, timed out, was closed, or its login runs out. */
	isOpen(): boolean;
	/** The requests that this broker answers, and in which versions. */
	readonly supportedRequests: readonly ApiVersion[];
	/** @throws AdapterError. One that is not answered in time takes the connection with it: answers come in order. */
	send<Q, A>(request: WireRequest<Q, A>, asked: Q, context: Context): Promise<A>;
	/** No more requests; it closes when the last that is under way was answered. */
	retire(): void;
	close(): void;
};

/** Brokers themselves take no larger request (socket.request.max.bytes): what claims to be an answer of that size is not Kafka. */
const maxResponseBytes = 100 * 1024 * 1024;

type PendingRequest = {
	readonly name: string;
	answer(bytes: Buffer): void;
	fail(error: AdapterError): void;
	readonly timer: NodeJS.Timeout;
};

const notKafkaHint = 'Check host and port, and whether that port wants `tls`.';

/** The highest version that both speak; undefined when there is none. */
export function commonVersion(offers: readonly ApiVersion[], request: WireRequest<never, unknown>): number | undefined {
	const offer = offers.find(each => each.key === request.key);
	if (offer === undefined) return undefined;
	const highest = Math.min(offer.highest, request.versions[1]);
	return highest >= Math.max(offer.lowest, request.versions[0]) ? highest : undefined;
}

/** Opens a connection and logs in, in `connectTimeoutMs` at most. `signal` gives it up. @throws AdapterError */
export async function openBrokerConnection(
	to: BrokerEndpoint,
	settings: KafkaSettings,
	clientId: string,
	signal: AbortSignal,
): Promise<BrokerConnection> {
	const endpoint = `${to.host}:${to.port}`;
	const about = (request: string): KafkaRequestContext => ({
		endpoint,
		principal: principalOf(settings),
		request,
		tls: settings.tls !== undefined,
		hasClientCertificate: settings.tls?.cert !== undefined,
		hasLogin: settings.sasl !== undefined,
		isAdvertisedAddress: !settings.brokers.some(({host, port}) => host === to.host && port === to.port),
	});
	const opening = about('a connection');
	const waiting = new Map<number, PendingRequest>();
	let lastId = 0;
	let broke: AdapterError | undefined;
	let offers: readonly ApiVersion[] = [];
	let isReady = false;
	let isRetired = false;
	let endsAt = Number.POSITIVE_INFINITY;

	const tls = settings.tls === undefined ? undefined : await readTlsOptions(settings.tls).catch(error => error);
	if (tls instanceof Error) throw socketError(tls, opening);
	if (signal.aborted) throw closedError(opening);
	const socket = begun();
	socket.setNoDelay(true);
	socket.setKeepAlive(true, 10_000);

	/** Certificates that cannot be used are found out at once, and not by an event. */
	function begun(): Socket {
		try {
			return tls === undefined ? connectPlain(to) : connectTls({...serverName(to.host), ...tls, ...to});
		} catch (error) {
			throw socketError(error, opening);
		}
	}

	function end(error: AdapterError): void {
		if (broke !== undefined) return;
		broke = error;
		socket.destroy();
		for (const each of waiting.values()) each.fail(error);
	}

	/** `named`: a request that was not answered is told by its own name. */
	const ended = (named: (asked: KafkaRequestContext) => AdapterError) => {
		if (broke !== undefined) return;
		const [first] = waiting.values();
		end(named(first === undefined || !isReady ? opening : about(first.name)));
	};
	socket.on('error', error => ended(asked => socketError(error, asked)));
	socket.on('close', () => ended(closedError));
	socket.on(
		'data',
		createFrameReader(
			bytes => {
				const correlation = bytes.readInt32BE(0);
				const one = waiting.get(correlation);
				if (one === undefined) return end(malformedResponse(endpoint, 'it answers what was not asked'));
				waiting.delete(correlation);
				clearTimeout(one.timer);
				one.answer(bytes.subarray(4));
				if (isRetired && waiting.size === 0) end(closedLocallyError(endpoint));
			},
			problem => end(malformedResponse(endpoint, problem)),
		),
	);

	function send<Q, A>(request: WireRequest<Q, A>, asked: Q, version: number, stop: AbortSignal): Promise<A> {
		const name = request.name;
		if (broke !== undefined) return Promise.reject(broke);
		if (stop.aborted) return Promise.reject(timeoutError(about(name)));
		lastId = (lastId + 1) & 0x7fffffff;
		const id = lastId;
		const flexible = version >= request.flexibleFrom;
		const header = new Writer(false).int32(0).int16(request.key).int16(version).int32(id).string(clientId);
		if (flexible) header.unsigned(0);
		const body = new Writer(flexible);
		request.write(body, asked, version);
		const message = Buffer.concat([header.written, body.written]);
		message.writeInt32BE(message.length - 4, 0);
		return new Promise((resolve, reject) => {
			const abort = () => reject(timeoutError(about(name)));
			const over = () => stop.removeEventListener('abort', abort);
			// One that was given up still waits for its answer: only so is it known whether the connection is alive.
			const timer = setTimeout(() => end(timeoutError(about(name))), settings.requestTimeoutMs);
			waiting.set(id, {
				name,
				timer,
				fail(error) {
					clearTimeout(timer);
					over();
					reject(error);
				},
				answer(bytes) {
					over();
					try {
						const reader = new Reader(bytes, flexible);
						reader.tags();
						resolve(request.read(reader, version));
					} catch (error) {
						const failure = error instanceof AdapterError ? error : malformedResponse(endpoint, String(error));
						end(failure);
						reject(failure);
					}
				},
			});
			stop.addEventListener('abort', abort, {once: true});
			socket.write(message);
		});
	}

	async function authenticate(): Promise<void> {
		const {sasl} = settings;
		if (sasl === undefined) return;
		const mechanism = mechanismName(sasl.mechanism);
		const {error, mechanisms} = await send(saslHandshake, mechanism, 1, signal);
		if (error === 33) {
			const offered = mechanisms.map(name => name.toLowerCase()).join(', ');
			throw new AdapterError(
				'denied',
				`${endpoint} does not offer ${sasl.mechanism}`,
				`Correct \`sasl.mechanism\` in the configuration: it offers ${offered}.`,
			);
		}
		if (error !== 0) throw protocolError(error, about('a login'));
		const version = commonVersion(offers, saslAuthenticate) ?? 0;
		await logIn(sasl, async message => {
			const answer = await send(saslAuthenticate, message, version, signal);
			if (answer.error !== 0) {
				const as = sasl.mechanism === 'oauthbearer' ? 'with the token' : `as ${sasl.username}`;
				const refused = protocolError(answer.error, about(`a login ${as}`), answer.message);
				throw sasl.mechanism === 'oauthbearer' ? tokenError(refused, answer.message) : refused;
			}
			if (answer.lifetime > 0) endsAt = performance.now() + answer.lifetime * 0.8;
			return answer.bytes;
		});
	}

	const giveUp = () => end(closedError(opening));
	signal.addEventListener('abort', giveUp, {once: true});
	const deadline = setTimeout(() => end(timeoutError(opening)), settings.connectTimeoutMs);
	try {
		await waitUntilConnected(socket, tls !== undefined, () => broke);
		const answer = await send(apiVersions, undefined, 0, signal);
		if (answer.error !== 0) throw protocolError(answer.error, opening);
		offers = answer.versions;
		await authenticate();
		isReady = true;
	} catch (error) {
		const failure = broke ?? socketError(error, opening);
		end(failure);
		throw failure;
	} finally {
		clearTimeout(deadline);
		signal.removeEventListener('abort', giveUp);
	}

	return {
		endpoint,
		supportedRequests: offers,
		isOpen: () => broke === undefined && !isRetired && performance.now() < endsAt,
		send(request, asked, context) {
			const version = commonVersion(offers, request);
			if (version === undefined) return Promise.reject(unsupportedRequestError(endpoint, request.name));
			return send(request, asked, version, context.signal);
		},
		retire() {
			isRetired = true;
			if (waiting.size === 0) end(closedLocallyError(endpoint));
		},
		close: () => end(closedLocallyError(endpoint)),
	};
}

/** Brokers say what is wrong with a token in JSON, as RFC 7628 has it: `invalid_token` and little more. */
function tokenError({kind, message}: AdapterError, said: string | undefined): AdapterError {
	const status = /"status"\s*:\s*"([^"]+)"/.exec(said ?? '')?.[1];
	const hint =
		'It may have expired, or be of another issuer or for another audience: renew what `sasl.token` refers to.';
	return new AdapterError(kind, status === undefined ? message : `${message}: ${status}`, hint);
}

const closedLocallyError = (endpoint: string): AdapterError =>
	new AdapterError('unreachable', `the connection to ${endpoint} was closed`, 'Start midwatch again.');

export const unsupportedRequestError = (endpoint: string, request: string): AdapterError =>
	new AdapterError(
		'unsupported',
		`${endpoint} does not offer ${request} in a version that we speak`,
		'midwatch reads Kafka 2.4 and newer. Kinds of groups that came later need the brokers that brought them.',
	);

const malformedResponse = (endpoint: string, problem: string): AdapterError =>
	new AdapterError('malformed', `${endpoint} does not speak the Kafka protocol: ${problem}`, notKafkaHint);

/** No name for an address: TLS forbids it, and the certificate is compared with the address itself. */
const serverName = (host: string) => (isIP(host) === 0 ? {servername: host} : {});

function waitUntilConnected(socket: Socket, tls: boolean, broke: () => AdapterError | undefined): Promise<void> {
	return new Promise((resolve, reject) => {
		socket.once(tls ? 'secureConnect' : 'connect', () => resolve());
		socket.once('close', () => reject(broke()));
	});
}

/** Puts answers together from what comes. `wrong` is told once what comes cannot be one. */
function createFrameReader(answer: (bytes: Buffer) => void, wrong: (problem: string) => void): (chunk: Buffer) => void {
	let chunks: Buffer[] = [];
	let have = 0;
	return chunk => {
		chunks.push(chunk);
		have += chunk.length;
		while (have >= 4) {
			const head = chunks.length === 1 || (chunks[0]?.length ?? 0) >= 4 ? chunks[0] : Buffer.concat(chunks);
			if (head === undefined) return;
			const length = head.readInt32BE(0);
			if (length < 4 || length > maxResponseBytes) {
				const alert = head[0] === 0x15 && head[1] === 3;
				return wrong(
					alert ? 'it speaks TLS' : `it announces an answer of ${length} bytes, and ${maxResponseBytes} are the most`,
				);
			}
			if (have < length + 4) return;
			const whole = chunks.length === 1 ? head : Buffer.concat(chunks);
			answer(whole.subarray(4, length + 4));
			const rest = whole.subarray(length + 4);
			chunks = rest.length === 0 ? [] : [rest];
			have = rest.length;
		}
	};
}
