import {once} from 'node:events';
import {request as plainRequest} from 'node:http';
import {request as secureRequest} from 'node:https';
import {BlockList, isIP, type Socket} from 'node:net';
import {AdapterError, messageOf} from '../../src/errors.ts';
import {isLoopback} from '../../src/text/loopback.ts';
import {decodePercent} from '../../src/text/percent-decode.ts';
import {endpointOf} from '../../src/text/url.ts';
import {connectThroughSocks} from './socks.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const readVariable = (environment: Environment, name: string): string | undefined =>
	environment[name] || environment[name.toLowerCase()] || undefined;

/** Whether one entry of NO_PROXY covers a host. https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config */
function matchesNoProxy(entry: string, host: string, port: number): boolean {
	if (entry === '*') return true;
	const [network = '', bits] = entry.split('/');
	if (bits !== undefined) {
		const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
		if (isIP(network) === 0 || isIP(host) === 0 || !/^\d+$/.test(bits)) return false;
		const list = new BlockList();
		try {
			list.addSubnet(network, Number(bits), family);
			return list.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
		} catch {
			return false;
		}
	}
	const match = /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry);
	const name = (match?.[1] ?? entry).replace(/^\*\./, '.');
	if (match?.[2] !== undefined && Number(match[2]) !== port) return false;
	if (isIP(name) !== 0) return name === host;
	return name.startsWith('.') ? host.endsWith(name) : host === name || host.endsWith(`.${name}`);
}

/**
 * The proxy for `server`: that of the kubeconfig, else that of the environment. As in Go's clients, a loopback address never goes through a
 * proxy.
 * @throws AdapterError `unsupported` when it is not an http, https or SOCKS 5 proxy.
 */
export function proxyFor(server: URL, proxyUrl: string | undefined, environment: Environment): URL | undefined {
	if (proxyUrl !== undefined && proxyUrl !== '') return readProxy(proxyUrl, 'proxy-url of the kubeconfig');
	const {host, port} = endpointOf(server);
	if (isLoopback(host)) return undefined;
	const name = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
	const proxy = readVariable(environment, name);
	if (proxy === undefined) return undefined;
	const excluded = (readVariable(environment, 'NO_PROXY') ?? '').split(',').map(entry => entry.trim().toLowerCase());
	if (excluded.some(entry => entry !== '' && matchesNoProxy(entry, host, port))) return undefined;
	return readProxy(proxy, name);
}

function readProxy(text: string, source: string): URL {
	const url = URL.parse(text.includes('://') ? text : `http://${text}`);
	if (url !== null && supportedProtocols.has(url.protocol) && url.hostname !== '') {
		if (hasUnambiguousLogin(url)) return url;
		const problem = `${source}: its user name or password is not percent-encoded as it must be`;
		throw new AdapterError(
			'unsupported',
			problem,
			'Write % as %25, / as %2F, ? as %3F, # as %23 and @ as %40 in them.',
		);
	}
	throw new AdapterError(
		'unsupported',
		`${source} is not an http, https or SOCKS 5 proxy`,
		'Write it as http://host:port, https://host:port or socks5://host:port.',
	);
}

/** False when an @ comes after the host: then a password holds a slash, ? or #, and its first part was parsed as host and port. */
const hasUnambiguousLogin = ({username, password, pathname, search, hash}: URL): boolean =>
	[username, password].every(word => decodePercent(word) !== undefined) && !`${pathname}${search}${hash}`.includes('@');

/** The protocols of a proxy URL, as in kubectl and Go: with both SOCKS protocols the proxy resolves names. */
const supportedProtocols: ReadonlySet<string> = new Set(['http:', 'https:', 'socks5:', 'socks5h:']);

export const isSocks = (proxy: URL): boolean => proxy.protocol.startsWith('socks5');

export const proxyAuthorization = (proxy: URL): Readonly<Record<string, string>> =>
	proxy.username === ''
		? {}
		: {
				'Proxy-Authorization': `Basic ${Buffer.from(
					`${decodePercent(proxy.username)}:${decodePercent(proxy.password)}`,
				).toString('base64')}`,
			};

/**
 * Opens a connection through the proxy to `host:port`.
 * @throws AdapterError when the proxy cannot be reached, or refuses.
 */
export async function connectThroughProxy(
	proxy: URL,
	{host, port}: {readonly host: string; readonly port: number},
	signal: AbortSignal,
): Promise<Socket> {
	if (isSocks(proxy)) return connectThroughSocks(proxy, {host, port}, signal);
	const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
	const request = proxy.protocol === 'https:' ? secureRequest : plainRequest;
	const connecting = request({
		...endpointOf(proxy),
		method: 'CONNECT',
		path: target,
		headers: {Host: target, ...proxyAuthorization(proxy)},
		agent: false,
		signal,
	});
	connecting.end();
	const hint = 'Check the proxy: HTTPS_PROXY and NO_PROXY of this shell, or proxy-url of a kubeconfig.';
	let event: unknown[];
	try {
		event = await Promise.race([
			once(connecting, 'connect'),
			once(connecting, 'response').then(([response]) => [response]),
		]);
	} catch (error) {
		throw new AdapterError('unreachable', `proxy ${proxy.host}: ${messageOf(error)}`, hint, {cause: error});
	}
	const [response, socket] = event as [{readonly statusCode?: number}, Socket | undefined];
	if (response.statusCode === 200 && socket !== undefined) return socket;
	connecting.destroy();
	socket?.destroy();
	const message = `proxy ${proxy.host} refuses a connection to ${target}: status ${response.statusCode}`;
	throw new AdapterError(response.statusCode === 407 ? 'denied' : 'unreachable', message, hint);
}
