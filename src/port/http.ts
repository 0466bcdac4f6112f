import type {Secret} from '../contract/target.ts';
import type {TlsSettings} from './tls.ts';

/* How a server that speaks HTTP is reached: what configuration gives for it. */

export type HttpAuth =
	| {readonly kind: 'none'}
	| {readonly kind: 'basic'; readonly username: string; readonly password: Secret}
	| {readonly kind: 'bearer'; readonly token: Secret};

/** A service inside a cluster, reached through the API server of a target of kind `kubernetes`. */
export type HttpVia = {
	/** Name of that target. */
	readonly kubernetes: string;
	readonly namespace: string;
	readonly service: string;
	/** Number or name of the port of the service. */
	readonly port: string;
	readonly scheme: 'http' | 'https';
};

/** What configuration gives for one server. */
export type HttpSettings = {
	/** Scheme, host, port and the prefix of all paths: `https://prom.example.test/prometheus`. No user, no query. With `via` only the path counts. */
	readonly url: string;
	/** `none` with `via`: the API server keeps the Authorization header for itself. */
	readonly auth: HttpAuth;
	/** Further headers, e.g. X-Scope-OrgID. */
	readonly headers: Readonly<Record<string, Secret>>;
	/** For an https address: the system's authorities and no certificate of ours when absent. */
	readonly tls?: TlsSettings | undefined;
	readonly via?: HttpVia | undefined;
	/** HTTPS_PROXY, HTTP_PROXY and NO_PROXY in either spelling. */
	readonly environment: Readonly<Record<string, string | undefined>>;
};
