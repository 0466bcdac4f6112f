import {AdapterError} from '../../../src/errors.ts';
import type {KafkaSasl} from '../../../src/port/kafka.ts';
import {type KafkaRequestContext, protocolError} from '../errors.ts';
import type {Principal} from '../principal.ts';
import {commonVersion} from './api-versions.ts';
import type {BrokerSocket} from './broker-socket.ts';
import {type ApiVersion, saslAuthenticate, saslHandshake} from './request-cluster.ts';
import {logIn, mechanismName} from './sasl.ts';

export type AuthenticationOptions = {
	readonly sasl: KafkaSasl;
	readonly principal: Principal;
	readonly supported: readonly ApiVersion[];
	readonly contextOf: (request: string) => KafkaRequestContext;
	readonly signal: AbortSignal;
};

const unsupportedMechanism = 33;

/** Share of the lifetime of a login after which a new connection replaces this one. */
const usableLifetime = 0.8;

/** Logs in. Returns how many milliseconds the connection may be used; infinite when the login does not expire. @throws AdapterError */
export async function authenticate(
	socket: Pick<BrokerSocket, 'send'>,
	{sasl, principal, supported, contextOf, signal}: AuthenticationOptions,
): Promise<number> {
	const {error, mechanisms} = await socket.send(saslHandshake, mechanismName(sasl.mechanism), 1, signal);
	if (error === unsupportedMechanism) {
		const {endpoint} = contextOf('a login');
		throw new AdapterError(
			'denied',
			`${endpoint} does not support ${sasl.mechanism}`,
			`Correct \`sasl.mechanism\` in the configuration: it supports ${mechanisms.map(name => name.toLowerCase()).join(', ')}.`,
		);
	}
	if (error !== 0) throw protocolError(error, contextOf('a login'));
	const version = commonVersion(supported, saslAuthenticate) ?? 0;
	let usableMs = Number.POSITIVE_INFINITY;
	await logIn(sasl, principal, async message => {
		const reply = await socket.send(saslAuthenticate, message, version, signal);
		if (reply.error !== 0) throw loginError(sasl, reply, contextOf);
		if (reply.lifetime > 0) usableMs = reply.lifetime * usableLifetime;
		return reply.bytes;
	});
	return usableMs;
}

function loginError(
	sasl: KafkaSasl,
	{error, message}: {readonly error: number; readonly message: string | undefined},
	contextOf: AuthenticationOptions['contextOf'],
): AdapterError {
	const isToken = sasl.mechanism === 'oauthbearer';
	const login = isToken ? 'a login with the token' : `a login as ${sasl.username}`;
	const refusal = protocolError(error, contextOf(login), message);
	return isToken ? tokenError(refusal, message) : refusal;
}

/** The refusal of a token with the status of its JSON message (RFC 7628), such as `invalid_token`. */
function tokenError({kind, message}: AdapterError, json = ''): AdapterError {
	const status = /"status"\s*:\s*"([^"]+)"/.exec(json)?.[1];
	const hint = 'It may have expired, or be for another issuer or audience: renew what `sasl.token` refers to.';
	return new AdapterError(kind, status === undefined ? message : `${message}: ${status}`, hint);
}
