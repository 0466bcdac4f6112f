import * as z from 'zod';
import {serverKeys} from '../../../src/config/http-schema.ts';
import {parseHttpUrl, readHttpSettings} from '../../../src/config/http-settings.ts';
import {
	enumSchema,
	nameSchema,
	namespaceSchema,
	portSchema,
	strictSchema,
	textSchema,
} from '../../../src/config/schema-parts.ts';
import {discoverVariable} from '../../../src/config/variable-discovery.ts';
import {defineTargetConfig} from '../../../src/contract/define.ts';
import type {HttpSettings} from '../../../src/port/http.ts';

const keys = {
	...serverKeys,
	via: strictSchema({
		kubernetes: nameSchema.describe('The name of a target of kind `kubernetes`.'),
		namespace: namespaceSchema.describe('Where the service is.'),
		service: textSchema('must be the name of a service').describe('Its name.'),
		port: z
			.union([portSchema, textSchema('must be the number or the name of a port')], {
				error: 'must be the number or the name of a port',
			})
			.transform(String)
			.describe('The number of its port, or the name.'),
		scheme: enumSchema(['http', 'https']).default('http').describe('The protocol of the service inside the cluster.'),
	})
		.optional()
		.describe(
			'A service in a cluster, reached through the API server of that cluster: nothing has to be exposed or forwarded.',
		),
};

/** Configures a system that speaks HTTP: by its URL or `via` a cluster. It is discovered by the URL in `variable`. */
export const createHttpConfig = (kind: string, variable: string) =>
	defineTargetConfig<HttpSettings>()({
		keys,
		hostMeaning: 'the host in the URL',
		ruleAttributes: {cluster: 'linked'},
		readSettings(entry, report, environment) {
			const {via} = entry;
			const proxied = via && `${via.scheme}://${via.service}.${via.namespace}`;
			return {...readHttpSettings(entry, report, environment, proxied), via};
		},
		discoveries: [discoverVariable(variable, kind, (text, source, {env}) => parseHttpUrl(text, source, env))],
	});
