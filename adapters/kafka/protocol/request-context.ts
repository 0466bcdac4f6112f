import type {KafkaSettings} from '../../../src/port/kafka.ts';
import type {KafkaRequestContext} from '../errors.ts';
import type {Principal} from '../principal.ts';
import type {BrokerEndpoint} from './broker-endpoint.ts';
import {endpointName} from './broker-endpoint.ts';

/** Describes a request to `endpoint` (`host:port`) for an error. */
export type RequestContextOf = (endpoint: string, request: string) => KafkaRequestContext;

export const createRequestContextOf =
	({tls, sasl, brokers}: KafkaSettings, principal: Principal): RequestContextOf =>
	(endpoint, request) => ({
		endpoint,
		principal: principal.name(),
		request,
		tls: tls !== undefined,
		hasClientCertificate: tls?.cert !== undefined,
		hasLogin: sasl !== undefined,
		isAdvertisedAddress: !brokers.some((broker: BrokerEndpoint) => endpointName(broker) === endpoint),
	});
